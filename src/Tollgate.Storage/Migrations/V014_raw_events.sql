-- Raw events. What repeats in them is kept once and referred to by number; the number of a source implies its environment, so the
-- tables below carry no environment of their own. Rows of these dictionaries stay although no event may have followed.

-- owner: Usage. Who sends events: a customer and a resource of it ('' = none). The customer need not exist.
CREATE TABLE event_sources (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  UNIQUE (environment_id, customer_id, resource_id)
);

-- owner: Usage
CREATE TABLE event_names (
  seq $seq,
  environment_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (environment_id, name)
);

-- owner: Usage. The names of an event's dimensions as a JSON list in ordinal order.
CREATE TABLE event_shapes (
  seq $seq,
  environment_id INTEGER NOT NULL,
  names TEXT NOT NULL,
  UNIQUE (environment_id, names)
);

-- owner: Usage. key_hash: 64 bits of name and idempotency key. shape_id 0: the names stand beside the values. The widths are in this order
-- so that PostgreSQL pads nothing.
CREATE TABLE usage_events (
  event_at BIGINT NOT NULL,
  key_hash BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  source_id INTEGER NOT NULL,
  name_id INTEGER NOT NULL,
  shape_id INTEGER NOT NULL,
  event_key $bytes NOT NULL,
  dimensions $bytes NOT NULL
) $monthly;
CREATE UNIQUE INDEX usage_events_by_source ON usage_events (source_id, event_at, key_hash);
$postgresql CREATE INDEX usage_events_by_arrival ON usage_events USING BRIN (received_at);

-- owner: Usage. The key of an event that was sent without a timestamp, and when it arrived.
CREATE TABLE event_keys (
  source_id INTEGER NOT NULL,
  key_hash BIGINT NOT NULL,
  event_at BIGINT NOT NULL,
  PRIMARY KEY (source_id, key_hash)
) $compact;

-- owner: Usage. An event whose key was stored with another payload: kept to be seen, never counted.
CREATE TABLE event_conflicts (
  seq $seq,
  environment_id INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  event_at BIGINT NOT NULL,
  key_hash BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  shape_id INTEGER NOT NULL,
  dimensions $bytes NOT NULL,
  UNIQUE (source_id, event_at, key_hash, shape_id, dimensions)
);

-- owner: Usage. From which arrival on the events of a resource count for the feature at customer level too (1) or not (0); before the
-- first row they do.
CREATE TABLE event_levels (
  source_id INTEGER NOT NULL,
  feature_id TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  customer_level INTEGER NOT NULL,
  PRIMARY KEY (source_id, feature_id, from_at)
) $compact;

-- owner: Usage. The meters of an environment by generation. state: 0 building, 1 current, 2 retired.
CREATE TABLE event_meters (
  seq $seq,
  environment_id INTEGER NOT NULL,
  feature_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  state INTEGER NOT NULL,
  definition TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (environment_id, feature_id, generation)
);

-- owner: Usage. Grows with every change of event_meters.
CREATE TABLE meter_sets (
  environment_id INTEGER NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);

-- owner: Usage. What the events of one counter dated in [floor_at, end_at) add up to: a cache that can be rebuilt. resource_id and the
-- bounds as in usage_counters.
CREATE TABLE meter_counters (
  seq $seq,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  feature_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  floor_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL,
  tally_count BIGINT NOT NULL,
  tally_sum $decimal NOT NULL,
  tally_min $decimal NOT NULL,
  tally_max $decimal NOT NULL,
  UNIQUE (environment_id, customer_id, feature_id, resource_id, generation, floor_at, end_at)
);

-- owner: Usage. The distinct values of a counter of a UNIQUE meter.
CREATE TABLE meter_values (
  counter_seq BIGINT NOT NULL,
  value $bytes NOT NULL,
  PRIMARY KEY (counter_seq, value)
) $compact;
