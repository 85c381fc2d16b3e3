-- Old words are no longer taken out of the index one by one: a customer that leaves takes them all along (store/search.py).
INSERT INTO search (search, rank) VALUES ('secure-delete', 0);
