-- Changes of open reservations: each is decided once, and open until orders has said what its order is after all. Until then
-- the order's reservation holds both, what it had and what it may become.

CREATE TABLE "reservation_change" (
  "change_id" UUID NOT NULL,
  "order_id" UUID NOT NULL,
  -- [{variantId, quantity}], one per variant: what the order may become.
  "lines" JSONB NOT NULL,
  -- [{variantId, requested, available}] of a refused one.
  "shortages" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  -- When the order had become something; one that is refused is over at once.
  "ended_at" TIMESTAMPTZ(6),
  CONSTRAINT "reservation_change_pkey" PRIMARY KEY ("change_id")
);
CREATE INDEX "reservation_change_open" ON "reservation_change" ("order_id") WHERE "ended_at" IS NULL;
