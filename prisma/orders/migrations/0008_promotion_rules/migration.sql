-- Promotions that need no code, stand in an order of priority, and count for categories.
ALTER TABLE "promotion"
  ADD COLUMN "automatic" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "active" BOOLEAN NOT NULL DEFAULT true,
  ADD COLUMN "priority" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "stacking" TEXT NOT NULL DEFAULT 'COMBINABLE' CHECK ("stacking" IN ('COMBINABLE', 'EXCLUSIVE')),
  ADD COLUMN "category_ids" UUID[] NOT NULL DEFAULT '{}';
CREATE INDEX "promotion_automatic" ON "promotion" ("id") WHERE "automatic" AND "active";

-- Of a promotion without limits nobody counts uses in its row, which every order would wait for: they are the rows here.
ALTER TABLE "promotion_redemption" ALTER COLUMN "ordinal" DROP NOT NULL;
UPDATE "promotion" SET "redeemed_count" = 0 WHERE "limit_total" IS NULL AND "limit_per_customer" IS NULL;
CREATE INDEX "promotion_redemption_customer" ON "promotion_redemption" ("customer_id");

-- The categories of an article, with those above them, as last shown.
ALTER TABLE "cart_line" ADD COLUMN "category_ids" UUID[] NOT NULL DEFAULT '{}';
