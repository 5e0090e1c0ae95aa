-- owner: Usage. Stored events that were sent again with the same payload: how often, and when last. A row whose event a backfill session
-- lost to another one shows nothing and goes with the others of its age.
CREATE TABLE event_duplicates (
  environment_id INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  event_at BIGINT NOT NULL,
  key_hash BIGINT NOT NULL,
  times BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (source_id, event_at, key_hash)
) $compact;
CREATE INDEX event_duplicates_by_time ON event_duplicates (environment_id, last_at, source_id, event_at, key_hash);

-- For who sends events with a resource, whatever the customer.
CREATE INDEX event_sources_by_resource ON event_sources (environment_id, resource_id) WHERE resource_id <> '';
