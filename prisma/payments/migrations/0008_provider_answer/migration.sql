-- What the provider answered, by a list of what may be kept: no name, address, number or secret.
ALTER TABLE "payment_attempt" ADD COLUMN "answer" JSONB;
