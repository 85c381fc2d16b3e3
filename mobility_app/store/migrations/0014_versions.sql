-- The version of the descriptions (domain/versions.py) that wrote a change: HQ raises it to its own.
ALTER TABLE change ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE kept ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
