-- Customers whose words have moved on since the index was made: a save notes them, the next search reads them anew.
CREATE TABLE search_due (customer_id TEXT PRIMARY KEY) WITHOUT ROWID;
