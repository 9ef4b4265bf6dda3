-- Warehouses, stock per variant and warehouse, its ledger, and what is reserved for orders.

CREATE TABLE "warehouse" (
  "id" UUID NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "line1" TEXT NOT NULL,
  "line2" TEXT,
  "city" TEXT NOT NULL,
  "state" TEXT,
  "postal_code" TEXT NOT NULL,
  "country" CHAR(2) NOT NULL,
  -- Of the warehouse's desk, never of a person: personal data would have to be sealed.
  "contact_email" TEXT,
  "contact_phone" TEXT,
  "hours" JSONB NOT NULL,
  "capacity_total" INTEGER,
  "capacity_used" INTEGER,
  "capacity_unit" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "warehouse_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "warehouse_status_known" CHECK ("status" IN ('ACTIVE', 'INACTIVE')),
  CONSTRAINT "warehouse_code_upper" CHECK ("code" = upper("code")),
  CONSTRAINT "warehouse_capacity_unit_known" CHECK ("capacity_unit" IN ('PIECES', 'PALLETS', 'CUBIC_METRES')),
  CONSTRAINT "warehouse_capacity_whole" CHECK (("capacity_total" IS NULL) = ("capacity_unit" IS NULL)),
  CONSTRAINT "warehouse_capacity_positive" CHECK ("capacity_total" > 0 AND "capacity_used" >= 0)
);
CREATE UNIQUE INDEX "warehouse_code_key" ON "warehouse" ("code");

-- No index on the counts: an order then changes the row in place (HOT), and pages have room for the next versions.
CREATE TABLE "stock_level" (
  "variant_id" UUID NOT NULL,
  "warehouse_id" UUID NOT NULL,
  "on_hand" INTEGER NOT NULL,
  "reserved" INTEGER NOT NULL,
  "low_stock_threshold" INTEGER NOT NULL DEFAULT 0,
  "reorder_point" INTEGER NOT NULL DEFAULT 0,
  "reorder_quantity" INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT "stock_level_pkey" PRIMARY KEY ("variant_id", "warehouse_id"),
  CONSTRAINT "stock_level_warehouse_id_fkey" FOREIGN KEY ("warehouse_id") REFERENCES "warehouse" ("id"),
  CONSTRAINT "stock_level_never_oversold" CHECK (0 <= "reserved" AND "reserved" <= "on_hand"),
  CONSTRAINT "stock_level_rules_positive"
    CHECK ("low_stock_threshold" >= 0 AND "reorder_point" >= 0 AND "reorder_quantity" >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX "stock_level_warehouse_id_idx" ON "stock_level" ("warehouse_id");

-- The ledger, append only: on_hand of a level is the sum of its quantities.
CREATE TABLE "inventory_transaction" (
  "id" UUID NOT NULL,
  "variant_id" UUID NOT NULL,
  "warehouse_id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "quantity" INTEGER NOT NULL,
  "reason" TEXT NOT NULL,
  "reference" TEXT,
  "note" TEXT,
  -- The user who did it; null: the shop itself.
  "actor_id" UUID,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "inventory_transaction_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "inventory_transaction_level_fkey"
    FOREIGN KEY ("variant_id", "warehouse_id") REFERENCES "stock_level" ("variant_id", "warehouse_id"),
  CONSTRAINT "inventory_transaction_type_known"
    CHECK ("type" IN ('PURCHASE', 'SALE', 'RETURN', 'ADJUSTMENT', 'TRANSFER', 'DAMAGE', 'EXPIRY')),
  CONSTRAINT "inventory_transaction_direction" CHECK (
    CASE WHEN "type" IN ('PURCHASE', 'RETURN') THEN "quantity" > 0
         WHEN "type" IN ('SALE', 'DAMAGE', 'EXPIRY') THEN "quantity" < 0
         ELSE "quantity" <> 0 END)
);
CREATE INDEX "inventory_transaction_variant_id_idx" ON "inventory_transaction" ("variant_id", "id");

-- What was decided for an order, kept for good: who asks again gets the same answer.
CREATE TABLE "reservation" (
  "order_id" UUID NOT NULL,
  -- Null where an order ended before it asked for stock.
  "customer_id" UUID,
  "status" TEXT NOT NULL,
  "hold_until" TIMESTAMPTZ(6) NOT NULL,
  -- [{variantId, quantity}], one per variant, as asked for.
  "requested" JSONB NOT NULL,
  -- [{variantId, requested, available}] of a refused one.
  "shortages" JSONB NOT NULL,
  -- aggregate_seq of the order's event whose lines these are: cancelled lines of earlier events are out of them already.
  "lines_seq" INTEGER NOT NULL DEFAULT 0,
  "cancelled_at" TIMESTAMPTZ(6),
  "commit_failed_at" TIMESTAMPTZ(6),
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "reservation_pkey" PRIMARY KEY ("order_id"),
  CONSTRAINT "reservation_status_known" CHECK ("status" IN ('OPEN', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED'))
) WITH (fillfactor = 80);

CREATE TABLE "reservation_line" (
  "order_id" UUID NOT NULL,
  "variant_id" UUID NOT NULL,
  "warehouse_id" UUID NOT NULL,
  -- What is still held (OPEN) or sold (COMMITTED); the last count in the other states.
  "quantity" INTEGER NOT NULL,
  CONSTRAINT "reservation_line_pkey" PRIMARY KEY ("order_id", "variant_id", "warehouse_id"),
  CONSTRAINT "reservation_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "reservation" ("order_id"),
  CONSTRAINT "reservation_line_level_fkey"
    FOREIGN KEY ("variant_id", "warehouse_id") REFERENCES "stock_level" ("variant_id", "warehouse_id"),
  CONSTRAINT "reservation_line_quantity_positive" CHECK ("quantity" >= 0)
) WITH (fillfactor = 80);

-- Lines of an order that were cancelled, one row per event, so that a repeated event counts once.
CREATE TABLE "line_cancellation" (
  "event_id" UUID NOT NULL,
  "order_id" UUID NOT NULL,
  "aggregate_seq" INTEGER NOT NULL,
  -- [{variantId, quantity}]
  "lines" JSONB NOT NULL,
  CONSTRAINT "line_cancellation_pkey" PRIMARY KEY ("event_id")
);
CREATE INDEX "line_cancellation_order_id_idx" ON "line_cancellation" ("order_id");

/*
 * Decides a batch of orders' requests in the order in which they came, each all or nothing.
 *
 * requests: [{orderId, customerId, holdUntil, lines: [{variantId, quantity}]}], each order once, its lines one per variant
 * and sorted by it. Gives {decisions: [{orderId, status, same, shortages}], levels: [...]}: the status that the order's
 * reservation has now (stored earlier: then `same` says whether the same lines were asked for), and all levels of the
 * variants that were decided on, with what was available before and after. reservation/rules.ts has the same rules as a
 * pure function, `allocate`; a test compares the two.
 */
CREATE FUNCTION "reserve_batch"("requests" JSONB, "moment" TIMESTAMPTZ) RETURNS JSONB
LANGUAGE plpgsql
SET lock_timeout = '500ms'
AS $$
DECLARE
  fresh UUID[];
  variants UUID[];
  warehouses UUID[];
  before INTEGER[];
  free INTEGER[];
  active BOOLEAN[];
  thresholds INTEGER[];
  spans JSONB;
  request RECORD;
  line RECORD;
  lacking JSONB;
  total INTEGER;
  remaining INTEGER;
  best INTEGER;
  found INTEGER;
  taken INTEGER;
  whole UUID;
  whole_free INTEGER;
  fits BOOLEAN;
  line_orders UUID[] := '{}';
  line_variants UUID[] := '{}';
  line_warehouses UUID[] := '{}';
  line_quantities INTEGER[] := '{}';
  refused JSONB := '[]';
  decisions JSONB;
  levels JSONB;
BEGIN
  -- The decision's row first: a twin in another process waits here and then finds it.
  WITH claimed AS (
    INSERT INTO reservation (order_id, customer_id, status, hold_until, requested, shortages, created_at, updated_at)
    SELECT r."orderId", r."customerId", 'OPEN', r."holdUntil", r.lines, '[]', moment, moment
    FROM jsonb_to_recordset(requests) AS r("orderId" UUID, "customerId" UUID, "holdUntil" TIMESTAMPTZ, lines JSONB)
    ORDER BY r."orderId"
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id
  )
  SELECT coalesce(array_agg(order_id), '{}') INTO fresh FROM claimed;

  -- Rows are locked in one order everywhere, or two batches with the same two articles would wait for each other.
  SELECT array_agg(l.variant_id), array_agg(l.warehouse_id), array_agg(l.on_hand - l.reserved),
         array_agg(l.active), array_agg(l.low_stock_threshold)
  INTO variants, warehouses, before, active, thresholds
  FROM (
    SELECT s.*, w.status = 'ACTIVE' AS active
    FROM stock_level s JOIN warehouse w ON w.id = s.warehouse_id
    WHERE s.variant_id IN (
      SELECT (l.value ->> 'variantId')::uuid
      FROM jsonb_array_elements(requests) r, jsonb_array_elements(r.value -> 'lines') l
      WHERE (r.value ->> 'orderId')::uuid = ANY (fresh))
    ORDER BY s.variant_id, s.warehouse_id
    FOR NO KEY UPDATE OF s
  ) l;
  free := before;
  SELECT coalesce(jsonb_object_agg(variant_id, span), '{}') INTO spans
  FROM (
    SELECT variant_id, jsonb_build_array(min(position), max(position)) AS span
    FROM unnest(variants) WITH ORDINALITY AS v(variant_id, position) GROUP BY variant_id
  ) s;

  FOR request IN
    SELECT (r.value ->> 'orderId')::uuid AS order_id, r.value -> 'lines' AS lines
    FROM jsonb_array_elements(requests) WITH ORDINALITY AS r(value, position)
    WHERE (r.value ->> 'orderId')::uuid = ANY (fresh) ORDER BY r.position
  LOOP
    lacking := '[]';
    FOR line IN SELECT l."variantId" AS variant_id, l.quantity, (spans -> l."variantId"::text ->> 0)::int AS first,
                       (spans -> l."variantId"::text ->> 1)::int AS last
                FROM jsonb_to_recordset(request.lines) AS l("variantId" UUID, quantity INTEGER) LOOP
      total := 0;
      IF line.first IS NOT NULL THEN
        FOR i IN line.first..line.last LOOP
          IF active[i] THEN total := total + free[i]; END IF;
        END LOOP;
      END IF;
      IF total < line.quantity THEN
        lacking := lacking || jsonb_build_object(
          'variantId', line.variant_id, 'requested', line.quantity, 'available', total);
      END IF;
    END LOOP;
    IF lacking <> '[]' THEN
      refused := refused || jsonb_build_object('orderId', request.order_id, 'shortages', lacking);
      CONTINUE;
    END IF;

    -- One warehouse that has everything, so that it is one parcel; of several the one with most of the first article.
    whole := NULL;
    whole_free := 0;
    FOR i IN (spans -> (request.lines -> 0 ->> 'variantId') ->> 0)::int
          .. (spans -> (request.lines -> 0 ->> 'variantId') ->> 1)::int LOOP
      CONTINUE WHEN NOT active[i] OR free[i] <= whole_free;
      fits := true;
      FOR line IN SELECT l.quantity, (spans -> l."variantId"::text ->> 0)::int AS first,
                         (spans -> l."variantId"::text ->> 1)::int AS last
                  FROM jsonb_to_recordset(request.lines) AS l("variantId" UUID, quantity INTEGER) LOOP
        found := array_position(warehouses[line.first:line.last], warehouses[i]);
        fits := found IS NOT NULL AND free[line.first + found - 1] >= line.quantity;
        EXIT WHEN NOT fits;
      END LOOP;
      IF fits THEN
        whole := warehouses[i];
        whole_free := free[i];
      END IF;
    END LOOP;

    FOR line IN SELECT l."variantId" AS variant_id, l.quantity, (spans -> l."variantId"::text ->> 0)::int AS first,
                       (spans -> l."variantId"::text ->> 1)::int AS last
                FROM jsonb_to_recordset(request.lines) AS l("variantId" UUID, quantity INTEGER) LOOP
      remaining := line.quantity;
      WHILE remaining > 0 LOOP
        best := NULL;
        FOR i IN line.first..line.last LOOP
          IF warehouses[i] = whole OR (whole IS NULL AND active[i] AND free[i] > coalesce(free[best], 0)) THEN
            best := i;
          END IF;
        END LOOP;
        taken := least(free[best], remaining);
        free[best] := free[best] - taken;
        remaining := remaining - taken;
        line_orders := line_orders || request.order_id;
        line_variants := line_variants || line.variant_id;
        line_warehouses := line_warehouses || warehouses[best];
        line_quantities := line_quantities || taken;
      END LOOP;
    END LOOP;
  END LOOP;

  UPDATE stock_level s SET reserved = s.reserved + t.taken
  FROM (SELECT v.variant_id, v.warehouse_id, v.was - v.is_now AS taken
        FROM unnest(variants, warehouses, before, free) AS v(variant_id, warehouse_id, was, is_now)
        WHERE v.was <> v.is_now) t
  WHERE s.variant_id = t.variant_id AND s.warehouse_id = t.warehouse_id;

  INSERT INTO reservation_line (order_id, variant_id, warehouse_id, quantity)
  SELECT * FROM unnest(line_orders, line_variants, line_warehouses, line_quantities);

  IF refused <> '[]' THEN
    UPDATE reservation r SET status = 'REFUSED', shortages = f.shortages
    FROM jsonb_to_recordset(refused) AS f("orderId" UUID, shortages JSONB)
    WHERE r.order_id = f."orderId";
  END IF;

  SELECT jsonb_agg(jsonb_build_object(
           'orderId', r.order_id, 'status', r.status, 'fresh', r.order_id = ANY (fresh),
           'same', r.requested = a.lines, 'shortages', r.shortages))
  INTO decisions
  FROM jsonb_to_recordset(requests) AS a("orderId" UUID, lines JSONB) JOIN reservation r ON r.order_id = a."orderId";
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'variantId', v.variant_id, 'warehouseId', v.warehouse_id, 'active', v.active,
           'threshold', v.threshold, 'before', v.was, 'after', v.is_now)), '[]')
  INTO levels
  FROM unnest(variants, warehouses, active, thresholds, before, free)
    AS v(variant_id, warehouse_id, active, threshold, was, is_now);
  RETURN jsonb_build_object('decisions', decisions, 'levels', levels);
END
$$;
