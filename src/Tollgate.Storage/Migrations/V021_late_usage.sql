-- owner: Usage. What happens to events of a feature's meter that come late. accept_ms: how old an event may be when it arrives. action: the
-- member of LateEventAction.
CREATE TABLE meter_lateness (
  environment_id INTEGER NOT NULL,
  feature_id TEXT NOT NULL,
  accept_ms BIGINT NOT NULL,
  action TEXT NOT NULL,
  PRIMARY KEY (environment_id, feature_id)
);

-- The feature whose meter keeps the event out of the count because it came late; null: somebody corrected it.
ALTER TABLE event_corrections ADD COLUMN held_by TEXT;
CREATE INDEX event_corrections_held ON event_corrections (corrected_at) WHERE held_by IS NOT NULL;

-- owner: Subscriptions. What bills said about usage, of features that bill late usage. [start_at, end_at): an event dated in it may change
-- the bill.
CREATE TABLE usage_bills (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  subscription_uid $uuid NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, uid)
);
CREATE INDEX usage_bills_by_customer ON usage_bills (environment_id, customer_id, end_at);

-- owner: Subscriptions. Features whose usage of a billed period may have changed since; the next bill measures it anew.
CREATE TABLE late_usage (
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  bill_uid $uuid NOT NULL,
  feature_id TEXT NOT NULL,
  PRIMARY KEY (environment_id, customer_id, bill_uid, feature_id)
) $compact;
