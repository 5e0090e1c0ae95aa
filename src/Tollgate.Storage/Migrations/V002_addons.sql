-- owner: Subscriptions. Which add-ons a subscription has, ended ones too: the searchable side of its body.
CREATE TABLE subscription_addons (
  environment_id INTEGER NOT NULL,
  subscription_uid $uuid NOT NULL,
  addon_id TEXT NOT NULL,
  addon_version INTEGER NOT NULL,
  price_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, subscription_uid, addon_id)
);
CREATE INDEX subscription_addons_by_addon ON subscription_addons (environment_id, addon_id, addon_version);

-- owner: Catalog
CREATE TABLE package_groups (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, uid)
);
