-- Where payments and the provider tell different things of the same money.
CREATE TABLE "reconciliation_break" (
  "id" UUID NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  -- The provider's id of the intent or refund.
  "provider_reference" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "payment_id" UUID,
  "refund_id" UUID,
  "order_id" UUID,
  "shop_status" TEXT,
  "shop_amount" BIGINT,
  "shop_currency_code" CHAR(3),
  "provider_status" TEXT,
  "provider_amount" BIGINT,
  "provider_currency_code" CHAR(3),
  "found_at" TIMESTAMPTZ(6) NOT NULL,
  "seen_at" TIMESTAMPTZ(6) NOT NULL,
  "resolved_at" TIMESTAMPTZ(6),
  "resolved_by" TEXT,
  "resolver_id" UUID,
  "note" TEXT,
  CONSTRAINT "reconciliation_break_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "reconciliation_break_kind_known" CHECK ("kind" IN ('UNKNOWN_AT_SHOP', 'MISSING_AT_PROVIDER',
    'AMOUNT_DIFFERS', 'STATUS_DIFFERS', 'REFUND_UNKNOWN_AT_SHOP')),
  CONSTRAINT "reconciliation_break_subject_known" CHECK ("subject" IN ('PAYMENT', 'REFUND')),
  CONSTRAINT "reconciliation_break_status_known" CHECK ("status" IN ('OPEN', 'RESOLVED')),
  CONSTRAINT "reconciliation_break_resolver_known" CHECK ("resolved_by" IN ('SYSTEM', 'STAFF')),
  CONSTRAINT "reconciliation_break_resolution_said"
    CHECK (("status" = 'RESOLVED') = ("resolved_at" IS NOT NULL) AND ("status" = 'RESOLVED') = ("resolved_by" IS NOT NULL)),
  CONSTRAINT "reconciliation_break_staff_says_why" CHECK ("resolved_by" <> 'STAFF' OR "note" IS NOT NULL)
);
CREATE UNIQUE INDEX "reconciliation_break_kind_provider_reference_key"
  ON "reconciliation_break" ("kind", "provider_reference");
CREATE INDEX "reconciliation_break_status_id_idx" ON "reconciliation_break" ("status", "id");

-- How far the provider's account has been read: one row per account, of which there is one.
CREATE TABLE "reconciliation_progress" (
  "account" TEXT NOT NULL,
  "read_until" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "reconciliation_progress_pkey" PRIMARY KEY ("account")
);

-- The reconciler reads what was made in a stretch of time; rows are written in its order, so this costs next to nothing.
CREATE INDEX "payment_created_at_idx" ON "payment" USING BRIN ("created_at");
CREATE INDEX "refund_created_at_idx" ON "refund" USING BRIN ("created_at");
