-- Lives of this HQ that a restore ended: up to which number of each stream what they told still stands.
CREATE TABLE life (number BIGINT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, head BIGINT NOT NULL,
    PRIMARY KEY (number, stream));

-- What devices say stood in the log of an ended life and is not in this one. Never a fact: only told to the office.
CREATE TABLE evidence (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq BIGINT NOT NULL, entity TEXT NOT NULL, record_id TEXT NOT NULL,
    kind TEXT NOT NULL, user_id TEXT, device_id TEXT, dseq BIGINT, at BIGINT NOT NULL, patch TEXT NOT NULL,
    witness_id TEXT NOT NULL, told_at BIGINT NOT NULL, PRIMARY KEY (epoch, stream, seq)
);

-- Mails that had left HQ when it was restored: none of them leaves again.
CREATE TABLE told (
    subject_id TEXT NOT NULL, receiver TEXT NOT NULL, version BIGINT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (subject_id, receiver, version)
);

-- order_: block | salvage | wipe, empty while the device is welcome. came_from: the device that this one was a copy of.
ALTER TABLE device ADD COLUMN came_from TEXT;
ALTER TABLE device ADD COLUMN order_ TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN order_done_at BIGINT;

-- What a device that is no longer welcome had not sent: for the office to look at, never applied by itself.
CREATE TABLE salvage (
    device_id TEXT NOT NULL, dseq BIGINT NOT NULL, said TEXT NOT NULL, came_at BIGINT NOT NULL,
    PRIMARY KEY (device_id, dseq)
);
