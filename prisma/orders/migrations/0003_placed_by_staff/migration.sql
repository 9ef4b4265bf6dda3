-- Orders that staff place for others. "placed_at" may lie before "created_at" then: what an order has time for counts from
-- the latter.
ALTER TABLE "orders"
  ADD COLUMN "placed_by" UUID,
  ADD COLUMN "notify_customer" BOOLEAN NOT NULL DEFAULT true,
  ADD COLUMN "created_at" TIMESTAMPTZ(6);
UPDATE "orders" SET "created_at" = "placed_at";
ALTER TABLE "orders" ALTER COLUMN "created_at" SET NOT NULL;
