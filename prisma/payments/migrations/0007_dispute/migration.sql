-- What a customer's bank has taken back, or asks about. Noted from the provider; amounts are minor units.
CREATE TABLE "dispute" (
  "id" UUID NOT NULL,
  "provider_dispute_id" TEXT NOT NULL,
  "payment_id" UUID NOT NULL,
  "order_id" UUID NOT NULL,
  "amount" BIGINT NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "status" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "reason" TEXT NOT NULL,
  -- Until when evidence can be given.
  "respond_by" TIMESTAMPTZ(6),
  -- What the provider has taken from the account for it and not given back, and its fee, in the account's currency.
  "withdrawn_amount" BIGINT,
  "withdrawn_currency_code" CHAR(3),
  "fee_amount" BIGINT,
  "opened_at" TIMESTAMPTZ(6) NOT NULL,
  "closed_at" TIMESTAMPTZ(6),
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "dispute_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "dispute_amount_positive" CHECK ("amount" > 0),
  CONSTRAINT "dispute_status_known"
    CHECK ("status" IN ('INQUIRY', 'NEEDS_RESPONSE', 'UNDER_REVIEW', 'WON', 'LOST', 'CLOSED')),
  CONSTRAINT "dispute_closed_said" CHECK (("status" IN ('WON', 'LOST', 'CLOSED')) = ("closed_at" IS NOT NULL)),
  CONSTRAINT "dispute_withdrawn_whole" CHECK (("withdrawn_amount" IS NULL) = ("withdrawn_currency_code" IS NULL)
    AND ("withdrawn_amount" IS NULL) = ("fee_amount" IS NULL)),
  CONSTRAINT "dispute_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
);
CREATE UNIQUE INDEX "dispute_provider_dispute_id_key" ON "dispute" ("provider_dispute_id");
CREATE INDEX "dispute_payment_id_idx" ON "dispute" ("payment_id", "id");
CREATE INDEX "dispute_status_id_idx" ON "dispute" ("status", "id");

ALTER TABLE "reconciliation_break"
  DROP CONSTRAINT "reconciliation_break_kind_known",
  DROP CONSTRAINT "reconciliation_break_subject_known",
  ADD CONSTRAINT "reconciliation_break_kind_known" CHECK ("kind" IN ('UNKNOWN_AT_SHOP', 'MISSING_AT_PROVIDER',
    'AMOUNT_DIFFERS', 'STATUS_DIFFERS', 'REFUND_UNKNOWN_AT_SHOP', 'FEE_DIFFERS', 'DISPUTE_UNKNOWN_AT_SHOP',
    'PAYOUT_DIFFERS')),
  ADD CONSTRAINT "reconciliation_break_subject_known" CHECK ("subject" IN ('PAYMENT', 'REFUND', 'DISPUTE', 'PAYOUT'));
