-- contract_id: the contract that an invoice is of. next_invoice_at: when the next invoice of a contract is issued; null when none is.
ALTER TABLE invoices ADD COLUMN contract_id TEXT;
CREATE INDEX invoices_by_contract ON invoices (environment_id, contract_id);
ALTER TABLE contracts ADD COLUMN next_invoice_at BIGINT;
CREATE INDEX contracts_due ON contracts (environment_id, next_invoice_at);
