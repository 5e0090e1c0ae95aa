-- owner: Catalog
CREATE TABLE coupons (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  coupon_type TEXT NOT NULL,
  source TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);

-- owner: Catalog
CREATE TABLE feature_groups (
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

-- owner: Subscriptions. The state of a contract follows from these columns and the time at which it is asked for.
CREATE TABLE contracts (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  name TEXT,
  is_canceled INTEGER NOT NULL,
  is_billed INTEGER NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);
CREATE INDEX contracts_by_customer ON contracts (environment_id, customer_id);
