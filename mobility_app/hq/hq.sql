-- HQ's own tables beside the entities' (0001). Statements that SQLite and PostgreSQL both understand.

CREATE TABLE hq_meta (k TEXT PRIMARY KEY, v TEXT);

-- One stream for each company and "hq" for what belongs to none. head counts without a gap.
CREATE TABLE stream (id TEXT PRIMARY KEY, head BIGINT NOT NULL);

-- Every record that ever was: where it hangs, who touched it last, the version of each field edited after creation.
CREATE TABLE record (
    id TEXT PRIMARY KEY, entity TEXT NOT NULL, root_id TEXT, stream TEXT NOT NULL, seq BIGINT NOT NULL,
    device_id TEXT, made_seq BIGINT NOT NULL, made_stamp BIGINT NOT NULL, made_device TEXT, made_user TEXT,
    deleted INTEGER NOT NULL, leads_to TEXT, versions TEXT NOT NULL
);

CREATE TABLE log (
    stream TEXT NOT NULL, seq BIGINT NOT NULL, txn BIGINT NOT NULL, entity TEXT NOT NULL, record_id TEXT NOT NULL,
    root_id TEXT, kind TEXT NOT NULL, patch TEXT NOT NULL, stamp BIGINT NOT NULL, user_id TEXT, device_id TEXT,
    dseq BIGINT, at BIGINT NOT NULL, salt TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (stream, seq)
);
CREATE INDEX log_root ON log (root_id, seq);
CREATE INDEX log_record ON log (record_id, seq);

-- The last hash of each customer's entries; of rootless entries by stream.
CREATE TABLE chain (id TEXT PRIMARY KEY, hash TEXT NOT NULL);

-- Which customers a scope holds, and since which sequence number.
CREATE TABLE member (scope TEXT NOT NULL, root_id TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (scope, root_id));
CREATE INDEX member_root ON member (root_id);

-- What each scope was told: p an entry, m that a customer's membership changed.
CREATE TABLE scope_log (
    scope TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, root_id TEXT, PRIMARY KEY (scope, seq, kind)
);

CREATE TABLE device (
    id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, user_id TEXT NOT NULL, public_key TEXT NOT NULL,
    name TEXT NOT NULL, last_dseq BIGINT NOT NULL, revoked INTEGER NOT NULL,
    enrolled_at BIGINT NOT NULL, seen_at BIGINT NOT NULL
);

-- What HQ said of each change: the same answer for ever.
CREATE TABLE verdict (
    device_id TEXT NOT NULL, dseq BIGINT NOT NULL, digest TEXT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (device_id, dseq)
);

CREATE TABLE invite (
    code_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
);

-- Open while a ledger transaction runs: the guards of the entity tables look at it.
CREATE TABLE ctx (id INTEGER PRIMARY KEY CHECK (id = 1), applying INTEGER NOT NULL, stamp BIGINT NOT NULL);
INSERT INTO ctx (id, applying, stamp) VALUES (1, 0, 0);
