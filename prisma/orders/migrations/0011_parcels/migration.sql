-- What a carrier says of a parcel. Parcels before this had left when they were noted.
ALTER TABLE "shipment"
  ALTER COLUMN "shipped_at" DROP NOT NULL,
  ADD COLUMN "status" TEXT NOT NULL DEFAULT 'IN_TRANSIT',
  ADD COLUMN "created_at" TIMESTAMPTZ(6),
  -- The carrier's service, where a label was asked for.
  ADD COLUMN "service" TEXT,
  -- What the carrier calls the parcel.
  ADD COLUMN "label_id" TEXT,
  ADD COLUMN "label_url" TEXT,
  ADD COLUMN "label_amount" BIGINT,
  ADD COLUMN "label_currency" CHAR(3),
  ADD COLUMN "tracking_url" TEXT,
  ADD COLUMN "delivery_date" DATE,
  -- [{ id, status, at, place, message }], the oldest first
  ADD COLUMN "events" JSONB NOT NULL DEFAULT '[]';
UPDATE "shipment" SET "created_at" = "shipped_at",
  "status" = CASE WHEN "delivered_at" IS NULL THEN 'IN_TRANSIT' ELSE 'DELIVERED' END;
ALTER TABLE "shipment"
  ALTER COLUMN "created_at" SET NOT NULL,
  ALTER COLUMN "status" DROP DEFAULT,
  ADD CONSTRAINT "shipment_status" CHECK (CASE "status"
    WHEN 'LABEL_REQUESTED' THEN "service" IS NOT NULL AND "label_id" IS NULL AND "shipped_at" IS NULL
    WHEN 'LABEL_CREATED' THEN "label_id" IS NOT NULL AND "shipped_at" IS NULL
    WHEN 'CANCELLED' THEN "shipped_at" IS NULL AND "delivered_at" IS NULL
    WHEN 'DELIVERED' THEN "shipped_at" IS NOT NULL AND "delivered_at" IS NOT NULL
    WHEN 'IN_TRANSIT' THEN "shipped_at" IS NOT NULL AND "delivered_at" IS NULL
    WHEN 'OUT_FOR_DELIVERY' THEN "shipped_at" IS NOT NULL AND "delivered_at" IS NULL
    WHEN 'EXCEPTION' THEN "shipped_at" IS NOT NULL AND "delivered_at" IS NULL
    WHEN 'RETURNED_TO_SENDER' THEN "shipped_at" IS NOT NULL AND "delivered_at" IS NULL
    ELSE false END);
-- A label is one parcel's.
CREATE UNIQUE INDEX "shipment_label" ON "shipment" ("label_id") WHERE "label_id" IS NOT NULL;
