-- Allow and deny lists of risk. "key" is what payments are compared with: a keyed hash wherever the value is personal (but the
-- account's id); it is gone once the entry is off its list, and the row with it a year later.
CREATE TABLE "risk_list_entry" (
  "id" UUID NOT NULL,
  "list" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "key" TEXT,
  "value" TEXT,
  "customer_id" UUID,
  "payment_id" UUID,
  "reason" TEXT NOT NULL,
  "added_at" TIMESTAMPTZ(6) NOT NULL,
  "added_by" UUID,
  "ends_at" TIMESTAMPTZ(6),
  "removed_at" TIMESTAMPTZ(6),
  "removed_by" UUID,
  CONSTRAINT "risk_list_entry_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "risk_list_entry_list_known" CHECK ("list" IN ('ALLOW', 'DENY')),
  CONSTRAINT "risk_list_entry_kind_known"
    CHECK ("kind" IN ('CUSTOMER', 'EMAIL', 'EMAIL_DOMAIN', 'CARD', 'IP_ADDRESS', 'IP_COUNTRY', 'ADDRESS')),
  CONSTRAINT "risk_list_entry_removed" CHECK (("key" IS NULL) = ("removed_at" IS NOT NULL)),
  CONSTRAINT "risk_list_entry_not_personal" CHECK ("value" IS NULL OR "kind" IN ('EMAIL_DOMAIN', 'IP_COUNTRY'))
);
-- Every payment looks here: one entry of a list for a thing.
CREATE UNIQUE INDEX "risk_list_entry_key_list_key" ON "risk_list_entry" ("key", "list");
CREATE INDEX "risk_list_entry_customer_id_idx" ON "risk_list_entry" ("customer_id");
-- Whether any card is listed, which says whether it must be known beforehand whose card pays.
CREATE INDEX "risk_list_entry_cards" ON "risk_list_entry" ("list") WHERE "kind" = 'CARD' AND "key" IS NOT NULL;
