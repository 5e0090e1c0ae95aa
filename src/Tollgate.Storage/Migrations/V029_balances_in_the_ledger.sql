-- What a pool came to after a transaction, on the last row that the transaction wrote of it: that row is the CREDIT_BALANCE_UPDATED event
-- of the log, hence actor and trace. Null on all other rows. Events of releases before this one are rows of events.
ALTER TABLE credit_entries ADD COLUMN total_granted $decimal;
ALTER TABLE credit_entries ADD COLUMN total_consumed $decimal;
ALTER TABLE credit_entries ADD COLUMN valid_until BIGINT;
ALTER TABLE credit_entries ADD COLUMN actor TEXT;
ALTER TABLE credit_entries ADD COLUMN trace_id $uuid;
CREATE INDEX credit_entries_by_trace ON credit_entries (environment_id, trace_id) WHERE trace_id IS NOT NULL;
