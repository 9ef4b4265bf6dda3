-- What customers send back.
CREATE TABLE "order_return" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  -- [{ itemId, quantity }]
  "lines" JSONB NOT NULL CHECK (jsonb_array_length("lines") > 0),
  "reason" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  -- Whether its goods went back to stock; null before they came.
  "restocked" BOOLEAN,
  "requested_at" TIMESTAMPTZ(6) NOT NULL,
  "decided_at" TIMESTAMPTZ(6),
  "received_at" TIMESTAMPTZ(6),
  CONSTRAINT "order_return_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "order_return_status" CHECK (CASE "status"
    WHEN 'REQUESTED' THEN "decided_at" IS NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'APPROVED' THEN "decided_at" IS NOT NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'REJECTED' THEN "decided_at" IS NOT NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'RECEIVED' THEN "decided_at" IS NOT NULL AND "received_at" IS NOT NULL AND "restocked" IS NOT NULL
    ELSE false END)
);
CREATE INDEX "order_return_order_id_idx" ON "order_return" ("order_id");
