-- Pieces of an article that were ordered before the shop had them.
ALTER TABLE "order_item"
  ADD COLUMN "backordered_quantity" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "expected_at" TIMESTAMPTZ(6),
  ADD CONSTRAINT "order_item_backordered" CHECK ("backordered_quantity" BETWEEN 0 AND "quantity" - "cancelled_quantity" - "shipped_quantity");
