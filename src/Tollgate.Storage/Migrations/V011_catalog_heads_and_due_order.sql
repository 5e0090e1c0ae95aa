-- owner: Catalog. Counts the changes of an environment's catalog: what a process keeps of the catalog in memory is right as long
-- as the number it was read at is still stored. No row = never changed since this table exists.
CREATE TABLE catalog_heads (
  environment_id INTEGER NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL
);

-- Due work is listed by instant, then row, and continued after the last one; an index on the instant alone has everything that
-- falls due at one instant sorted again for each page.
CREATE INDEX subscriptions_due_in_order ON subscriptions (environment_id, due_at, seq);
DROP INDEX subscriptions_due;
CREATE INDEX promotional_entitlements_due_in_order ON promotional_entitlements (environment_id, due_at, seq);
DROP INDEX promotional_entitlements_due;
