-- A first sync by snapshot (store/snapshot.py).

-- Snapshots that are being taken: how far, in pieces and parts of a piece, and how many customers so far. turn: in which
-- order. lost: HQ no longer has it.
CREATE TABLE arriving (
    scope TEXT PRIMARY KEY, stream TEXT NOT NULL, seq INTEGER NOT NULL, customers INTEGER NOT NULL,
    pieces INTEGER NOT NULL, piece INTEGER NOT NULL DEFAULT 0, part INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0, turn INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Customers that came by snapshot: up to which number their rows hold what the log says, master data (seq) and the rest
-- (whole_seq, 0: nothing of it came), and the chain's hash there. From floor_seq on their entries are held without a
-- gap; floor_chain is the hash before the first of them. wanted: older ones are still to come. last: their newest entry.
CREATE TABLE anchor (
    root_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, whole_seq INTEGER NOT NULL, chain TEXT NOT NULL,
    floor_seq INTEGER NOT NULL, floor_chain TEXT NOT NULL, wanted INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX anchor_wanted ON anchor (last) WHERE wanted;

-- Who made what came without the entry that made it, and when: requests, files, and the activities of this user.
CREATE TABLE made (
    root_id TEXT NOT NULL, record_id TEXT NOT NULL, user_id TEXT, at INTEGER NOT NULL, PRIMARY KEY (root_id, record_id)
) WITHOUT ROWID;
