-- Whoever makes a customer is told of one that has the same site.
CREATE INDEX customer_website ON customer (website);
