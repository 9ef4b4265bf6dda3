-- Edits of unpaid orders: one of an order at a time, which inventory holds stock for until it is applied or abandoned.

CREATE TABLE "order_edit" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  -- Of the order, on which it was decided.
  "version" INTEGER NOT NULL,
  "status" TEXT NOT NULL CHECK ("status" IN ('OPEN', 'APPLIED', 'ABANDONED')),
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "order_edit_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "order_edit_open" ON "order_edit" ("order_id") WHERE "status" = 'OPEN';
