-- What visitors do, and the models made of it: neighbours of products, popularity.

CREATE TABLE "product" (
  "id" UUID NOT NULL,
  "on_sale" BOOLEAN NOT NULL,
  "category_id" UUID,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "product_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "product_of_category" ON "product" ("category_id") WHERE "on_sale";
CREATE INDEX "product_newest" ON "product" ("created_at" DESC, "id") WHERE "on_sale";

CREATE TABLE "behaviour_event" (
  "subject_id" UUID NOT NULL,
  "event_id" UUID NOT NULL,
  "type" TEXT NOT NULL CHECK ("type" IN
    ('VIEW', 'CLICK', 'SCROLL', 'WISHLIST', 'SEARCH', 'ADD_TO_CART', 'REMOVE_FROM_CART', 'PURCHASE')),
  "product_id" UUID,
  "query" BYTEA,
  "duration_ms" INTEGER CHECK ("duration_ms" >= 0),
  "source" TEXT CHECK (length("source") <= 60),
  "quantity" INTEGER CHECK ("quantity" > 0),
  "occurred_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "behaviour_event_pkey" PRIMARY KEY ("subject_id", "event_id"),
  CONSTRAINT "behaviour_event_about" CHECK ("product_id" IS NOT NULL OR ("type" = 'SEARCH' AND "query" IS NOT NULL))
);

CREATE TABLE "basket_item" (
  "model" TEXT NOT NULL CHECK ("model" IN ('BOUGHT_TOGETHER', 'RELATED')),
  "basket_id" UUID NOT NULL,
  "product_id" UUID NOT NULL,
  "subject_id" UUID NOT NULL,
  "occurred_at" TIMESTAMPTZ(3) NOT NULL,
  "learned" BOOLEAN NOT NULL,
  CONSTRAINT "basket_item_pkey" PRIMARY KEY ("model", "basket_id", "product_id")
);
CREATE INDEX "basket_item_product" ON "basket_item" ("model", "product_id", "basket_id");
CREATE INDEX "basket_item_to_learn" ON "basket_item" ("model", "product_id") WHERE NOT "learned";
CREATE INDEX "basket_item_history" ON "basket_item" ("subject_id", "model", "occurred_at" DESC);
CREATE INDEX "basket_item_occurred_at_idx" ON "basket_item" ("occurred_at");

CREATE TABLE "product_count" (
  "model" TEXT NOT NULL,
  "product_id" UUID NOT NULL,
  "baskets" INTEGER NOT NULL CHECK ("baskets" >= 0),
  CONSTRAINT "product_count_pkey" PRIMARY KEY ("model", "product_id")
);

CREATE TABLE "neighbour" (
  "model" TEXT NOT NULL,
  "product_id" UUID NOT NULL,
  "neighbour_id" UUID NOT NULL CHECK ("neighbour_id" <> "product_id"),
  "score" DOUBLE PRECISION NOT NULL CHECK ("score" > 0 AND "score" <= 1),
  "trained_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "neighbour_pkey" PRIMARY KEY ("model", "product_id", "neighbour_id")
);
CREATE INDEX "neighbour_strongest" ON "neighbour" ("model", "product_id", "score" DESC);

CREATE TABLE "popularity" (
  "window_days" INTEGER NOT NULL CHECK ("window_days" > 0),
  "product_id" UUID NOT NULL,
  "score" DOUBLE PRECISION NOT NULL CHECK ("score" > 0),
  CONSTRAINT "popularity_pkey" PRIMARY KEY ("window_days", "product_id")
);
CREATE INDEX "popularity_highest" ON "popularity" ("window_days", "score" DESC);

CREATE TABLE "joined_guest" (
  "guest_id" UUID NOT NULL,
  "customer_id" UUID NOT NULL,
  CONSTRAINT "joined_guest_pkey" PRIMARY KEY ("guest_id")
);
CREATE INDEX "joined_guest_customer_id_idx" ON "joined_guest" ("customer_id");

CREATE TABLE "erased_subject" (
  "subject_id" UUID NOT NULL,
  "erased_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "erased_subject_pkey" PRIMARY KEY ("subject_id")
);
