-- owner: Usage. A reservation of a feature that is priced in credits holds what its amount would cost, too: of which pool, and how much (0
-- where a formula decides, so that the cost is not known). price_currency_id is empty where nothing of a pool is held.
ALTER TABLE usage_reservations ADD COLUMN price_currency_id TEXT NOT NULL DEFAULT '';
ALTER TABLE usage_reservations ADD COLUMN price_resource_id TEXT NOT NULL DEFAULT '';
ALTER TABLE usage_reservations ADD COLUMN price_credits $decimal NOT NULL DEFAULT 0;
CREATE INDEX usage_reservations_priced
  ON usage_reservations (environment_id, customer_id, expires_at) WHERE status = 0 AND price_currency_id <> '';
