-- Begins with the resource: by customer and environment alone PostgreSQL, while it has no statistics of a table that grows, looked up keys
-- here and read all that the customer had consumed for each of them.
DROP INDEX credit_consumptions_by_time;
CREATE INDEX credit_consumptions_by_resource ON credit_consumptions (resource_id, customer_id, environment_id, event_at);
