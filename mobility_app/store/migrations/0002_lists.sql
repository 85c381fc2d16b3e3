-- The customer list at any size: what it sorts and filters by lies beside the search, each order has an index, and the
-- digits of telephones have a column of their own, so that half a number finds its customer. Derived: Store fills it.
DROP TABLE search;
DROP TABLE search_row;
CREATE TABLE search_row (
    rid INTEGER PRIMARY KEY, customer_id TEXT NOT NULL UNIQUE,
    sort_key TEXT NOT NULL, number_key TEXT NOT NULL, town TEXT NOT NULL, town_key TEXT NOT NULL, status TEXT NOT NULL,
    territory_id TEXT, owner_id TEXT,
    tickets INTEGER NOT NULL, due_on TEXT NOT NULL, visited_at INTEGER NOT NULL, active_at INTEGER NOT NULL
);
CREATE INDEX search_row_name ON search_row (sort_key, rid);
CREATE INDEX search_row_number ON search_row (number_key, rid);
CREATE INDEX search_row_town ON search_row (town_key, rid);
CREATE INDEX search_row_active ON search_row (active_at, rid);
CREATE INDEX search_row_filters ON search_row (status, territory_id, owner_id, visited_at, tickets, due_on);
CREATE INDEX search_row_tickets ON search_row (tickets) WHERE tickets > 0;
CREATE INDEX search_row_due ON search_row (due_on) WHERE due_on > '';
CREATE VIRTUAL TABLE search USING fts5 (text, digits, prefix = '2 3', tokenize = "unicode61 remove_diacritics 2");
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- Customers are looked up by what an imported line calls them.
CREATE INDEX customer_number ON customer (number);
CREATE INDEX customer_provisional_number ON customer (provisional_number);
CREATE INDEX customer_identifier ON customer (identifier);
