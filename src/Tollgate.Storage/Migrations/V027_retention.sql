-- owner: Usage. For how long the usage of an environment is kept, and how far that was carried out. Usage dated before closed_at is not
-- taken any more, of events dated before summed_at only the sums count, and before removed_at there are none. step: 0 nothing to do, 1 sums
-- events up to closed_at, 2 sums reports, 3 removes; position: the customer or sender that was done last; meters: the versions that
-- count in step 1. due_at: when to begin again; null: as the settings say. The row of environment 0 closes months for all.
CREATE TABLE usage_retention (
  environment_id INTEGER NOT NULL PRIMARY KEY,
  usage_days INTEGER NOT NULL,
  report_log_days INTEGER NOT NULL,
  due_at BIGINT,
  closed_at BIGINT NOT NULL,
  summed_at BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  step INTEGER NOT NULL,
  position TEXT NOT NULL,
  meters TEXT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  events BIGINT NOT NULL,
  reports BIGINT NOT NULL,
  months INTEGER NOT NULL
);

-- owner: Usage. What the events of a counter that were removed came to, by UTC day; day_at the smallest 64-bit integer: everything before.
-- archive: the version of the meter that it was begun under. Of UNIQUE meters nothing.
CREATE TABLE meter_days (
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  archive INTEGER NOT NULL,
  day_at BIGINT NOT NULL,
  tally_count BIGINT NOT NULL,
  tally_sum $decimal NOT NULL,
  tally_min $decimal NOT NULL,
  tally_max $decimal NOT NULL,
  PRIMARY KEY (environment_id, customer_id, feature_id, resource_id, archive, day_at)
) $compact;

-- owner: Usage. The same of UNIQUE meters: each distinct value with the last day it was seen on.
CREATE TABLE meter_day_values (
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  archive INTEGER NOT NULL,
  value $bytes NOT NULL,
  day_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, customer_id, feature_id, resource_id, archive, value)
) $compact;

-- The version whose sums of removed events this one goes on from; 0: it has its own.
ALTER TABLE event_meters ADD COLUMN archive INTEGER NOT NULL DEFAULT 0;

-- 1: it stands for reports that were too old to be kept, and is no report itself any more.
ALTER TABLE measurements ADD COLUMN is_summary INTEGER NOT NULL DEFAULT 0;

CREATE INDEX usage_files_by_age ON usage_files (environment_id, created_at);

-- owner: EventLog. For how long an environment keeps its event log, and what was removed last. No row: the default, and nothing yet.
CREATE TABLE event_log_retention (
  environment_id INTEGER NOT NULL PRIMARY KEY,
  days INTEGER NOT NULL,
  removed_at BIGINT,
  events BIGINT NOT NULL
);
CREATE INDEX events_by_age ON events (environment_id, created_at);

CREATE INDEX billing_messages_ended ON billing_messages (environment_id, ended_at) WHERE status IN ('Applied', 'Ignored');
