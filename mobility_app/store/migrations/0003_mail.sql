ALTER TABLE "message" ADD COLUMN "reason" TEXT;
ALTER TABLE "message" ADD COLUMN "undelivered_ids" TEXT;
ALTER TABLE "activity" ADD COLUMN "mail_state" TEXT;
