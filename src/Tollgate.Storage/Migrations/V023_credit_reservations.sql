-- owner: Usage. A reservation holds an amount of a metered feature, or of a credit currency: then feature_id is empty and nothing is held
-- against counters.
ALTER TABLE usage_reservations ADD COLUMN currency_id TEXT NOT NULL DEFAULT '';
CREATE INDEX usage_reservations_of_credits
  ON usage_reservations (environment_id, customer_id, expires_at) WHERE status = 0 AND currency_id <> '';
