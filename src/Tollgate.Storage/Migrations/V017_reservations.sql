-- owner: Usage. An amount of a metered feature that is kept for somebody until it is settled, released or expires. status: 0 = HELD,
-- 1 = SETTLED, 2 = RELEASED; an expired one still says HELD, for the clock tells. resource_id '' = none. customer_level: 1 when it is held
-- against the customer's counter too. Each row also says which request and key made it.
CREATE TABLE usage_reservations (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  customer_level INTEGER NOT NULL,
  amount $decimal NOT NULL,
  status INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  settled_amount $decimal,
  trace_id $uuid NOT NULL,
  actor_id $uuid NOT NULL,
  UNIQUE (environment_id, uid)
);
CREATE INDEX usage_reservations_held
  ON usage_reservations (environment_id, customer_id, feature_id, expires_at) WHERE status = 0;
CREATE INDEX usage_reservations_by_customer ON usage_reservations (environment_id, customer_id, seq);
