-- Whose card a payment was made with: a keyed hash of the provider's fingerprint, known when the provider has answered.
ALTER TABLE "payment" ADD COLUMN "card_key" TEXT;
CREATE INDEX "payment_card_key_idx" ON "payment" ("card_key", "created_at") WHERE "card_key" IS NOT NULL;
