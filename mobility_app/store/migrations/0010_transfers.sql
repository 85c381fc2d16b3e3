-- at_hq: the life of HQ's database (epoch) in which HQ has these bytes. used_at: when they were last looked at.
-- unknown_since: HQ says since then that it knows no such file.
ALTER TABLE blob ADD COLUMN at_hq TEXT;
ALTER TABLE blob ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blob ADD COLUMN unknown_since INTEGER;

-- Bytes that are to travel, or do: up to HQ or down from it. asked_at: a person wants them now. token: the growing file of
-- one that comes down. done: pieces that travelled, as the screen shows it.
CREATE TABLE transfer (
    file_id TEXT PRIMARY KEY, way TEXT NOT NULL, size_bytes INTEGER NOT NULL, since INTEGER NOT NULL, asked_at INTEGER,
    token TEXT, done INTEGER NOT NULL DEFAULT 0, moving INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
