CREATE TABLE "company" ("id" CHAR(32) NOT NULL PRIMARY KEY, "name" TEXT, "country" TEXT, "currency" TEXT, "fiscal_year_start_month" INTEGER, "default_territory_id" CHAR(32), "ledger_account_pattern" TEXT);
CREATE TABLE "territory" ("id" CHAR(32) NOT NULL PRIMARY KEY, "company_id" CHAR(32), "name" TEXT);
CREATE TABLE "user" ("id" CHAR(32) NOT NULL PRIMARY KEY, "name" TEXT, "email" TEXT, "role" TEXT, "company_ids" TEXT, "territory_ids" TEXT, "language" TEXT);
CREATE TABLE "customer" ("id" CHAR(32) NOT NULL PRIMARY KEY, "number" TEXT, "provisional_number" TEXT, "name" TEXT, "identifier_kind" TEXT, "identifier" TEXT, "identifier_override" TEXT, "credit_limit_minor" INTEGER, "status" TEXT, "shared" INTEGER, "currency" TEXT, "payment_method" TEXT, "payment_term_days" INTEGER, "irpf_rate_bp" INTEGER, "ledger_account" TEXT, "language" TEXT, "preferred_weekday" INTEGER, "website" TEXT, "notes" TEXT, "vat_exempt" INTEGER, "company_id" CHAR(32), "territory_id" CHAR(32), "owner_id" CHAR(32), "to_confirm" INTEGER);
CREATE INDEX "customer_status" ON "customer" ("status");
CREATE INDEX "customer_company_id" ON "customer" ("company_id");
CREATE INDEX "customer_territory_id" ON "customer" ("territory_id");
CREATE TABLE "customer_email" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "label" TEXT, "value" TEXT, "is_main" INTEGER);
CREATE INDEX "customer_email_customer_id" ON "customer_email" ("customer_id");
CREATE TABLE "customer_phone" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "label" TEXT, "value" TEXT, "e164" TEXT, "is_main" INTEGER);
CREATE INDEX "customer_phone_customer_id" ON "customer_phone" ("customer_id");
CREATE TABLE "address" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "kind" TEXT, "line1" TEXT, "line2" TEXT, "line3" TEXT, "postcode" TEXT, "city" TEXT, "region" TEXT, "country" TEXT, "latitude_e7" INTEGER, "longitude_e7" INTEGER, "fax" TEXT);
CREATE INDEX "address_customer_id" ON "address" ("customer_id");
CREATE TABLE "contact" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "first_name" TEXT, "last_name" TEXT, "employer" TEXT, "job_title" TEXT, "notes" TEXT, "opted_out" INTEGER);
CREATE INDEX "contact_customer_id" ON "contact" ("customer_id");
CREATE TABLE "contact_email" ("id" CHAR(32) NOT NULL PRIMARY KEY, "contact_id" CHAR(32), "label" TEXT, "value" TEXT, "is_main" INTEGER);
CREATE INDEX "contact_email_contact_id" ON "contact_email" ("contact_id");
CREATE TABLE "contact_phone" ("id" CHAR(32) NOT NULL PRIMARY KEY, "contact_id" CHAR(32), "label" TEXT, "value" TEXT, "e164" TEXT, "is_main" INTEGER);
CREATE INDEX "contact_phone_contact_id" ON "contact_phone" ("contact_id");
CREATE TABLE "label" ("id" CHAR(32) NOT NULL PRIMARY KEY, "company_id" CHAR(32), "name" TEXT);
CREATE TABLE "contact_label" ("id" CHAR(32) NOT NULL PRIMARY KEY, "contact_id" CHAR(32), "label_id" CHAR(32));
CREATE INDEX "contact_label_contact_id" ON "contact_label" ("contact_id");
CREATE INDEX "contact_label_label_id" ON "contact_label" ("label_id");
CREATE INDEX "contact_label_contact_id_label_id" ON "contact_label" ("contact_id", "label_id");
CREATE TABLE "mailing_list" ("id" CHAR(32) NOT NULL PRIMARY KEY, "company_id" CHAR(32), "name" TEXT);
CREATE TABLE "mailing_list_member" ("id" CHAR(32) NOT NULL PRIMARY KEY, "mailing_list_id" CHAR(32), "contact_id" CHAR(32));
CREATE INDEX "mailing_list_member_mailing_list_id" ON "mailing_list_member" ("mailing_list_id");
CREATE INDEX "mailing_list_member_contact_id" ON "mailing_list_member" ("contact_id");
CREATE INDEX "mailing_list_member_mailing_list_id_contact_id" ON "mailing_list_member" ("mailing_list_id", "contact_id");
CREATE TABLE "message" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "sender_id" CHAR(32), "subject" TEXT, "body" TEXT, "contact_ids" TEXT, "state" TEXT);
CREATE INDEX "message_customer_id" ON "message" ("customer_id");
CREATE TABLE "activity" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "kind" TEXT, "title" TEXT, "status" TEXT, "direction" TEXT, "starts_at" INTEGER, "ends_at" INTEGER, "due_at" INTEGER, "place" TEXT, "notes" TEXT, "outcome" TEXT, "assignee_id" CHAR(32));
CREATE INDEX "activity_customer_id" ON "activity" ("customer_id");
CREATE TABLE "activity_participant" ("id" CHAR(32) NOT NULL PRIMARY KEY, "activity_id" CHAR(32), "user_id" CHAR(32), "contact_id" CHAR(32));
CREATE INDEX "activity_participant_activity_id" ON "activity_participant" ("activity_id");
CREATE INDEX "activity_participant_activity_id_user_id_contact_id" ON "activity_participant" ("activity_id", "user_id", "contact_id");
CREATE TABLE "ticket" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "reference" TEXT, "description" TEXT, "progress_percent" INTEGER, "status" TEXT, "priority" TEXT);
CREATE INDEX "ticket_customer_id" ON "ticket" ("customer_id");
CREATE TABLE "ticket_entry" ("id" CHAR(32) NOT NULL PRIMARY KEY, "ticket_id" CHAR(32), "text" TEXT, "author_id" CHAR(32), "written_at" INTEGER);
CREATE INDEX "ticket_entry_ticket_id" ON "ticket_entry" ("ticket_id");
CREATE TABLE "product" ("id" CHAR(32) NOT NULL PRIMARY KEY, "company_id" CHAR(32), "code" TEXT, "name" TEXT, "description" TEXT, "category" TEXT, "unit" TEXT, "price_minor" INTEGER, "currency" TEXT, "exclusive_customer_id" CHAR(32), "valid_from" TEXT, "valid_to" TEXT);
CREATE INDEX "product_exclusive_customer_id" ON "product" ("exclusive_customer_id");
CREATE TABLE "customer_price" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "product_id" CHAR(32), "price_minor" INTEGER, "currency" TEXT, "valid_from" TEXT, "valid_to" TEXT);
CREATE INDEX "customer_price_customer_id" ON "customer_price" ("customer_id");
CREATE TABLE "document" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "kind" TEXT, "type_code" TEXT, "number" TEXT, "issued_on" TEXT, "due_on" TEXT, "currency" TEXT, "net_minor" INTEGER, "tax_minor" INTEGER, "gross_minor" INTEGER, "withheld_minor" INTEGER, "payable_minor" INTEGER, "paid_minor" INTEGER, "corrects_id" CHAR(32), "fingerprint" TEXT, "note" TEXT);
CREATE INDEX "document_customer_id" ON "document" ("customer_id");
CREATE INDEX "document_issued_on" ON "document" ("issued_on");
CREATE INDEX "document_corrects_id" ON "document" ("corrects_id");
CREATE TABLE "document_line" ("id" CHAR(32) NOT NULL PRIMARY KEY, "document_id" CHAR(32), "position" INTEGER, "product_id" CHAR(32), "description" TEXT, "category" TEXT, "quantity" TEXT, "unit_price" TEXT, "net_minor" INTEGER, "tax_rate_bp" INTEGER);
CREATE INDEX "document_line_document_id" ON "document_line" ("document_id");
CREATE TABLE "document_tax" ("id" CHAR(32) NOT NULL PRIMARY KEY, "document_id" CHAR(32), "category_code" TEXT, "tax_rate_bp" INTEGER, "base_minor" INTEGER, "tax_minor" INTEGER);
CREATE INDEX "document_tax_document_id" ON "document_tax" ("document_id");
CREATE TABLE "payment" ("id" CHAR(32) NOT NULL PRIMARY KEY, "document_id" CHAR(32), "paid_on" TEXT, "amount_minor" INTEGER, "method" TEXT);
CREATE INDEX "payment_document_id" ON "payment" ("document_id");
CREATE TABLE "file" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "name" TEXT, "media_type" TEXT, "size_bytes" INTEGER, "sha256" TEXT, "label" TEXT, "expires_on" TEXT);
CREATE INDEX "file_customer_id" ON "file" ("customer_id");
CREATE TABLE "conflict" ("id" CHAR(32) NOT NULL PRIMARY KEY, "customer_id" CHAR(32), "entity" TEXT, "record_id" CHAR(32), "field" TEXT, "base" TEXT, "winner" TEXT, "loser" TEXT, "winner_user_id" CHAR(32), "loser_user_id" CHAR(32), "winner_at" INTEGER, "loser_at" INTEGER, "rule" TEXT, "state" TEXT);
CREATE INDEX "conflict_customer_id" ON "conflict" ("customer_id");
CREATE INDEX "conflict_record_id" ON "conflict" ("record_id");

-- HQ's own tables beside the entities' (0001). Statements that SQLite and PostgreSQL both understand.

CREATE TABLE hq_meta (k TEXT PRIMARY KEY, v TEXT);

-- One stream for each company and "hq" for what belongs to none. head counts without a gap.
CREATE TABLE stream (id TEXT PRIMARY KEY, head BIGINT NOT NULL);

-- Every record that ever was: where it hangs, who touched it last, the version of each field edited after creation.
CREATE TABLE record (
    id TEXT PRIMARY KEY, entity TEXT NOT NULL, root_id TEXT, stream TEXT NOT NULL, seq BIGINT NOT NULL,
    device_id TEXT, made_seq BIGINT NOT NULL, made_stamp BIGINT NOT NULL, made_device TEXT, made_user TEXT,
    deleted INTEGER NOT NULL, leads_to TEXT, versions TEXT NOT NULL
);

CREATE TABLE log (
    stream TEXT NOT NULL, seq BIGINT NOT NULL, txn BIGINT NOT NULL, entity TEXT NOT NULL, record_id TEXT NOT NULL,
    root_id TEXT, kind TEXT NOT NULL, patch TEXT NOT NULL, stamp BIGINT NOT NULL, user_id TEXT, device_id TEXT,
    dseq BIGINT, at BIGINT NOT NULL, salt TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (stream, seq)
);
CREATE INDEX log_root ON log (root_id, seq);
CREATE INDEX log_record ON log (record_id, seq);

-- The last hash of each customer's entries; of rootless entries by stream.
CREATE TABLE chain (id TEXT PRIMARY KEY, hash TEXT NOT NULL);

-- Which customers a scope holds, and since which sequence number.
CREATE TABLE member (scope TEXT NOT NULL, root_id TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (scope, root_id));
CREATE INDEX member_root ON member (root_id);

-- What each scope was told: p an entry, m that a customer's membership changed.
CREATE TABLE scope_log (
    scope TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, root_id TEXT, PRIMARY KEY (scope, seq, kind)
);

CREATE TABLE device (
    id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, user_id TEXT NOT NULL, public_key TEXT NOT NULL,
    name TEXT NOT NULL, last_dseq BIGINT NOT NULL, revoked INTEGER NOT NULL,
    enrolled_at BIGINT NOT NULL, seen_at BIGINT NOT NULL
);

-- What HQ said of each change: the same answer for ever.
CREATE TABLE verdict (
    device_id TEXT NOT NULL, dseq BIGINT NOT NULL, digest TEXT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (device_id, dseq)
);

CREATE TABLE invite (
    code_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
);

-- Open while a ledger transaction runs: the guards of the entity tables look at it.
CREATE TABLE ctx (id INTEGER PRIMARY KEY CHECK (id = 1), applying INTEGER NOT NULL, stamp BIGINT NOT NULL);
INSERT INTO ctx (id, applying, stamp) VALUES (1, 0, 0);
