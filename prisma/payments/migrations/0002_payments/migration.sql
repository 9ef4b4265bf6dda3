-- Payments and what belongs to them. Amounts are minor units. last4 and expiry of cards are sealed with their customer's
-- key; card numbers, addresses and names never come here.

CREATE TABLE "payment" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL,
  "customer_id" UUID NOT NULL,
  "attempt_key" TEXT NOT NULL,
  "amount" BIGINT NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "status" TEXT NOT NULL,
  -- Every change raises it: who asked the provider on the ground of an older version asks again.
  "version" INTEGER NOT NULL,
  -- True until the provider has confirmed that this attempt will take no money.
  "holds_order" BOOLEAN NOT NULL,
  -- The provider is asked with exactly these again after a crash, or it would not take it for the same request.
  "provider_method_id" TEXT NOT NULL,
  "provider_customer_id" TEXT,
  "return_url" TEXT,
  "strong_authentication" BOOLEAN NOT NULL,
  "deadline" TIMESTAMPTZ(6) NOT NULL,
  -- When the provider was last asked to make the intent.
  "called_at" TIMESTAMPTZ(6),
  "cancel_requested_at" TIMESTAMPTZ(6),
  "provider_intent_id" TEXT,
  "provider_charge_id" TEXT,
  "method_type" TEXT,
  "method_brand" TEXT,
  "method_sealed" BYTEA,
  "fee_amount" BIGINT,
  "fee_currency_code" CHAR(3),
  "failure_code" TEXT,
  "failure_message" TEXT,
  "captured_amount" BIGINT NOT NULL DEFAULT 0,
  "refund_requested_amount" BIGINT NOT NULL DEFAULT 0,
  "refunded_amount" BIGINT NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "payment_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "payment_amount_positive" CHECK ("amount" > 0),
  CONSTRAINT "payment_status_known" CHECK ("status" IN ('PENDING', 'PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED',
    'SUCCEEDED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
  CONSTRAINT "payment_failure_said" CHECK (("status" = 'FAILED') = ("failure_code" IS NOT NULL)),
  CONSTRAINT "payment_refunds_within_captured"
    CHECK (0 <= "refunded_amount" AND "refunded_amount" <= "refund_requested_amount"
           AND "refund_requested_amount" <= "captured_amount"),
  CONSTRAINT "payment_captured_when_successful"
    CHECK (("captured_amount" > 0) = ("status" IN ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED'))),
  CONSTRAINT "payment_refund_status" CHECK (
    CASE "status" WHEN 'SUCCEEDED' THEN "refunded_amount" = 0
                  WHEN 'PARTIALLY_REFUNDED' THEN 0 < "refunded_amount" AND "refunded_amount" < "captured_amount"
                  WHEN 'REFUNDED' THEN "refunded_amount" = "captured_amount" ELSE true END)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX "payment_order_id_attempt_key_key" ON "payment" ("order_id", "attempt_key");
-- One attempt at a time may take an order's money.
CREATE UNIQUE INDEX "payment_holds_order" ON "payment" ("order_id") WHERE "holds_order";
CREATE UNIQUE INDEX "payment_provider_intent_id_key" ON "payment" ("provider_intent_id");
CREATE INDEX "payment_customer_id_created_at_idx" ON "payment" ("customer_id", "created_at");

-- Append only: everything that happened to a payment.
CREATE TABLE "payment_attempt" (
  "id" UUID NOT NULL,
  "payment_id" UUID NOT NULL,
  "action" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "code" TEXT,
  "provider_reference" TEXT,
  "correlation_id" TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "payment_attempt_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "payment_attempt_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
);
CREATE INDEX "payment_attempt_payment_id_idx" ON "payment_attempt" ("payment_id", "id");

CREATE TABLE "risk_assessment" (
  "payment_id" UUID NOT NULL,
  "score" DOUBLE PRECISION NOT NULL,
  "level" TEXT NOT NULL,
  "reasons" JSONB NOT NULL,
  CONSTRAINT "risk_assessment_pkey" PRIMARY KEY ("payment_id"),
  CONSTRAINT "risk_assessment_score_range" CHECK ("score" BETWEEN 0 AND 1),
  CONSTRAINT "risk_assessment_level_known" CHECK ("level" IN ('LOW', 'MEDIUM', 'HIGH')),
  CONSTRAINT "risk_assessment_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
);

CREATE TABLE "compliance_check" (
  "payment_id" UUID NOT NULL,
  "passed" BOOLEAN NOT NULL,
  "reasons" TEXT[] NOT NULL,
  CONSTRAINT "compliance_check_pkey" PRIMARY KEY ("payment_id"),
  CONSTRAINT "compliance_check_reasons_said" CHECK ("passed" = ("reasons" = '{}')),
  CONSTRAINT "compliance_check_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
);

CREATE TABLE "refund" (
  -- The caller's: asking twice is asking once.
  "id" UUID NOT NULL,
  "payment_id" UUID NOT NULL,
  "order_id" UUID NOT NULL,
  "amount" BIGINT NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "status" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "reason" TEXT,
  "provider_refund_id" TEXT,
  "failure_code" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "refund_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "refund_amount_positive" CHECK ("amount" > 0),
  CONSTRAINT "refund_status_known" CHECK ("status" IN ('PENDING', 'SUCCEEDED', 'FAILED')),
  CONSTRAINT "refund_failure_said" CHECK (("status" = 'FAILED') = ("failure_code" IS NOT NULL)),
  CONSTRAINT "refund_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment" ("id")
);
CREATE UNIQUE INDEX "refund_provider_refund_id_key" ON "refund" ("provider_refund_id");
CREATE INDEX "refund_payment_id_idx" ON "refund" ("payment_id", "id");

CREATE TABLE "provider_customer" (
  "customer_id" UUID NOT NULL,
  "provider_customer_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "provider_customer_pkey" PRIMARY KEY ("customer_id")
);
CREATE UNIQUE INDEX "provider_customer_provider_customer_id_key" ON "provider_customer" ("provider_customer_id");

CREATE TABLE "payment_method" (
  "id" UUID NOT NULL,
  "customer_id" UUID NOT NULL,
  "provider_method_id" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "brand" TEXT,
  "sealed" BYTEA NOT NULL,
  "is_default" BOOLEAN NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "payment_method_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "payment_method_type_known" CHECK ("type" IN ('CREDIT_CARD', 'DEBIT_CARD', 'PAYPAL', 'APPLE_PAY',
    'GOOGLE_PAY', 'BANK_TRANSFER', 'WALLET', 'CRYPTO')),
  CONSTRAINT "payment_method_customer_id_fkey"
    FOREIGN KEY ("customer_id") REFERENCES "provider_customer" ("customer_id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "payment_method_provider_method_id_key" ON "payment_method" ("provider_method_id");
CREATE INDEX "payment_method_customer_id_idx" ON "payment_method" ("customer_id");
CREATE UNIQUE INDEX "payment_method_one_default" ON "payment_method" ("customer_id") WHERE "is_default";

-- What the provider told us, once each. Its content is not kept: the provider is asked anew instead.
CREATE TABLE "webhook_event" (
  "id" UUID NOT NULL,
  "provider_event_id" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "object_id" TEXT,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  "received_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "webhook_event_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "webhook_event_provider_event_id_key" ON "webhook_event" ("provider_event_id");
