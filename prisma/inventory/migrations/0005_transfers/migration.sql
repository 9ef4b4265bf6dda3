-- Transfers between warehouses: what is on its way lies in neither.

CREATE TABLE "stock_transfer" (
  "id" UUID NOT NULL,
  "from_warehouse_id" UUID NOT NULL,
  "to_warehouse_id" UUID NOT NULL,
  "status" TEXT NOT NULL,
  "reference" TEXT,
  "note" TEXT,
  -- Who asked for it; null: the shop itself.
  "actor_id" UUID,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "shipped_at" TIMESTAMPTZ(6),
  -- When nothing of it was on its way any more, or it was given up.
  "closed_at" TIMESTAMPTZ(6),
  CONSTRAINT "stock_transfer_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "stock_transfer_from_fkey" FOREIGN KEY ("from_warehouse_id") REFERENCES "warehouse" ("id"),
  CONSTRAINT "stock_transfer_to_fkey" FOREIGN KEY ("to_warehouse_id") REFERENCES "warehouse" ("id"),
  CONSTRAINT "stock_transfer_status_known" CHECK ("status" IN ('DRAFT', 'IN_TRANSIT', 'RECEIVED', 'CANCELLED')),
  CONSTRAINT "stock_transfer_leads_elsewhere" CHECK ("from_warehouse_id" <> "to_warehouse_id"),
  CONSTRAINT "stock_transfer_times" CHECK (
    ("status" = 'DRAFT') <= ("shipped_at" IS NULL) AND ("status" IN ('IN_TRANSIT', 'RECEIVED')) <= ("shipped_at" IS NOT NULL)
    AND ("status" IN ('RECEIVED', 'CANCELLED')) = ("closed_at" IS NOT NULL))
);
CREATE INDEX "stock_transfer_status_id_idx" ON "stock_transfer" ("status", "id");

CREATE TABLE "stock_transfer_line" (
  "transfer_id" UUID NOT NULL,
  "variant_id" UUID NOT NULL,
  "quantity" INTEGER NOT NULL,
  -- Of these: arrived; did not arrive or not whole, and was written off; went back when the transfer was cancelled.
  "received" INTEGER NOT NULL DEFAULT 0,
  "written_off" INTEGER NOT NULL DEFAULT 0,
  "returned" INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT "stock_transfer_line_pkey" PRIMARY KEY ("transfer_id", "variant_id"),
  CONSTRAINT "stock_transfer_line_transfer_id_fkey" FOREIGN KEY ("transfer_id") REFERENCES "stock_transfer" ("id"),
  CONSTRAINT "stock_transfer_line_counts" CHECK (
    "quantity" > 0 AND "received" >= 0 AND "written_off" >= 0 AND "returned" >= 0
    AND "received" + "written_off" + "returned" <= "quantity")
);
CREATE INDEX "stock_transfer_line_variant_id_idx" ON "stock_transfer_line" ("variant_id");
