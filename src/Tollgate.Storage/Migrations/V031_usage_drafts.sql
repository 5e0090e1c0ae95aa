-- While the invoice of a bill about usage is a DRAFT, when that is issued; null once it is final.
ALTER TABLE usage_bills ADD COLUMN finalize_at BIGINT;
CREATE INDEX usage_bills_of_drafts ON usage_bills (environment_id, customer_id) WHERE finalize_at IS NOT NULL;

-- Since when the DRAFT of the bill has to be made anew because of it; null = it waits for the next bill.
ALTER TABLE late_usage ADD COLUMN draft_since BIGINT;
CREATE INDEX late_usage_of_drafts ON late_usage (environment_id, draft_since) WHERE draft_since IS NOT NULL;
