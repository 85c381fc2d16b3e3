ALTER TABLE "message" ADD COLUMN "reason" TEXT;
ALTER TABLE "message" ADD COLUMN "undelivered_ids" TEXT;
ALTER TABLE "activity" ADD COLUMN "mail_state" TEXT;

-- Mails that wait, were sent or died (hq/outbox.py). One row for each receiver of an activity's net change, or of a
-- composed message. before and after: the activity as its receiver knew it and as it is told, NULL where not involved.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY, entity TEXT NOT NULL, subject_id TEXT NOT NULL, version INTEGER NOT NULL,
    receiver TEXT NOT NULL, customer_id TEXT, customer_name TEXT NOT NULL, doer_id TEXT, before TEXT, after TEXT,
    state TEXT NOT NULL, handed INTEGER NOT NULL DEFAULT 0, made_at BIGINT NOT NULL, changed_at BIGINT NOT NULL,
    retry_at BIGINT NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, tried_at BIGINT, done_at BIGINT,
    address TEXT, raw BLOB, reason TEXT, said TEXT
);
CREATE INDEX outbox_subject ON outbox (subject_id);
CREATE INDEX outbox_state ON outbox (state, retry_at);
