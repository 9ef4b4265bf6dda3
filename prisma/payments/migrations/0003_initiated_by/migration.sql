-- The member of staff who paid with a customer on the telephone; null: the customer did.
ALTER TABLE "payment" ADD COLUMN "initiated_by" UUID;
