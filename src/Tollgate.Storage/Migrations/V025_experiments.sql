-- owner: Catalog. Comparisons of two customer journeys. status: Draft, InProgress, Completed; at most one runs.
CREATE TABLE experiments (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  product_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, id),
  UNIQUE (environment_id, name),
  UNIQUE (environment_id, uid)
);
CREATE UNIQUE INDEX experiments_running ON experiments (environment_id) WHERE status = 'InProgress';

-- The group a customer is in; null for most.
ALTER TABLE customers ADD COLUMN experiment_id TEXT;
ALTER TABLE customers ADD COLUMN experiment_group TEXT;
CREATE INDEX customers_by_experiment ON customers (environment_id, experiment_id, experiment_group, seq)
  WHERE experiment_id IS NOT NULL;
