-- owner: Billing. What connected billing providers are told: one row per provider and entity, written by the transaction of the
-- change. revision counts the changes, sent_revision is the newest one the provider has. lease_until (real time) keeps other
-- workers away while claim sends; payload is what payload_revision says to the provider, the same in each attempt.
CREATE TABLE billing_syncs (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  integration_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  subscription_id TEXT,
  status TEXT NOT NULL CHECK (status IN ('Pending', 'Success', 'Error', 'NoSyncRequired')),
  revision BIGINT NOT NULL,
  sent_revision BIGINT,
  attempts INTEGER NOT NULL,
  first_attempt_at BIGINT,
  next_attempt_at BIGINT,
  lease_until BIGINT,
  claim BIGINT NOT NULL,
  payload TEXT,
  payload_revision BIGINT,
  error TEXT,
  synced_id TEXT,
  link TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (environment_id, integration_id, kind, entity_id),
  UNIQUE (environment_id, uid)
);
CREATE INDEX billing_syncs_due ON billing_syncs (environment_id, next_attempt_at) WHERE status = 'Pending';
CREATE INDEX billing_syncs_by_synced_id ON billing_syncs (environment_id, integration_id, kind, synced_id);
CREATE INDEX billing_syncs_by_customer ON billing_syncs (environment_id, customer_id);

-- owner: Billing. What billing providers told: each of their messages once, under their id of it, with its text. kind: what it
-- means here, null when nothing; subject and method: whom and which payment method it names; occurred_at: by the provider's clock.
CREATE TABLE billing_messages (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  integration_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  kind TEXT,
  subject TEXT,
  method TEXT,
  status TEXT NOT NULL CHECK (status IN ('Pending', 'Applied', 'Ignored', 'Failed')),
  attempts INTEGER NOT NULL,
  next_attempt_at BIGINT,
  error TEXT,
  occurred_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  ended_at BIGINT,
  body TEXT NOT NULL,
  UNIQUE (environment_id, integration_id, message_id),
  UNIQUE (environment_id, uid)
);
CREATE INDEX billing_messages_due ON billing_messages (environment_id, next_attempt_at) WHERE status = 'Pending';
CREATE INDEX billing_messages_by_subject ON billing_messages (environment_id, integration_id, subject, occurred_at);
