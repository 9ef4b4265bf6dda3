-- Carts, orders and what they are priced with. Amounts are minor units of the row's currency. Columns that are BYTEA hold
-- personal data, sealed with the customer's key. The table of orders is in the plural: "order" is a word of SQL.

CREATE TABLE "tax_rate" (
  "id" UUID NOT NULL,
  "country" CHAR(2) NOT NULL,
  "tax_category" TEXT NOT NULL CHECK ("tax_category" IN ('STANDARD', 'REDUCED', 'ZERO')),
  "rate_basis_points" INTEGER NOT NULL CHECK ("rate_basis_points" BETWEEN 0 AND 10000),
  "name" TEXT NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "tax_rate_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "tax_rate_country_tax_category_key" ON "tax_rate" ("country", "tax_category");

CREATE TABLE "shipping_method" (
  "id" UUID NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "carrier" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "countries" TEXT[] NOT NULL CHECK (cardinality("countries") > 0),
  "currency_code" CHAR(3) NOT NULL,
  -- [{ maxWeightGrams: number|null, maxValue: digits|null, price: digits }], the narrowest first
  "tiers" JSONB NOT NULL CHECK (jsonb_array_length("tiers") > 0),
  "free_above" BIGINT CHECK ("free_above" >= 0),
  "estimated_days_min" INTEGER NOT NULL CHECK ("estimated_days_min" >= 0),
  "estimated_days_max" INTEGER NOT NULL CHECK ("estimated_days_max" >= "estimated_days_min"),
  "tax_category" TEXT NOT NULL CHECK ("tax_category" IN ('STANDARD', 'REDUCED', 'ZERO')),
  "active" BOOLEAN NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "shipping_method_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "shipping_method_code_key" ON "shipping_method" ("code");

CREATE TABLE "promotion" (
  "id" UUID NOT NULL,
  "code" TEXT NOT NULL CHECK ("code" = upper("code")),
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "percent_basis_points" INTEGER CHECK ("percent_basis_points" BETWEEN 1 AND 10000),
  "amount" BIGINT CHECK ("amount" > 0),
  "buy_quantity" INTEGER CHECK ("buy_quantity" > 0),
  "get_quantity" INTEGER CHECK ("get_quantity" > 0),
  "minimum_value" BIGINT CHECK ("minimum_value" >= 0),
  "variant_ids" UUID[] NOT NULL,
  "starts_at" TIMESTAMPTZ(6) NOT NULL,
  "ends_at" TIMESTAMPTZ(6) CHECK ("ends_at" > "starts_at"),
  "limit_total" INTEGER CHECK ("limit_total" > 0),
  "limit_per_customer" INTEGER CHECK ("limit_per_customer" > 0),
  "redeemed_count" INTEGER NOT NULL DEFAULT 0 CHECK ("redeemed_count" >= 0),
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "promotion_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "promotion_kind" CHECK (CASE "kind"
    WHEN 'PERCENT' THEN "percent_basis_points" IS NOT NULL
    WHEN 'FIXED' THEN "amount" IS NOT NULL
    WHEN 'BUY_X_GET_Y' THEN "buy_quantity" IS NOT NULL AND "get_quantity" IS NOT NULL
    ELSE "kind" = 'FREE_SHIPPING' END),
  CONSTRAINT "promotion_limit" CHECK ("redeemed_count" <= "limit_total")
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX "promotion_code_key" ON "promotion" ("code");

CREATE TABLE "cart" (
  "id" UUID NOT NULL,
  "customer_id" UUID NOT NULL,
  "status" TEXT NOT NULL CHECK ("status" IN ('OPEN', 'ORDERED', 'MERGED', 'EXPIRED')),
  "version" INTEGER NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "email" BYTEA,
  "shipping_address" BYTEA,
  "billing_address" BYTEA,
  "shipping_method_id" UUID REFERENCES "shipping_method" ("id"),
  "promotion_codes" TEXT[] NOT NULL CHECK (cardinality("promotion_codes") <= 5),
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "cart_pkey" PRIMARY KEY ("id")
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX "cart_open" ON "cart" ("customer_id") WHERE "status" = 'OPEN';
CREATE INDEX "cart_expiry" ON "cart" ("expires_at") WHERE "status" = 'OPEN';

CREATE TABLE "cart_line" (
  "id" UUID NOT NULL,
  "cart_id" UUID NOT NULL REFERENCES "cart" ("id") ON DELETE CASCADE,
  "variant_id" UUID NOT NULL,
  "product_id" UUID NOT NULL,
  "quantity" INTEGER NOT NULL CHECK ("quantity" BETWEEN 1 AND 1000),
  -- what the customer was last shown
  "unit_amount" BIGINT NOT NULL CHECK ("unit_amount" >= 0),
  "tax_category" TEXT NOT NULL CHECK ("tax_category" IN ('STANDARD', 'REDUCED', 'ZERO')),
  "weight_grams" INTEGER NOT NULL CHECK ("weight_grams" >= 0),
  CONSTRAINT "cart_line_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "cart_line_cart_id_variant_id_key" ON "cart_line" ("cart_id", "variant_id");

CREATE TABLE "orders" (
  "id" UUID NOT NULL,
  "number" TEXT NOT NULL,
  "customer_id" UUID NOT NULL,
  "guest" BOOLEAN NOT NULL,
  "order_state" TEXT NOT NULL CHECK ("order_state" IN ('PENDING', 'CONFIRMED', 'COMPLETED', 'CANCELLED')),
  "payment_state" TEXT NOT NULL
    CHECK ("payment_state" IN ('NONE', 'AUTHORIZED', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED')),
  "fulfilment_state" TEXT NOT NULL
    CHECK ("fulfilment_state" IN ('NONE', 'PROCESSING', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED', 'PARTIALLY_RETURNED', 'RETURNED')),
  -- a pure function of the three axes, kept for lists
  "status" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "locale" TEXT NOT NULL,
  "currency_code" CHAR(3) NOT NULL,
  "email" BYTEA NOT NULL,
  "shipping_address" BYTEA NOT NULL,
  "billing_address" BYTEA,
  "shipping" JSONB NOT NULL,
  "discounts" JSONB NOT NULL,
  "subtotal" BIGINT NOT NULL,
  "discount" BIGINT NOT NULL,
  "shipping_discount" BIGINT NOT NULL,
  "shipping_net" BIGINT NOT NULL,
  "shipping_tax" BIGINT NOT NULL,
  "shipping_gross" BIGINT NOT NULL,
  "net" BIGINT NOT NULL,
  "tax" BIGINT NOT NULL,
  "gross" BIGINT NOT NULL CHECK ("gross" >= 0),
  -- cancelled before it was paid
  "cancelled_amount" BIGINT NOT NULL CHECK ("cancelled_amount" BETWEEN 0 AND "gross"),
  "paid_amount" BIGINT NOT NULL CHECK ("paid_amount" >= 0),
  "refunded_amount" BIGINT NOT NULL CHECK ("refunded_amount" BETWEEN 0 AND "paid_amount"),
  "payment_due_at" TIMESTAMPTZ(6),
  "placed_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "orders_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "orders_shipping_sum" CHECK ("shipping_net" + "shipping_tax" = "shipping_gross"),
  CONSTRAINT "orders_sum" CHECK ("net" + "tax" = "gross")
) WITH (fillfactor = 80);
CREATE INDEX "orders_customer_id_id_idx" ON "orders" ("customer_id", "id" DESC);
CREATE INDEX "orders_status_id_idx" ON "orders" ("status", "id" DESC);

-- Unique here, so that "orders" can be partitioned by id later.
CREATE TABLE "order_number" (
  "number" TEXT NOT NULL,
  "order_id" UUID NOT NULL,
  CONSTRAINT "order_number_pkey" PRIMARY KEY ("number")
);

CREATE TABLE "order_item" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "position" INTEGER NOT NULL,
  "variant_id" UUID NOT NULL,
  "product_id" UUID NOT NULL,
  "sku" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "image_url" TEXT,
  "attributes" JSONB NOT NULL,
  "weight_grams" INTEGER NOT NULL,
  "quantity" INTEGER NOT NULL CHECK ("quantity" > 0),
  "cancelled_quantity" INTEGER NOT NULL CHECK ("cancelled_quantity" >= 0),
  "shipped_quantity" INTEGER NOT NULL CHECK ("shipped_quantity" >= 0),
  "unit_amount" BIGINT NOT NULL,
  "discount" BIGINT NOT NULL CHECK ("discount" >= 0),
  "net" BIGINT NOT NULL,
  "tax" BIGINT NOT NULL,
  "gross" BIGINT NOT NULL CHECK ("gross" >= 0),
  "tax_category" TEXT NOT NULL,
  "tax_rate_basis_points" INTEGER NOT NULL,
  "tax_name" TEXT NOT NULL,
  CONSTRAINT "order_item_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "order_item_sum" CHECK ("net" + "tax" = "gross" AND "unit_amount" * "quantity" - "discount" = "gross"),
  CONSTRAINT "order_item_quantities" CHECK ("cancelled_quantity" + "shipped_quantity" <= "quantity")
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX "order_item_order_id_position_key" ON "order_item" ("order_id", "position");

-- Payments of the order as payments told of them.
CREATE TABLE "order_payment" (
  "payment_id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "status" TEXT NOT NULL CHECK ("status" IN ('PENDING', 'AUTHORIZED', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  "amount" BIGINT NOT NULL CHECK ("amount" >= 0),
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "order_payment_pkey" PRIMARY KEY ("payment_id")
);
CREATE INDEX "order_payment_order_id_idx" ON "order_payment" ("order_id");

CREATE TABLE "order_refund" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "amount" BIGINT NOT NULL CHECK ("amount" > 0),
  "reason" TEXT NOT NULL,
  "status" TEXT NOT NULL CHECK ("status" IN ('REQUESTED', 'SUCCEEDED', 'FAILED')),
  "requested_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "order_refund_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "order_refund_order_id_idx" ON "order_refund" ("order_id");

CREATE TABLE "shipment" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "carrier" TEXT NOT NULL,
  "tracking_number" TEXT,
  -- [{ itemId, quantity }]
  "lines" JSONB NOT NULL CHECK (jsonb_array_length("lines") > 0),
  "shipped_at" TIMESTAMPTZ(6) NOT NULL,
  "delivered_at" TIMESTAMPTZ(6),
  CONSTRAINT "shipment_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "shipment_order_id_idx" ON "shipment" ("order_id");

CREATE TABLE "order_step" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "kind" TEXT NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "order_step_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "order_step_order_id_idx" ON "order_step" ("order_id");

CREATE TABLE "order_note" (
  "id" UUID NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "author_id" UUID NOT NULL,
  "text" BYTEA NOT NULL,
  "visible_to_customer" BOOLEAN NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "order_note_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "order_note_order_id_idx" ON "order_note" ("order_id");

CREATE TABLE "promotion_redemption" (
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "promotion_id" UUID NOT NULL REFERENCES "promotion" ("id"),
  "customer_id" UUID NOT NULL,
  -- "1", "2" ... up to the limit per customer: unique, so that the limit holds for twins too
  "ordinal" INTEGER NOT NULL,
  CONSTRAINT "promotion_redemption_pkey" PRIMARY KEY ("order_id", "promotion_id")
);
CREATE UNIQUE INDEX "promotion_redemption_once" ON "promotion_redemption" ("promotion_id", "customer_id", "ordinal");

-- An order has at least one item and its sums add up: looked at when the transaction commits.
CREATE FUNCTION "check_order_sums"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  checked UUID;
  sums RECORD;
BEGIN
  IF TG_TABLE_NAME = 'orders' THEN checked := NEW.id;
  ELSIF TG_OP = 'DELETE' THEN checked := OLD.order_id;
  ELSE checked := NEW.order_id;
  END IF;
  EXECUTE format(
    'SELECT o.net, o.tax, o.gross, o.shipping_net, o.shipping_tax, o.shipping_gross, o.subtotal, o.discount, o.shipping_discount,
            count(i.id) AS items, sum(i.net) AS item_net, sum(i.tax) AS item_tax, sum(i.gross) AS item_gross,
            sum(i.unit_amount * i.quantity) AS item_list, sum(i.discount) AS item_discount
     FROM %1$I.orders o LEFT JOIN %1$I.order_item i ON i.order_id = o.id WHERE o.id = $1 GROUP BY o.id', TG_TABLE_SCHEMA)
    INTO sums USING checked;
  IF sums IS NULL OR sums.gross IS NULL THEN RETURN NULL; END IF;
  IF sums.items = 0 THEN RAISE EXCEPTION 'order % has no item', checked USING ERRCODE = 'check_violation'; END IF;
  IF sums.net <> sums.item_net + sums.shipping_net OR sums.tax <> sums.item_tax + sums.shipping_tax
     OR sums.gross <> sums.item_gross + sums.shipping_gross
     OR sums.subtotal <> sums.item_list OR sums.discount <> sums.item_discount + sums.shipping_discount THEN
    RAISE EXCEPTION 'the sums of order % do not add up', checked USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER "orders_sums" AFTER INSERT OR UPDATE OF "net", "tax", "gross", "subtotal", "discount",
  "shipping_net", "shipping_tax", "shipping_gross", "shipping_discount" ON "orders"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_order_sums"();
CREATE CONSTRAINT TRIGGER "order_item_sums" AFTER UPDATE OF "order_id", "net", "tax", "gross", "quantity", "unit_amount", "discount"
  OR DELETE ON "order_item"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_order_sums"();
CREATE CONSTRAINT TRIGGER "order_item_added" AFTER INSERT ON "order_item"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_order_sums"();
