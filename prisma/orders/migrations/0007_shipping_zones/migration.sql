-- Where parcels go, finer than countries.
CREATE TABLE "shipping_zone" (
  "id" UUID NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  -- [{ country, regions: [], postalCodes: [{ from, to }], excluded }]
  "areas" JSONB NOT NULL CHECK (jsonb_array_length("areas") > 0),
  -- those of the areas: what a price book is read by
  "countries" TEXT[] NOT NULL CHECK (cardinality("countries") > 0),
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "shipping_zone_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "shipping_zone_code_key" ON "shipping_zone" ("code");

ALTER TABLE "shipping_method"
  -- those that its tiers name
  ADD COLUMN "zone_ids" UUID[] NOT NULL DEFAULT '{}',
  -- hour of the shop's day after which a parcel leaves a day later
  ADD COLUMN "cutoff_hour" INTEGER CHECK ("cutoff_hour" BETWEEN 0 AND 24);
ALTER TABLE "shipping_method" DROP CONSTRAINT "shipping_method_countries_check";
ALTER TABLE "shipping_method" ADD CONSTRAINT "shipping_method_somewhere"
  CHECK (cardinality("countries") > 0 OR cardinality("zone_ids") > 0);
UPDATE "shipping_method" SET "tiers" =
  (SELECT jsonb_agg(t || '{"zoneId": null, "freeAbove": null}') FROM jsonb_array_elements("tiers") t);
