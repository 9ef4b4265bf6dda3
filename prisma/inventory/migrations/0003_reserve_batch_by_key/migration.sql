-- reserve_batch decides as before; its time now grows with the lines of a batch, not with their square (docs/decisions/0009).

-- By the warehouse alone, a plan that was made while there were few levels (the foreign keys' checks too) would read all
-- levels of a warehouse to find one.
DROP INDEX "stock_level_warehouse_id_idx";
CREATE INDEX "stock_level_warehouse_id_variant_id_idx" ON "stock_level" ("warehouse_id", "variant_id");

/*
 * Decides a batch of orders' requests in the order in which they came, each all or nothing.
 *
 * requests: [{orderId, customerId, holdUntil, lines: [{variantId, quantity}]}], each order once, its lines one per variant
 * and sorted by it. Gives {decisions: [{orderId, status, same, shortages}], levels: [...]}: the status that the order's
 * reservation has now (stored earlier: then `same` says whether the same lines were asked for), and all levels of the
 * variants that were decided on, with what was available before and after. reservation/rules.ts has the same rules as a
 * pure function, `allocate`; a test compares the two.
 */
CREATE OR REPLACE FUNCTION "reserve_batch"("requests" JSONB, "moment" TIMESTAMPTZ) RETURNS JSONB
LANGUAGE plpgsql
SET lock_timeout = '500ms'
-- Rows are reached by their keys, also by a plan that was made while the tables were small.
SET enable_seqscan = off
AS $$
DECLARE
  fresh UUID[];
  -- The variants wanted, each once; number n is wanted[n], its levels are firsts[n]..lasts[n] (0..-1: none).
  wanted UUID[];
  firsts INTEGER[];
  lasts INTEGER[];
  -- The lines of all fresh requests, one request after the other.
  numbers INTEGER[];
  quantities INTEGER[];
  -- The levels, locked, by variant and warehouse.
  level_numbers INTEGER[];
  warehouses UUID[];
  before INTEGER[];
  free INTEGER[];
  active BOOLEAN[];
  thresholds INTEGER[];
  request RECORD;
  start INTEGER;
  stop INTEGER := 0;
  n INTEGER;
  short BOOLEAN;
  total INTEGER;
  remaining INTEGER;
  best INTEGER;
  taken INTEGER;
  whole UUID;
  whole_free INTEGER;
  fits BOOLEAN;
  line_orders UUID[] := '{}';
  line_numbers INTEGER[] := '{}';
  line_warehouses UUID[] := '{}';
  line_quantities INTEGER[] := '{}';
  short_orders UUID[] := '{}';
  short_numbers INTEGER[] := '{}';
  short_quantities INTEGER[] := '{}';
  short_totals INTEGER[] := '{}';
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

  SELECT coalesce(array_agg(l.number ORDER BY l.request, l.position), '{}'),
         coalesce(array_agg(l.quantity ORDER BY l.request, l.position), '{}'),
         coalesce(array_agg(DISTINCT l.variant_id), '{}')
  INTO numbers, quantities, wanted
  FROM (
    SELECT r.position AS request, l.position, v.variant_id, (l.value ->> 'quantity')::int AS quantity,
           dense_rank() OVER (ORDER BY v.variant_id)::int AS number
    FROM jsonb_array_elements(requests) WITH ORDINALITY AS r(value, position),
         jsonb_array_elements(r.value -> 'lines') WITH ORDINALITY AS l(value, position),
         CAST(l.value ->> 'variantId' AS UUID) AS v(variant_id)
    WHERE (r.value ->> 'orderId')::uuid = ANY (fresh)
  ) l;

  -- Rows are locked in one order everywhere, or two batches with the same two articles would wait for each other. LATERAL: an
  -- article after the other, each by its key; in a plain join FOR UPDATE would also carry all of `requests` along per row.
  SELECT coalesce(array_agg(l.number), '{}'), coalesce(array_agg(l.warehouse_id), '{}'),
         coalesce(array_agg(l.on_hand - l.reserved), '{}'), coalesce(array_agg(l.active), '{}'),
         coalesce(array_agg(l.low_stock_threshold), '{}')
  INTO level_numbers, warehouses, before, active, thresholds
  FROM (
    SELECT v.number::int AS number, s.*,
           (SELECT w.status = 'ACTIVE' FROM warehouse w WHERE w.id = s.warehouse_id) AS active
    FROM unnest(wanted) WITH ORDINALITY AS v(variant_id, number),
         LATERAL (SELECT * FROM stock_level one WHERE one.variant_id = v.variant_id
                  ORDER BY one.warehouse_id FOR NO KEY UPDATE) s
  ) l;
  free := before;
  firsts := array_fill(0, ARRAY[cardinality(wanted)]);
  lasts := array_fill(-1, ARRAY[cardinality(wanted)]);
  FOR i IN 1..cardinality(level_numbers) LOOP
    n := level_numbers[i];
    IF firsts[n] = 0 THEN firsts[n] := i; END IF;
    lasts[n] := i;
  END LOOP;

  FOR request IN
    SELECT (r.value ->> 'orderId')::uuid AS order_id, jsonb_array_length(r.value -> 'lines') AS lines
    FROM jsonb_array_elements(requests) WITH ORDINALITY AS r(value, position)
    WHERE (r.value ->> 'orderId')::uuid = ANY (fresh) ORDER BY r.position
  LOOP
    start := stop + 1;
    stop := stop + request.lines;
    short := false;
    FOR k IN start..stop LOOP
      n := numbers[k];
      total := 0;
      FOR i IN firsts[n]..lasts[n] LOOP
        IF active[i] THEN total := total + free[i]; END IF;
      END LOOP;
      IF total < quantities[k] THEN
        short := true;
        short_orders := short_orders || request.order_id;
        short_numbers := short_numbers || n;
        short_quantities := short_quantities || quantities[k];
        short_totals := short_totals || total;
      END IF;
    END LOOP;
    CONTINUE WHEN short;

    -- One warehouse that has everything, so that it is one parcel; of several the one with most of the first article.
    whole := NULL;
    whole_free := 0;
    n := numbers[start];
    FOR i IN firsts[n]..lasts[n] LOOP
      CONTINUE WHEN NOT active[i] OR free[i] <= whole_free;
      FOR k IN start..stop LOOP
        fits := false;
        FOR j IN firsts[numbers[k]]..lasts[numbers[k]] LOOP
          IF warehouses[j] = warehouses[i] THEN
            fits := free[j] >= quantities[k];
            EXIT;
          END IF;
        END LOOP;
        EXIT WHEN NOT fits;
      END LOOP;
      IF fits THEN
        whole := warehouses[i];
        whole_free := free[i];
      END IF;
    END LOOP;

    FOR k IN start..stop LOOP
      n := numbers[k];
      remaining := quantities[k];
      WHILE remaining > 0 LOOP
        best := NULL;
        FOR i IN firsts[n]..lasts[n] LOOP
          IF warehouses[i] = whole OR (whole IS NULL AND active[i] AND free[i] > coalesce(free[best], 0)) THEN
            best := i;
          END IF;
        END LOOP;
        taken := least(free[best], remaining);
        free[best] := free[best] - taken;
        remaining := remaining - taken;
        line_orders := line_orders || request.order_id;
        line_numbers := line_numbers || n;
        line_warehouses := line_warehouses || warehouses[best];
        line_quantities := line_quantities || taken;
      END LOOP;
    END LOOP;
  END LOOP;

  UPDATE stock_level s SET reserved = s.reserved + t.taken
  FROM (SELECT wanted[v.number] AS variant_id, v.warehouse_id, v.was - v.is_now AS taken
        FROM unnest(level_numbers, warehouses, before, free) AS v(number, warehouse_id, was, is_now)
        WHERE v.was <> v.is_now) t
  WHERE s.variant_id = t.variant_id AND s.warehouse_id = t.warehouse_id;

  INSERT INTO reservation_line (order_id, variant_id, warehouse_id, quantity)
  SELECT l.order_id, wanted[l.number], l.warehouse_id, l.quantity
  FROM unnest(line_orders, line_numbers, line_warehouses, line_quantities)
    AS l(order_id, number, warehouse_id, quantity);

  UPDATE reservation r SET status = 'REFUSED', shortages = f.shortages
  FROM (SELECT s.order_id, jsonb_agg(jsonb_build_object(
                 'variantId', wanted[s.number], 'requested', s.quantity, 'available', s.total) ORDER BY s.position) AS shortages
        FROM unnest(short_orders, short_numbers, short_quantities, short_totals)
          WITH ORDINALITY AS s(order_id, number, quantity, total, position)
        GROUP BY s.order_id) f
  WHERE r.order_id = f.order_id;

  SELECT jsonb_agg(jsonb_build_object(
           'orderId', r.order_id, 'status', r.status, 'fresh', r.order_id = ANY (fresh),
           'same', r.requested = a.lines, 'shortages', r.shortages))
  INTO decisions
  FROM jsonb_to_recordset(requests) AS a("orderId" UUID, lines JSONB) JOIN reservation r ON r.order_id = a."orderId";
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'variantId', wanted[v.number], 'warehouseId', v.warehouse_id, 'active', v.active,
           'threshold', v.threshold, 'before', v.was, 'after', v.is_now)), '[]')
  INTO levels
  FROM unnest(level_numbers, warehouses, active, thresholds, before, free)
    AS v(number, warehouse_id, active, threshold, was, is_now);
  RETURN jsonb_build_object('decisions', decisions, 'levels', levels);
END
$$;
