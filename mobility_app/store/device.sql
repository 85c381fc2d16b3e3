-- The device's own tables beside the entities' (0001).

-- Who is writing: set as the first statement of a transaction, reset as its last. `stamp`, `tx` and the counters stay.
CREATE TABLE ctx (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    user_id TEXT, applying INTEGER NOT NULL DEFAULT 0, restoring INTEGER NOT NULL DEFAULT 0,
    atomic INTEGER NOT NULL DEFAULT 0, base INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL DEFAULT 0,
    stamp INTEGER NOT NULL DEFAULT 0, tx INTEGER NOT NULL DEFAULT 0, number INTEGER NOT NULL DEFAULT 0
);
INSERT INTO ctx (id) VALUES (1);

-- The device's own changes, until HQ's entry for them has come back. AUTOINCREMENT: a number is never given twice.
CREATE TABLE change (
    dseq INTEGER PRIMARY KEY AUTOINCREMENT,
    tx INTEGER NOT NULL, entity TEXT NOT NULL, record_id TEXT NOT NULL, root_id TEXT, kind TEXT NOT NULL,
    patch TEXT NOT NULL, base INTEGER NOT NULL, stamp INTEGER NOT NULL, user_id TEXT NOT NULL, at INTEGER NOT NULL,
    atomic INTEGER NOT NULL, state TEXT NOT NULL, verdict TEXT, out_stream TEXT, out_seq INTEGER
);
CREATE INDEX change_record ON change (entity, record_id);
CREATE INDEX change_root ON change (root_id);
CREATE INDEX change_state ON change (state);

-- What HQ confirmed of records that open changes lie over. doc is empty where HQ has no such record.
CREATE TABLE base_row (
    entity TEXT NOT NULL, record_id TEXT NOT NULL, root_id TEXT, doc TEXT, PRIMARY KEY (entity, record_id)
) WITHOUT ROWID;

-- HQ's log, as far as this device may see it: the history.
CREATE TABLE entry (
    stream TEXT NOT NULL, seq INTEGER NOT NULL, txn INTEGER NOT NULL, entity TEXT NOT NULL, record_id TEXT NOT NULL,
    root_id TEXT, kind TEXT NOT NULL, patch TEXT NOT NULL, sealed TEXT, stamp INTEGER NOT NULL, user_id TEXT,
    device_id TEXT, dseq INTEGER, at INTEGER NOT NULL, salt TEXT NOT NULL, chain TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
) WITHOUT ROWID;
CREATE INDEX entry_record ON entry (entity, record_id);
CREATE INDEX entry_root ON entry (root_id, at);

CREATE TABLE meta (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;

-- Text typed and not yet saved, by customer and browser tab.
CREATE TABLE draft (
    customer_id TEXT NOT NULL, editor TEXT NOT NULL, slot TEXT NOT NULL, value TEXT, base INTEGER NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (customer_id, editor, slot)
) WITHOUT ROWID;

-- Sheets in edit mode: while a row lives, files of that customer are refused.
CREATE TABLE editing (
    customer_id TEXT NOT NULL, editor TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (customer_id, editor)
) WITHOUT ROWID;

-- Bytes of attachments that lie on this device.
CREATE TABLE blob (
    file_id TEXT PRIMARY KEY, token TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL
) WITHOUT ROWID;

-- Customers as the list shows and sorts them; rid joins the full-text index.
CREATE TABLE search_row (rid INTEGER PRIMARY KEY, customer_id TEXT NOT NULL UNIQUE, sort_key TEXT NOT NULL);
CREATE INDEX search_row_sort ON search_row (sort_key, customer_id);
CREATE VIRTUAL TABLE search USING fts5 (text, prefix = '2 3', tokenize = "unicode61 remove_diacritics 2");
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
