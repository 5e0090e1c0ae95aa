-- By how much a SET changed the usage of its window; null: a DELTA, or a SET from before this column.
ALTER TABLE measurements ADD COLUMN growth $decimal;

-- The reports of a customer in the order of their arrival: ids grow with it.
CREATE INDEX measurements_by_customer ON measurements (environment_id, customer_id, uid);
