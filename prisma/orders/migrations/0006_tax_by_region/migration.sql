-- Taxes by region, in parts per million (8.875 % is 88750), and prices without tax.
ALTER TABLE "tax_rate"
  -- ISO 3166-2 without the country: `NY`; empty: all of the country
  ADD COLUMN "region" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "rate_ppm" INTEGER CHECK ("rate_ppm" BETWEEN 0 AND 1000000);
UPDATE "tax_rate" SET "rate_ppm" = "rate_basis_points" * 100;
ALTER TABLE "tax_rate" ALTER COLUMN "rate_ppm" SET NOT NULL, DROP COLUMN "rate_basis_points";
DROP INDEX "tax_rate_country_tax_category_key";
CREATE UNIQUE INDEX "tax_rate_country_region_tax_category_key" ON "tax_rate" ("country", "region", "tax_category");

-- Whether the order's prices have the tax in them or it was added to them.
ALTER TABLE "orders" ADD COLUMN "tax_included" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "orders" ALTER COLUMN "tax_included" DROP DEFAULT;
UPDATE "orders" SET "shipping" = ("shipping" - 'taxRateBasisPoints')
  || jsonb_build_object('taxRatePpm', ("shipping"->>'taxRateBasisPoints')::int * 100);

ALTER TABLE "order_item" ADD COLUMN "tax_rate_ppm" INTEGER;
UPDATE "order_item" SET "tax_rate_ppm" = "tax_rate_basis_points" * 100;
ALTER TABLE "order_item" ALTER COLUMN "tax_rate_ppm" SET NOT NULL, DROP COLUMN "tax_rate_basis_points";
-- What is left of the list price is the line with its tax, or without it: "check_added_items" knows which.
ALTER TABLE "order_item" DROP CONSTRAINT "order_item_sum";
ALTER TABLE "order_item" ADD CONSTRAINT "order_item_sum"
  CHECK ("net" + "tax" = "gross" AND "unit_amount" * "quantity" - "discount" IN ("net", "gross"));

CREATE OR REPLACE FUNCTION "check_added_items"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong UUID;
BEGIN
  EXECUTE format(
    'SELECT o.id FROM %1$I.orders o JOIN (
       SELECT order_id, sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross, sum(unit_amount * quantity) AS list,
              sum(discount) AS discount
       FROM %1$I.order_item WHERE order_id IN (SELECT order_id FROM added) GROUP BY order_id
     ) i ON i.order_id = o.id
     WHERE o.net <> i.net + o.shipping_net OR o.tax <> i.tax + o.shipping_tax OR o.gross <> i.gross + o.shipping_gross
        OR o.subtotal <> i.list OR o.discount <> i.discount + o.shipping_discount
        OR i.list - i.discount <> CASE WHEN o.tax_included THEN i.gross ELSE i.net END
     LIMIT 1', TG_TABLE_SCHEMA) INTO wrong;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the sums of order % do not add up', wrong USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
