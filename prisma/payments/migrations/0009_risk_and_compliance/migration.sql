-- What was decided on a payment's risk, since thresholds are configuration and change. Until now they were these.
ALTER TABLE "risk_assessment" ADD COLUMN "decision" TEXT;
UPDATE "risk_assessment" SET "decision" = CASE WHEN "score" > 0.8 THEN 'REFUSED' WHEN "level" = 'HIGH'
  THEN 'STRONG_AUTHENTICATION' ELSE 'ACCEPTED' END;
ALTER TABLE "risk_assessment" ALTER COLUMN "decision" SET NOT NULL,
  ADD CONSTRAINT "risk_assessment_decision_known"
    CHECK ("decision" IN ('ACCEPTED', 'STRONG_AUTHENTICATION', 'REFUSED'));
-- For staff's list of what a person should look at; nearly every payment is LOW and in none of the two.
CREATE INDEX "risk_assessment_notable" ON "risk_assessment" ("payment_id") WHERE "level" <> 'LOW';
CREATE INDEX "compliance_check_refused" ON "compliance_check" ("payment_id") WHERE NOT "passed";

-- What was wrong, for staff: the rules' codes with a sentence each.
ALTER TABLE "compliance_check" ADD COLUMN "findings" JSONB NOT NULL DEFAULT '[]';

-- The latest attempts to pay of an account, an address or a card (its keyed hash), the newest first; the arrays are parallel.
CREATE TABLE "risk_velocity" (
  "subject" TEXT NOT NULL,
  "attempts" UUID[] NOT NULL,
  "orders" UUID[] NOT NULL,
  "times" TIMESTAMPTZ(6)[] NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "risk_velocity_pkey" PRIMARY KEY ("subject"),
  CONSTRAINT "risk_velocity_parallel"
    CHECK (cardinality("attempts") = cardinality("times") AND cardinality("orders") = cardinality("times"))
) WITH (fillfactor = 70);

-- Whose card a saved method is: a keyed hash of the provider's fingerprint, and its country.
ALTER TABLE "payment_method" ADD COLUMN "card_key" TEXT, ADD COLUMN "card_country" CHAR(2);
