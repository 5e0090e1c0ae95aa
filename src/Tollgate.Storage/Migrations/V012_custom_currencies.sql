-- owner: Catalog. Credit currencies. The id of an archived one may be taken again, so it is unique among the active ones.
CREATE TABLE custom_currencies (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, uid)
);
CREATE INDEX custom_currencies_by_id ON custom_currencies (environment_id, id);
CREATE UNIQUE INDEX custom_currencies_active ON custom_currencies (environment_id, id) WHERE status = 'Active';
