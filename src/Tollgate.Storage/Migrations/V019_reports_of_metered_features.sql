-- owner: Usage. What reports add to a feature that is counted from events, at the instant they are dated; a SET adds the difference it made.
-- resource_id '' = at customer level. A report that counts at both levels has two rows.
CREATE TABLE meter_reports (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  effective_at BIGINT NOT NULL,
  amount $decimal NOT NULL,
  dimensions TEXT
);
CREATE INDEX meter_reports_by_key ON meter_reports (environment_id, customer_id, feature_id, resource_id, effective_at);

-- What reports add to the counter.
ALTER TABLE meter_counters ADD COLUMN reported $decimal NOT NULL DEFAULT 0;
