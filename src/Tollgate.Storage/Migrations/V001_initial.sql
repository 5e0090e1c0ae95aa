-- Dialect holes: $seq (monotonic row number and primary key), $uuid, $bytes, $decimal (exact). Instants are UTC milliseconds.
-- Every table names its owner: the only folder of Tollgate.Modules whose code may read or write it.

-- owner: Accounts
CREATE TABLE accounts (
  id INTEGER NOT NULL PRIMARY KEY,
  uid $uuid NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

-- owner: Accounts
CREATE TABLE environments (
  id INTEGER NOT NULL PRIMARY KEY,
  uid $uuid NOT NULL,
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  clock_offset BIGINT NOT NULL,
  clock_frozen_at BIGINT,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, name),
  UNIQUE (uid)
);

-- owner: Accounts
CREATE TABLE api_keys (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  hash $bytes NOT NULL,
  hint TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  UNIQUE (uid),
  UNIQUE (hash)
);

-- owner: EventLog
CREATE TABLE events (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  customer_id TEXT,
  actor TEXT NOT NULL,
  trace_id $uuid NOT NULL,
  created_at BIGINT NOT NULL,
  before_body TEXT,
  after_body TEXT,
  facts TEXT,
  UNIQUE (environment_id, uid)
);
CREATE INDEX events_by_entity ON events (environment_id, entity_type, entity_id, seq);
CREATE INDEX events_by_customer ON events (environment_id, customer_id, seq);
CREATE INDEX events_by_trace ON events (environment_id, trace_id);

-- owner: Idempotency
CREATE TABLE idempotency_responses (
  environment_id INTEGER NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash $bytes NOT NULL,
  status INTEGER NOT NULL,
  body $bytes NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, idempotency_key)
);
CREATE INDEX idempotency_responses_by_age ON idempotency_responses (created_at);

-- owner: Tasks. version counts the claims; only the holder of the last one may change the row.
CREATE TABLE tasks (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  available_at BIGINT NOT NULL,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (uid)
);
CREATE INDEX tasks_open ON tasks (status, available_at);

-- owner: Catalog
CREATE TABLE features (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  feature_type TEXT NOT NULL,
  meter_type TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);

-- owner: Catalog
CREATE TABLE products (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);

-- owner: Catalog. One row per version of a plan or an add-on.
CREATE TABLE packages (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version_number INTEGER NOT NULL,
  product_id TEXT NOT NULL,
  status TEXT NOT NULL,
  is_latest INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, kind, id, version_number),
  UNIQUE (environment_id, uid)
);
CREATE INDEX packages_by_product ON packages (environment_id, product_id, kind, is_latest);

-- owner: Customers
CREATE TABLE customers (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  name TEXT,
  email TEXT,
  is_archived INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);
CREATE INDEX customers_by_email ON customers (environment_id, email);

-- owner: Customers
CREATE TABLE resources (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (environment_id, customer_id, id),
  UNIQUE (environment_id, uid)
);

-- owner: Subscriptions. due_at: the next instant at which time alone changes the row; null when nothing is due.
CREATE TABLE subscriptions (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  resource_id TEXT,
  plan_id TEXT NOT NULL,
  plan_version INTEGER NOT NULL,
  price_version INTEGER NOT NULL,
  status TEXT NOT NULL,
  pricing_type TEXT NOT NULL,
  paying_customer_id TEXT,
  due_at BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);
CREATE INDEX subscriptions_by_customer ON subscriptions (environment_id, customer_id, status);
CREATE INDEX subscriptions_by_plan ON subscriptions (environment_id, plan_id, status);
CREATE INDEX subscriptions_by_product ON subscriptions (environment_id, product_id, status);
CREATE INDEX subscriptions_due ON subscriptions (environment_id, due_at);

-- owner: Subscriptions. A plan transition that started the usage of a feature again at 0. resource_id '' = customer level.
CREATE TABLE usage_resets (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  reset_at BIGINT NOT NULL
);
CREATE INDEX usage_resets_by_scope ON usage_resets (environment_id, customer_id, resource_id, feature_id, reset_at);

-- owner: Usage. One row per report, as sent. behavior: 0 = DELTA, 1 = SET. effective_at: when it counts; recorded_at: when it arrived. resource_id '' = none.
-- customer_level: 1 when the report counts at customer level too. is_dated: 1 when the report said when it counts. The result columns answer a replay of the idempotency
-- key. Each row is also the MEASUREMENT_REPORTED event of its report, hence trace and actor.
CREATE TABLE measurements (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  customer_level INTEGER NOT NULL,
  effective_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  is_dated INTEGER NOT NULL,
  behavior INTEGER NOT NULL,
  value $decimal NOT NULL,
  idempotency_key TEXT,
  dimensions TEXT,
  result_usage $decimal,
  result_start BIGINT,
  result_end BIGINT,
  trace_id $uuid NOT NULL,
  actor_id $uuid NOT NULL
);
CREATE INDEX measurements_by_time ON measurements (environment_id, customer_id, feature_id, effective_at);
CREATE INDEX measurements_by_uid ON measurements (environment_id, uid);
CREATE UNIQUE INDEX measurements_by_key
  ON measurements (environment_id, customer_id, feature_id, resource_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

-- owner: Usage. The fold of the measurements of one counter dated in [floor_at, end_at): a cache that can be rebuilt.
-- resource_id '' = the customer-level counter. Open bounds are the smallest and the largest 64-bit integer.
CREATE TABLE usage_counters (
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  floor_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL,
  value $decimal NOT NULL,
  last_at BIGINT NOT NULL,
  last_set_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, customer_id, feature_id, resource_id, floor_at, end_at)
);
