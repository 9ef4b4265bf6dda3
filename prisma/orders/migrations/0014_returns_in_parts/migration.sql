-- What came back of a return, piece by piece; its label; and returns that nobody sent.
ALTER TABLE "order_return"
  -- [{ itemId, quantity, restocked }]; null before they came, and for those received before this: all of them came.
  ADD COLUMN "received" JSONB,
  ADD COLUMN "label_url" TEXT,
  ADD COLUMN "tracking_number" TEXT,
  DROP CONSTRAINT "order_return_status",
  ADD CONSTRAINT "order_return_status" CHECK (CASE "status"
    WHEN 'REQUESTED' THEN "decided_at" IS NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'APPROVED' THEN "decided_at" IS NOT NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'REJECTED' THEN "decided_at" IS NOT NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'EXPIRED' THEN "decided_at" IS NOT NULL AND "received_at" IS NULL AND "restocked" IS NULL
    WHEN 'RECEIVED' THEN "decided_at" IS NOT NULL AND "received_at" IS NOT NULL AND "restocked" IS NOT NULL
    ELSE false END);
CREATE INDEX "order_return_status_id_idx" ON "order_return" ("status", "id" DESC);
