-- owner: Credits. Deposits. consumed, status and updated_at change with every consumption and are kept beside the body, which
-- says the rest. resource_id is empty for the customer's own pool. due_at: when time alone starts or expires it next.
CREATE TABLE credit_grants (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  currency_id TEXT NOT NULL,
  id TEXT NOT NULL,
  grant_type TEXT NOT NULL,
  status TEXT NOT NULL,
  amount $decimal NOT NULL,
  consumed $decimal NOT NULL,
  due_at BIGINT,
  invoice_uid $uuid,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, uid),
  UNIQUE (environment_id, id)
);
CREATE INDEX credit_grants_by_customer ON credit_grants (environment_id, customer_id, resource_id, currency_id, status);
CREATE INDEX credit_grants_due ON credit_grants (environment_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX credit_grants_by_invoice ON credit_grants (environment_id, invoice_uid) WHERE invoice_uid IS NOT NULL;

-- owner: Credits. The ledger: movements of a positive amount between two accounts that follow from the kind. Never changed.
CREATE TABLE credit_entries (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  currency_id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  amount $decimal NOT NULL,
  at BIGINT NOT NULL,
  event_id TEXT,
  feature_id TEXT
);
CREATE INDEX credit_entries_by_customer ON credit_entries (environment_id, customer_id, resource_id, seq);
CREATE INDEX credit_entries_by_time ON credit_entries (environment_id, at);

-- owner: Credits. What was consumed, once a key, with its first answer. event_at: when it happened; at: when it was burnt.
CREATE TABLE credit_consumptions (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  currency_id TEXT NOT NULL,
  consumption_key TEXT NOT NULL,
  event_id TEXT NOT NULL,
  feature_id TEXT,
  amount $decimal NOT NULL,
  event_at BIGINT NOT NULL,
  is_dated INTEGER NOT NULL,
  at BIGINT NOT NULL,
  dimensions TEXT,
  result_usage $decimal NOT NULL,
  result_limit $decimal NOT NULL,
  result_period_end BIGINT
);
CREATE UNIQUE INDEX credit_consumptions_key
  ON credit_consumptions (environment_id, customer_id, currency_id, consumption_key);
CREATE INDEX credit_consumptions_by_time
  ON credit_consumptions (environment_id, customer_id, resource_id, event_at);

-- owner: Credits. Consumptions sent asynchronously under a key that stands for another payload.
CREATE TABLE credit_conflicts (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  currency_id TEXT NOT NULL,
  consumption_key TEXT NOT NULL,
  amount $decimal NOT NULL,
  at BIGINT NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX credit_conflicts_by_customer ON credit_conflicts (environment_id, customer_id, seq);

-- owner: Credits. Auto-recharge of one customer and currency.
CREATE TABLE credit_auto_recharges (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  currency_id TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, customer_id, currency_id),
  UNIQUE (environment_id, uid)
);
CREATE INDEX credit_auto_recharges_due ON credit_auto_recharges (environment_id, due_at) WHERE due_at IS NOT NULL;
