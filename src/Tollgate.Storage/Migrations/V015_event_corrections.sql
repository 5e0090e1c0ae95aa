-- owner: Usage. What an event counts as since somebody corrected it; the event itself stays as it was sent. dimensions null: it does not
-- count at all.
CREATE TABLE event_corrections (
  source_id INTEGER NOT NULL,
  event_at BIGINT NOT NULL,
  key_hash BIGINT NOT NULL,
  shape_id INTEGER NOT NULL,
  dimensions $bytes,
  reason TEXT NOT NULL,
  corrected_at BIGINT NOT NULL,
  PRIMARY KEY (source_id, event_at, key_hash)
) $compact;
