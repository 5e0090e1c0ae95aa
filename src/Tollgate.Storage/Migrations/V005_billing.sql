-- owner: Billing. One row per environment whose settings were ever changed.
CREATE TABLE billing_settings (
  environment_id INTEGER NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);

-- owner: Billing. A customer as a billing provider knows it, with its payment method while it has one.
CREATE TABLE billing_customers (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, customer_id),
  UNIQUE (environment_id, uid)
);

-- owner: Billing. The last number given to an invoice or credit note of the environment. Whoever writes the books of an
-- environment holds its row until the end of the transaction, so that numbers have no gaps and balances one writer.
CREATE TABLE invoice_numbers (
  environment_id INTEGER NOT NULL PRIMARY KEY,
  last_number BIGINT NOT NULL
);

-- owner: Billing. Invoices and credit notes. total_minor: the total in hundredths, to sort by. next_attempt_at: when time
-- alone does something to it next.
CREATE TABLE invoices (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  subscription_id TEXT,
  number TEXT,
  status TEXT NOT NULL,
  is_credit_note INTEGER NOT NULL,
  issued_at BIGINT,
  due_date BIGINT,
  total_minor BIGINT NOT NULL,
  next_attempt_at BIGINT,
  payment_token TEXT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, uid),
  UNIQUE (environment_id, number),
  UNIQUE (payment_token)
);
CREATE INDEX invoices_by_customer ON invoices (environment_id, customer_id, status);
CREATE INDEX invoices_by_subscription ON invoices (environment_id, subscription_id);
CREATE INDEX invoices_due ON invoices (environment_id, next_attempt_at);

-- owner: Billing. What a customer has in credit, per currency: the balance is the sum of the amounts. remaining: what is
-- left of an entry that gave; source_uid: the entry that one which used or returned belongs to.
CREATE TABLE balance_entries (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount $decimal NOT NULL,
  remaining $decimal NOT NULL,
  invoice_uid $uuid NOT NULL,
  source_uid $uuid,
  created_at BIGINT NOT NULL,
  UNIQUE (environment_id, uid)
);
CREATE INDEX balance_entries_by_customer ON balance_entries (environment_id, customer_id, currency);
CREATE INDEX balance_entries_by_invoice ON balance_entries (environment_id, invoice_uid);

-- owner: Billing. Hosted checkouts. token: the secret part of its address.
CREATE TABLE checkouts (
  seq $seq,
  uid $uuid NOT NULL,
  environment_id INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  token TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (environment_id, uid),
  UNIQUE (token)
);
