-- Two devices may make the same customer: a new identifier is looked up.
CREATE INDEX customer_identifier ON customer (identifier);
