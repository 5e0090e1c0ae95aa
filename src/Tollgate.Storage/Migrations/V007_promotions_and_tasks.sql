-- owner: Entitlements. due_at: the next instant at which time alone changes the row; null when nothing is due. Revoked rows stay:
-- they tell that the feature was granted once.
CREATE TABLE promotional_entitlements (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  status TEXT NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, uid)
);
CREATE UNIQUE INDEX promotional_entitlements_live
  ON promotional_entitlements (environment_id, customer_id, feature_id) WHERE status IN ('Active', 'Paused');
CREATE INDEX promotional_entitlements_by_customer ON promotional_entitlements (environment_id, customer_id, status);
CREATE INDEX promotional_entitlements_by_feature ON promotional_entitlements (environment_id, feature_id, status);
CREATE INDEX promotional_entitlements_due ON promotional_entitlements (environment_id, due_at);

-- Progress of tasks. total: items known at the start; item_position: where the handler goes on, in its own counting; attempts: claims since
-- the last item was done or failed; error: why the task as a whole gave up.
ALTER TABLE tasks ADD COLUMN total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN done BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN item_position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN started_at BIGINT;
ALTER TABLE tasks ADD COLUMN finished_at BIGINT;
ALTER TABLE tasks ADD COLUMN error TEXT;
CREATE INDEX tasks_by_environment ON tasks (environment_id, uid);

-- owner: Tasks. Items of a task that could not be done.
CREATE TABLE task_failures (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  task_uid $uuid NOT NULL,
  item_id TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (environment_id, uid)
);
CREATE INDEX task_failures_by_task ON task_failures (environment_id, task_uid, seq);
