-- The device's own changes that HQ has taken, kept a month: an HQ that comes back from a backup is offered them again.
-- again: it waits to be offered. A number without a change (kind void) stands for one that HQ had refused, or that is gone.
CREATE TABLE kept (
    dseq INTEGER PRIMARY KEY, tx INTEGER NOT NULL, entity TEXT NOT NULL, record_id TEXT NOT NULL, root_id TEXT,
    kind TEXT NOT NULL, patch TEXT NOT NULL, base INTEGER NOT NULL, stamp INTEGER NOT NULL, user_id TEXT NOT NULL,
    at INTEGER NOT NULL, atomic INTEGER NOT NULL, again INTEGER NOT NULL DEFAULT 0, kept_at INTEGER NOT NULL
);
CREATE INDEX kept_record ON kept (entity, record_id);
CREATE INDEX kept_again ON kept (dseq) WHERE again = 1;
