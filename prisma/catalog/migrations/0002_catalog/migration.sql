-- Products and what belongs to them. Little lists that are always read and written whole (images, attributes, selected
-- options) are JSON columns with bounds; everything that is looked up, counted or unique is a column or a table.

CREATE TYPE "ProductStatus" AS ENUM ('DRAFT', 'ACTIVE', 'INACTIVE', 'DISCONTINUED');
CREATE TYPE "TaxCategory" AS ENUM ('STANDARD', 'REDUCED', 'ZERO');

CREATE TABLE "brand" (
  "id" UUID NOT NULL,
  "handle" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "sort_name" TEXT COLLATE "C" GENERATED ALWAYS AS (lower("name")) STORED,
  "description" TEXT,
  "logo_url" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "brand_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "brand_name_length" CHECK (length("name") BETWEEN 1 AND 100)
);
CREATE UNIQUE INDEX "brand_handle_key" ON "brand" ("handle");
CREATE INDEX "brand_sort_name_id_idx" ON "brand" ("sort_name", "id");

-- lineage: ids from the root down to the category itself. It makes "with all descendants" one indexed condition.
CREATE TABLE "category" (
  "id" UUID NOT NULL,
  "handle" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "description" TEXT,
  "parent_id" UUID,
  "lineage" UUID[] NOT NULL,
  "path" TEXT NOT NULL,
  "level" INTEGER NOT NULL GENERATED ALWAYS AS (cardinality("lineage") - 1) STORED,
  "position" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "category_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "category_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "category" ("id"),
  CONSTRAINT "category_name_length" CHECK (length("name") BETWEEN 1 AND 100),
  CONSTRAINT "category_depth" CHECK (cardinality("lineage") BETWEEN 1 AND 10),
  CONSTRAINT "category_lineage_ends_here" CHECK ("lineage"[cardinality("lineage")] = "id"),
  CONSTRAINT "category_lineage_has_parent"
    CHECK ("parent_id" IS NOT DISTINCT FROM "lineage"[cardinality("lineage") - 1])
);
CREATE UNIQUE INDEX "category_handle_key" ON "category" ("handle");
CREATE INDEX "category_parent_id_position_idx" ON "category" ("parent_id", "position", "name");
CREATE INDEX "category_lineage_idx" ON "category" USING gin ("lineage");

-- version: of what staff edit (expectedVersion). revision: of everything that search shows, prices and rating included.
CREATE TABLE "product" (
  "id" UUID NOT NULL,
  "handle" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "sort_name" TEXT COLLATE "C" GENERATED ALWAYS AS (lower("name")) STORED,
  "description" TEXT NOT NULL DEFAULT '',
  "status" "ProductStatus" NOT NULL,
  "tax_category" "TaxCategory" NOT NULL,
  "brand_id" UUID,
  "category_id" UUID,
  "images" JSONB NOT NULL DEFAULT '[]',
  "attributes" JSONB NOT NULL DEFAULT '[]',
  "rating_count" INTEGER NOT NULL DEFAULT 0,
  "rating_sum" INTEGER NOT NULL DEFAULT 0,
  "version" INTEGER NOT NULL DEFAULT 1,
  "revision" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "product_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "product_brand_id_fkey" FOREIGN KEY ("brand_id") REFERENCES "brand" ("id"),
  CONSTRAINT "product_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "category" ("id"),
  CONSTRAINT "product_name_length" CHECK (length("name") BETWEEN 1 AND 200),
  CONSTRAINT "product_images" CHECK (jsonb_typeof("images") = 'array' AND jsonb_array_length("images") <= 50),
  CONSTRAINT "product_attributes" CHECK (jsonb_typeof("attributes") = 'array' AND jsonb_array_length("attributes") <= 100),
  CONSTRAINT "product_rating" CHECK ("rating_count" >= 0 AND "rating_sum" BETWEEN "rating_count" AND 5 * "rating_count")
);
CREATE UNIQUE INDEX "product_handle_key" ON "product" ("handle");
CREATE INDEX "product_status_id_idx" ON "product" ("status", "id" DESC);
CREATE INDEX "product_status_sort_name_id_idx" ON "product" ("status", "sort_name", "id");
CREATE INDEX "product_category_id_idx" ON "product" ("category_id", "status", "id" DESC);
CREATE INDEX "product_brand_id_idx" ON "product" ("brand_id", "status", "id" DESC);

-- options_key: the selected options as one text, so that a product has each combination once.
CREATE TABLE "product_variant" (
  "id" UUID NOT NULL,
  "product_id" UUID NOT NULL,
  "sku" TEXT NOT NULL,
  "selected_options" JSONB NOT NULL DEFAULT '[]',
  "options_key" TEXT NOT NULL,
  "attributes" JSONB NOT NULL DEFAULT '[]',
  "weight_grams" INTEGER,
  "image_url" TEXT,
  "active" BOOLEAN NOT NULL DEFAULT true,
  "position" INTEGER NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "product_variant_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "product_variant_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "product" ("id"),
  CONSTRAINT "product_variant_sku" CHECK ("sku" ~ '^[A-Z0-9][A-Z0-9._-]{0,63}$'),
  CONSTRAINT "product_variant_weight" CHECK ("weight_grams" BETWEEN 0 AND 10000000),
  CONSTRAINT "product_variant_bounded" CHECK ("position" BETWEEN 0 AND 99)
);
CREATE UNIQUE INDEX "product_variant_sku_key" ON "product_variant" ("sku");
CREATE UNIQUE INDEX "product_variant_product_id_options_key_key" ON "product_variant" ("product_id", "options_key");
CREATE UNIQUE INDEX "product_variant_product_id_position_key" ON "product_variant" ("product_id", "position");

-- Amounts in minor units of the currency. 10^12 keeps every sum of an order far from the bigint's end.
CREATE TABLE "variant_price" (
  "variant_id" UUID NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "regular_amount" BIGINT NOT NULL,
  "sale_amount" BIGINT,
  "current_amount" BIGINT NOT NULL GENERATED ALWAYS AS (coalesce("sale_amount", "regular_amount")) STORED,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "variant_price_pkey" PRIMARY KEY ("variant_id", "currency_code"),
  CONSTRAINT "variant_price_variant_id_fkey" FOREIGN KEY ("variant_id") REFERENCES "product_variant" ("id"),
  CONSTRAINT "variant_price_currency" CHECK ("currency_code" ~ '^[A-Z]{3}$'),
  CONSTRAINT "variant_price_regular" CHECK ("regular_amount" BETWEEN 0 AND 1000000000000),
  CONSTRAINT "variant_price_sale" CHECK ("sale_amount" >= 0 AND "sale_amount" < "regular_amount")
);

-- customer_id, title and body are null once the customer has been deleted: the stars stay, the person goes.
CREATE TABLE "review" (
  "id" UUID NOT NULL,
  "product_id" UUID NOT NULL,
  "customer_id" UUID,
  "rating" INTEGER NOT NULL,
  "title" TEXT,
  "body" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "review_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "review_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "product" ("id"),
  CONSTRAINT "review_rating" CHECK ("rating" BETWEEN 1 AND 5),
  CONSTRAINT "review_lengths" CHECK (length("title") <= 200 AND length("body") <= 5000)
);
CREATE UNIQUE INDEX "review_product_id_customer_id_key" ON "review" ("product_id", "customer_id");
CREATE INDEX "review_product_id_id_idx" ON "review" ("product_id", "id" DESC);
CREATE INDEX "review_customer_id_idx" ON "review" ("customer_id") WHERE "customer_id" IS NOT NULL;

-- What search on Postgres reads, one row a product; written by the consumer `search`, always kept, also where OpenSearch
-- answers. listed: only ACTIVE products are found; the row of another stays, so that its revision still guards it.
CREATE TABLE "search_document" (
  "product_id" UUID NOT NULL,
  "revision" INTEGER NOT NULL,
  "listed" BOOLEAN NOT NULL,
  "name" TEXT NOT NULL,
  "sort_name" TEXT COLLATE "C" NOT NULL,
  "words" TSVECTOR NOT NULL,
  "spelling" TEXT NOT NULL,
  "brand_id" UUID,
  "category_id" UUID,
  "prices" JSONB NOT NULL,
  "rating" DOUBLE PRECISION NOT NULL,
  CONSTRAINT "search_document_pkey" PRIMARY KEY ("product_id"),
  CONSTRAINT "search_document_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "product" ("id")
);
CREATE INDEX "search_document_words_idx" ON "search_document" USING gin ("words") WHERE "listed";
CREATE INDEX "search_document_spelling_idx" ON "search_document" USING gin ("spelling" public.gin_trgm_ops) WHERE "listed";

-- Loads pg_trgm into this session: only then may a role name its settings, as the function below does.
SELECT public.similarity('a', 'a');

-- Products that have a word of the query, or a name that looks like it, with a score. `terms` is the query's words as text
-- of a tsquery, joined by OR. Words found (longer texts count less), how well the query fits some stretch of the name,
-- and, a little, the whole name; the weights and the threshold are what ranked best on real queries of a shop (NDCG@10
-- .784; full text alone .657). The threshold is set here since the index can only be used through the operator.
CREATE FUNCTION "search_candidates"("query" TEXT, "terms" TEXT)
RETURNS TABLE ("product_id" UUID, "score" DOUBLE PRECISION)
LANGUAGE sql STABLE
SET pg_trgm.word_similarity_threshold = 0.35
AS $$
  SELECT d.product_id,
         ts_rank(d.words, q, 1)::float8 + public.word_similarity(query, d.spelling)
           + 0.3 * public.similarity(query, d.spelling)
  FROM search_document d, to_tsquery('english', terms) q
  WHERE d.listed AND (d.words @@ q OR query OPERATOR(public.<%) d.spelling)
$$;
