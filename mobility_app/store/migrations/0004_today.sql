-- What Today asks of a whole device: the open activities of one person by their moment, invoices that are owed by their
-- due day, open requests by their weight, the customers of one owner. Partial ones hold the few rows that are not done.
CREATE INDEX activity_due ON activity (assignee_id, COALESCE(starts_at, due_at)) WHERE status = 'open';
CREATE INDEX document_owed ON document (due_on, customer_id, currency, payable_minor, paid_minor, number)
 WHERE kind = 'invoice' AND paid_minor < payable_minor;
CREATE INDEX ticket_open ON ticket (priority, id, customer_id) WHERE status = 'open';
CREATE INDEX customer_owner ON customer (owner_id, id);
