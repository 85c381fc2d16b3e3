-- Bytes of files that are whole. One content of a company lies here once; id names it on the shelf. alone_since: no
-- record leads to it since then.
CREATE TABLE blob (
    id TEXT PRIMARY KEY, company_id TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL, at BIGINT NOT NULL,
    alone_since BIGINT, UNIQUE (company_id, sha256)
);

-- Which bytes a file's record leads to: made when they came for it, or for another one that the sender may read.
CREATE TABLE file_blob (file_id TEXT PRIMARY KEY, blob_id TEXT NOT NULL);
CREATE INDEX file_blob_blob ON file_blob (blob_id);

-- Bytes that are on their way, one row for each device that brings those of a file; id names them on the shelf.
CREATE TABLE upload (
    id TEXT PRIMARY KEY, file_id TEXT NOT NULL, device_id TEXT NOT NULL, at BIGINT NOT NULL, UNIQUE (file_id, device_id)
);
