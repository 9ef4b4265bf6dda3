-- Added items are checked once per statement, together: one check per item, each over all items of its order, took seconds
-- for an order of a thousand lines. An order and its items are written in one statement, so nothing has to wait for the
-- commit; an order without items is still found there ("orders_sums").
DROP TRIGGER "order_item_added" ON "order_item";

CREATE FUNCTION "check_added_items"() RETURNS trigger LANGUAGE plpgsql AS $$
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
     LIMIT 1', TG_TABLE_SCHEMA) INTO wrong;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the sums of order % do not add up', wrong USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "order_item_added" AFTER INSERT ON "order_item" REFERENCING NEW TABLE AS "added"
  FOR EACH STATEMENT EXECUTE FUNCTION "check_added_items"();
