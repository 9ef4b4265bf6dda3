-- Saving a payment method at the provider, from the moment before it is asked until the method is saved or refused.
CREATE TABLE "payment_method_setup" (
  "id" UUID NOT NULL,
  "customer_id" UUID NOT NULL,
  "provider_method_id" TEXT NOT NULL,
  "return_url" TEXT,
  "make_default" BOOLEAN NOT NULL,
  "status" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "provider_setup_id" TEXT,
  -- The saved method; gone when that is removed.
  "payment_method_id" UUID,
  "failure_code" TEXT,
  "failure_message" TEXT,
  "deadline" TIMESTAMPTZ(6) NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "payment_method_setup_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "payment_method_setup_status_known"
    CHECK ("status" IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  CONSTRAINT "payment_method_setup_failure_said" CHECK (("status" = 'FAILED') = ("failure_code" IS NOT NULL)),
  CONSTRAINT "payment_method_setup_customer_id_fkey"
    FOREIGN KEY ("customer_id") REFERENCES "provider_customer" ("customer_id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "payment_method_setup_provider_setup_id_key" ON "payment_method_setup" ("provider_setup_id");
-- One that is open for a method: asking twice is asking once.
CREATE UNIQUE INDEX "payment_method_setup_open" ON "payment_method_setup" ("customer_id", "provider_method_id")
  WHERE "status" IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING');
CREATE INDEX "payment_method_setup_customer_id_idx" ON "payment_method_setup" ("customer_id", "id");
