-- What every cart is priced with beside its goods and its promotions: processes keep it as long as the revision is the same.
-- The revision is raised by the transaction that changes a rate, a way of shipping or a zone, whoever makes it.
CREATE TABLE "terms" (
  "id" INTEGER NOT NULL DEFAULT 1 CHECK ("id" = 1),
  "revision" BIGINT NOT NULL,
  CONSTRAINT "terms_pkey" PRIMARY KEY ("id")
);
INSERT INTO "terms" ("revision") VALUES (1);

-- The functions below name their schema, as it is now: looking it up when a trigger fires (EXECUTE format) would parse and
-- plan their statements anew for every order.
DO $outer$
BEGIN
  EXECUTE format($body$
    CREATE FUNCTION "raise_terms"() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE %1$I.terms SET revision = revision + 1;
      RETURN NULL;
    END $$
  $body$, current_schema());

  EXECUTE format($body$
    CREATE OR REPLACE FUNCTION "check_order_sums"() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      checked UUID;
      sums RECORD;
    BEGIN
      IF TG_TABLE_NAME = 'orders' THEN checked := NEW.id;
      ELSIF TG_OP = 'DELETE' THEN checked := OLD.order_id;
      ELSE checked := NEW.order_id;
      END IF;
      SELECT o.net, o.tax, o.gross, o.shipping_net, o.shipping_tax, o.shipping_gross, o.subtotal, o.discount,
             o.shipping_discount, count(i.id) AS items, sum(i.net) AS item_net, sum(i.tax) AS item_tax,
             sum(i.gross) AS item_gross, sum(i.unit_amount * i.quantity) AS item_list, sum(i.discount) AS item_discount
      INTO sums
      FROM %1$I.orders o LEFT JOIN %1$I.order_item i ON i.order_id = o.id WHERE o.id = checked GROUP BY o.id;
      IF sums IS NULL OR sums.gross IS NULL THEN RETURN NULL; END IF;
      IF sums.items = 0 THEN RAISE EXCEPTION 'order %% has no item', checked USING ERRCODE = 'check_violation'; END IF;
      IF sums.net <> sums.item_net + sums.shipping_net OR sums.tax <> sums.item_tax + sums.shipping_tax
         OR sums.gross <> sums.item_gross + sums.shipping_gross
         OR sums.subtotal <> sums.item_list OR sums.discount <> sums.item_discount + sums.shipping_discount THEN
        RAISE EXCEPTION 'the sums of order %% do not add up', checked USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
  $body$, current_schema());

  EXECUTE format($body$
    CREATE OR REPLACE FUNCTION "check_added_items"() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      checked UUID;
    BEGIN
      -- One order after the other, by its key: joined, the plan that is kept would read all orders.
      FOR checked IN SELECT DISTINCT order_id FROM added LOOP
        IF EXISTS (
          SELECT FROM %1$I.orders o CROSS JOIN (
            SELECT sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross, sum(unit_amount * quantity) AS list,
                   sum(discount) AS discount
            FROM %1$I.order_item WHERE order_id = checked
          ) i
          WHERE o.id = checked AND (
            o.net <> i.net + o.shipping_net OR o.tax <> i.tax + o.shipping_tax OR o.gross <> i.gross + o.shipping_gross
            OR o.subtotal <> i.list OR o.discount <> i.discount + o.shipping_discount)
        ) THEN
          RAISE EXCEPTION 'the sums of order %% do not add up', checked USING ERRCODE = 'check_violation';
        END IF;
      END LOOP;
      RETURN NULL;
    END $$
  $body$, current_schema());
END $outer$;

CREATE TRIGGER "tax_rate_terms" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "tax_rate"
  FOR EACH STATEMENT EXECUTE FUNCTION "raise_terms"();
CREATE TRIGGER "shipping_method_terms" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "shipping_method"
  FOR EACH STATEMENT EXECUTE FUNCTION "raise_terms"();
CREATE TRIGGER "shipping_zone_terms" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "shipping_zone"
  FOR EACH STATEMENT EXECUTE FUNCTION "raise_terms"();
