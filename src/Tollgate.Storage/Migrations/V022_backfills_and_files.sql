-- owner: Usage. Sessions that bring events of the past together. state: 0 open, 1 closed, 2 discarded, 3 reverted. customer_id, feature_id:
-- what the session is limited to ('' = nothing). events: what it holds now; [first_at, last_at]: the instants it may hold.
CREATE TABLE backfills (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  state INTEGER NOT NULL,
  events BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  conflicts BIGINT NOT NULL,
  first_at BIGINT,
  last_at BIGINT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  reverted_at BIGINT,
  UNIQUE (environment_id, uid)
);

-- owner: Usage. Who sent events of a session: they are stored under the number -seq, so nothing counts them by mistake. source_id: the
-- sender in event_sources.
CREATE TABLE backfill_sources (
  seq $seq,
  backfill_seq BIGINT NOT NULL,
  source_id INTEGER NOT NULL,
  UNIQUE (backfill_seq, source_id)
);
CREATE INDEX backfill_sources_by_sender ON backfill_sources (source_id);

-- owner: Usage. Uploaded files of events. format: 0 JSON lines, 1 CSV. is_packed: gzip. backfill_uid null: into live ingestion. task_uid null:
-- the upload has not ended. row_count: rows that were read; note: why reading stopped before the end.
CREATE TABLE usage_files (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  format INTEGER NOT NULL,
  is_packed INTEGER NOT NULL,
  backfill_uid $uuid,
  task_uid $uuid,
  byte_count BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  accepted BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  conflicts BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  note TEXT,
  created_at BIGINT NOT NULL,
  UNIQUE (environment_id, uid)
);

-- owner: Usage. The bytes of a file until it was read.
CREATE TABLE usage_file_chunks (
  file_seq BIGINT NOT NULL,
  number INTEGER NOT NULL,
  bytes $bytes NOT NULL,
  PRIMARY KEY (file_seq, number)
);

-- owner: Usage. What was wrong with rows of a file.
CREATE TABLE usage_file_faults (
  seq $seq,
  file_seq BIGINT NOT NULL,
  row_number BIGINT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX usage_file_faults_by_file ON usage_file_faults (file_seq, seq);
