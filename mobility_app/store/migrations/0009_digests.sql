-- The sums of what HQ confirmed, by part (domain/digests.py): compared with HQ's at every pull. Derived: Store fills it.
CREATE TABLE digest (part TEXT PRIMARY KEY, sum TEXT NOT NULL) WITHOUT ROWID;

-- What was found wrong on this device and put right: how it was, how it is. `told`: HQ has it too.
CREATE TABLE fault (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, entity TEXT NOT NULL,
    record_id TEXT NOT NULL, root_id TEXT, was TEXT NOT NULL, stands TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX fault_untold ON fault (number) WHERE told = 0;
