-- Sums of what each scope holds, by part (domain/digests.py). Kept with every transaction of the ledger.
CREATE TABLE digest (scope TEXT NOT NULL, part TEXT NOT NULL, sum TEXT NOT NULL, PRIMARY KEY (scope, part));

-- What the log makes of each record, as one number: a table that was changed around the ledger is found by it.
ALTER TABLE record ADD COLUMN digest TEXT NOT NULL DEFAULT '0000000000000000';
CREATE INDEX record_root ON record (root_id);

-- What was found wrong: on a device (it tells its own numbers), or here (device_id empty).
CREATE TABLE fault (
    device_id TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL, entity TEXT NOT NULL,
    record_id TEXT NOT NULL, root_id TEXT, was TEXT NOT NULL, stands TEXT NOT NULL, mended INTEGER NOT NULL,
    PRIMARY KEY (device_id, number)
);

-- Up to which number a stream's entries have left the log for the archive (horizon.py); deletes stay.
ALTER TABLE stream ADD COLUMN horizon BIGINT NOT NULL DEFAULT 0;
