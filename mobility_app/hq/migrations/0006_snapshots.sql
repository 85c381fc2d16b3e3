-- Snapshots (hq/snapshots.py): what a scope held at one number of its stream, as one profile of roles may see it, packed
-- for devices that have nothing of it yet. Made from the tables and may be thrown away at any time. `lines`: how many
-- lines of scope_log it stands for; it is whole once its row here is written, after its pieces.
CREATE TABLE snapshot (
    scope TEXT NOT NULL, profile TEXT NOT NULL, seq BIGINT NOT NULL, made_at BIGINT NOT NULL, customers BIGINT NOT NULL,
    records BIGINT NOT NULL, lines BIGINT NOT NULL, pieces INTEGER NOT NULL, PRIMARY KEY (scope, profile, seq)
);
CREATE TABLE snapshot_piece (
    scope TEXT NOT NULL, profile TEXT NOT NULL, seq BIGINT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (scope, profile, seq, number)
);
