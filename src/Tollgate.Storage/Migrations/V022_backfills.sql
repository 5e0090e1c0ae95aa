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
