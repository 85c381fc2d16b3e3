-- Changes that HQ could not judge, verbatim; and how often it began with one that its device suspects (hq/aside.py).
CREATE TABLE aside (
    device_id TEXT NOT NULL, dseq BIGINT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (device_id, dseq)
);
CREATE TABLE suspect (
    device_id TEXT NOT NULL, dseq BIGINT NOT NULL, tries INTEGER NOT NULL, PRIMARY KEY (device_id, dseq)
);
