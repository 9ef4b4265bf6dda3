-- Backorders in a ledger of their own, allocation by the shop's strategy, a cap on a customer's open reservations.

-- Whether a variant may be ordered beyond its stock. One without a row may not.
CREATE TABLE "backorder_policy" (
  "variant_id" UUID NOT NULL,
  "policy" TEXT NOT NULL,
  -- Pieces that may wait at most; null: any number.
  "max_waiting" INTEGER,
  "expected_at" TIMESTAMPTZ(6),
  -- Pieces that wait now: the sum of the open backorders.
  "waiting" INTEGER NOT NULL DEFAULT 0,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "backorder_policy_pkey" PRIMARY KEY ("variant_id"),
  CONSTRAINT "backorder_policy_known" CHECK ("policy" IN ('DENY', 'BACKORDER', 'PREORDER')),
  CONSTRAINT "backorder_policy_counts" CHECK ("max_waiting" >= 0 AND "waiting" >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);

-- Pieces of an order that wait for stock: never in `reserved`. Who changes one holds its variant's policy row.
CREATE TABLE "backorder" (
  "order_id" UUID NOT NULL,
  "variant_id" UUID NOT NULL,
  -- The oldest is filled first. Given under the policy's lock, so in the order of the decisions.
  "position" BIGINT GENERATED ALWAYS AS IDENTITY,
  "quantity" INTEGER NOT NULL,
  -- Pieces of these that stock came for, and pieces that are not wanted any more.
  "filled" INTEGER NOT NULL DEFAULT 0,
  "ended" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "backorder_pkey" PRIMARY KEY ("order_id", "variant_id"),
  CONSTRAINT "backorder_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "reservation" ("order_id"),
  CONSTRAINT "backorder_variant_id_fkey" FOREIGN KEY ("variant_id") REFERENCES "backorder_policy" ("variant_id"),
  CONSTRAINT "backorder_counts" CHECK ("quantity" > 0 AND "filled" >= 0 AND "ended" >= 0 AND "filled" + "ended" <= "quantity")
);
CREATE INDEX "backorder_waiting" ON "backorder" ("variant_id", "position") WHERE "filled" + "ended" < "quantity";

-- For the cap, and for what a count breaks: there are few open ones among all that ever were.
CREATE INDEX "reservation_open" ON "reservation" ("customer_id") WHERE "status" = 'OPEN';

/* How many characters two texts have in common at their beginning: postal codes that begin alike are near each other. */
CREATE FUNCTION "common_beginning"("one" TEXT, "other" TEXT) RETURNS INTEGER
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
  n INTEGER := 0;
BEGIN
  WHILE n < length(one) AND substr(one, n + 1, 1) = substr(other, n + 1, 1) LOOP n := n + 1; END LOOP;
  RETURN n;
END
$$;

DROP FUNCTION "reserve_batch"(JSONB, TIMESTAMPTZ);

/*
 * Decides a batch of orders' requests in the order in which they came, each all or nothing.
 *
 * requests: [{orderId, customerId, holdUntil, lines: [{variantId, quantity}], destination: {country, postalCode} | null}],
 * each order once, its lines one per variant and sorted by it, postal codes in capitals without spaces.
 * rules: {strategy: FEWEST_PARCELS | MOST_STOCK | NEAREST, maxOpen: open reservations of a customer at most, or null}.
 *
 * What is short of stock waits, where the variant's policy has room for it. Gives {decisions: [{orderId, status, fresh, same,
 * shortages, backordered}], capped: [orderId], levels: [...], rooms: [...]}: the status that the order's reservation has now
 * (stored earlier: then `same` says whether the same lines were asked for); orders that were not decided, since their customer
 * has as many open as may be; all levels of the variants that were decided on, with what was available before and after; what
 * may be ordered beyond the stock, before and after, where that changed. reservation/rules.ts has the same rules as a pure
 * function, `decideInTurn`; a test compares the two.
 *
 * Locks in this order, as everybody: customers, new reservations, policies, reservations, levels; each sorted.
 */
CREATE FUNCTION "reserve_batch"("requests" JSONB, "moment" TIMESTAMPTZ, "rules" JSONB) RETURNS JSONB
LANGUAGE plpgsql
SET lock_timeout = '500ms'
-- Rows are reached by their keys, also by a plan that was made while the tables were small.
SET enable_seqscan = off
AS $$
DECLARE
  strategy TEXT := rules ->> 'strategy';
  max_open INTEGER := (rules ->> 'maxOpen')::int;
  fresh UUID[];
  -- The fresh requests: which order, how many lines, whose (a number of `opens`), where it goes.
  orders UUID[];
  line_counts INTEGER[];
  customers INTEGER[];
  destinations JSONB[];
  -- Open reservations per customer.
  opens INTEGER[];
  -- The variants wanted, each once; number n is wanted[n], its levels are firsts[n]..lasts[n] (0..-1: none).
  wanted UUID[];
  firsts INTEGER[];
  lasts INTEGER[];
  -- Pieces of it that may still be ordered beyond the stock, and how many were at the beginning.
  rooms INTEGER[];
  rooms_before INTEGER[];
  -- The lines of all fresh requests, one request after the other.
  numbers INTEGER[];
  quantities INTEGER[];
  -- The levels, locked, by variant and warehouse; place p is the warehouse places[p].
  level_numbers INTEGER[];
  warehouses UUID[];
  level_places INTEGER[];
  places UUID[];
  before INTEGER[];
  free INTEGER[];
  active BOOLEAN[];
  thresholds INTEGER[];
  reorder_points INTEGER[];
  reorder_quantities INTEGER[];
  -- Per place: how near it is to the order, and how much of the order it has.
  near INTEGER[];
  covers INTEGER[];
  policy RECORD;
  stop INTEGER := 0;
  start INTEGER;
  n INTEGER;
  short BOOLEAN;
  total INTEGER;
  missing INTEGER;
  want INTEGER[];
  left_over INTEGER;
  best INTEGER;
  best_place INTEGER;
  first_free INTEGER;
  best_free INTEGER;
  taken INTEGER;
  line_orders UUID[] := '{}';
  line_numbers INTEGER[] := '{}';
  line_warehouses UUID[] := '{}';
  line_quantities INTEGER[] := '{}';
  waiting_orders UUID[] := '{}';
  waiting_numbers INTEGER[] := '{}';
  waiting_quantities INTEGER[] := '{}';
  short_orders UUID[] := '{}';
  short_numbers INTEGER[] := '{}';
  short_quantities INTEGER[] := '{}';
  short_totals INTEGER[] := '{}';
  capped UUID[] := '{}';
  some_wait BOOLEAN;
  decisions JSONB;
  levels JSONB;
BEGIN
  -- What other processes decide for the same customers at this moment counts too: who is first is counted by who is second.
  IF max_open IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(customer)
    FROM (SELECT DISTINCT hashtextextended(r.value ->> 'customerId', 0) AS customer
          FROM jsonb_array_elements(requests) r ORDER BY 1) c;
  END IF;

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
  SELECT array_agg(r.order_id ORDER BY r.position), array_agg(r.lines ORDER BY r.position),
         array_agg(r.customer ORDER BY r.position), array_agg(r.destination ORDER BY r.position)
  INTO orders, line_counts, customers, destinations
  FROM (
    SELECT r.position, (r.value ->> 'orderId')::uuid AS order_id, jsonb_array_length(r.value -> 'lines') AS lines,
           r.value -> 'destination' AS destination,
           dense_rank() OVER (ORDER BY r.value ->> 'customerId')::int AS customer
    FROM jsonb_array_elements(requests) WITH ORDINALITY AS r(value, position)
    WHERE (r.value ->> 'orderId')::uuid = ANY (fresh)
  ) r;
  IF max_open IS NOT NULL THEN
    SELECT array_agg((
      SELECT count(*) FROM reservation r
      WHERE r.customer_id = c.id AND r.status = 'OPEN' AND r.order_id <> ALL (fresh))::int ORDER BY c.number)
    INTO opens
    FROM (SELECT DISTINCT (r.value ->> 'customerId')::uuid AS id,
                 dense_rank() OVER (ORDER BY r.value ->> 'customerId') AS number
          FROM jsonb_array_elements(requests) r WHERE (r.value ->> 'orderId')::uuid = ANY (fresh)) c;
  END IF;

  -- Rows are locked in one order everywhere, or two batches with the same two articles would wait for each other. LATERAL: an
  -- article after the other, each by its key; in a plain join FOR UPDATE would also carry all of `requests` along per row.
  rooms := array_fill(0, ARRAY[cardinality(wanted)]);
  FOR policy IN
    SELECT v.number::int AS number, p.room
    FROM unnest(wanted) WITH ORDINALITY AS v(variant_id, number),
         LATERAL (SELECT greatest(coalesce(one.max_waiting, 1000000000) - one.waiting, 0) AS room
                  FROM backorder_policy one WHERE one.variant_id = v.variant_id AND one.policy <> 'DENY'
                  FOR NO KEY UPDATE) p
  LOOP
    rooms[policy.number] := policy.room;
  END LOOP;
  rooms_before := rooms;

  SELECT coalesce(array_agg(l.number), '{}'), coalesce(array_agg(l.warehouse_id), '{}'),
         coalesce(array_agg(l.on_hand - l.reserved), '{}'), coalesce(array_agg(l.active), '{}'),
         coalesce(array_agg(l.low_stock_threshold), '{}'), coalesce(array_agg(l.reorder_point), '{}'),
         coalesce(array_agg(l.reorder_quantity), '{}')
  INTO level_numbers, warehouses, before, active, thresholds, reorder_points, reorder_quantities
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
  SELECT coalesce(array_agg(DISTINCT w.id), '{}') INTO places FROM unnest(warehouses) AS w(id);
  SELECT coalesce(array_agg(array_position(places, w.id) ORDER BY w.position), '{}') INTO level_places
  FROM unnest(warehouses) WITH ORDINALITY AS w(id, position);
  near := array_fill(0, ARRAY[cardinality(places)]);

  FOR q IN 1..coalesce(cardinality(orders), 0) LOOP
    start := stop + 1;
    stop := stop + line_counts[q];
    IF opens[customers[q]] >= max_open THEN
      capped := capped || orders[q];
      CONTINUE;
    END IF;
    short := false;
    want := quantities[start:stop];
    left_over := 0;
    FOR k IN start..stop LOOP
      n := numbers[k];
      total := 0;
      FOR i IN firsts[n]..lasts[n] LOOP
        IF active[i] THEN total := total + free[i]; END IF;
      END LOOP;
      missing := quantities[k] - total;
      IF missing > rooms[n] THEN
        short := true;
        short_orders := short_orders || orders[q];
        short_numbers := short_numbers || n;
        short_quantities := short_quantities || quantities[k];
        short_totals := short_totals || (total + rooms[n]);
      ELSIF missing > 0 THEN
        want[k - start + 1] := total;
      END IF;
      left_over := left_over + want[k - start + 1];
    END LOOP;
    CONTINUE WHEN short;
    IF max_open IS NOT NULL THEN opens[customers[q]] := opens[customers[q]] + 1; END IF;
    FOR k IN start..stop LOOP
      missing := quantities[k] - want[k - start + 1];
      IF missing > 0 THEN
        rooms[numbers[k]] := rooms[numbers[k]] - missing;
        waiting_orders := waiting_orders || orders[q];
        waiting_numbers := waiting_numbers || numbers[k];
        waiting_quantities := waiting_quantities || missing;
      END IF;
    END LOOP;

    IF strategy = 'FEWEST_PARCELS' AND stop > start AND cardinality(places) > 1 THEN
      -- From the place that has most of what is still to be taken, as often as it needs: one place that has everything is
      -- one parcel. Of several the one with most of the first article.
      WHILE left_over > 0 LOOP
        covers := array_fill(0, ARRAY[cardinality(places)]);
        FOR k IN start..stop LOOP
          FOR i IN firsts[numbers[k]]..lasts[numbers[k]] LOOP
            IF active[i] THEN
              covers[level_places[i]] := covers[level_places[i]] + least(free[i], want[k - start + 1]);
            END IF;
          END LOOP;
        END LOOP;
        best_place := NULL;
        FOR p IN 1..cardinality(places) LOOP
          CONTINUE WHEN covers[p] = 0 OR covers[p] < covers[best_place];
          first_free := 0;
          FOR i IN firsts[numbers[start]]..lasts[numbers[start]] LOOP
            IF level_places[i] = p THEN first_free := free[i]; END IF;
          END LOOP;
          IF best_place IS NULL OR covers[p] > covers[best_place] OR first_free > best_free THEN
            best_place := p;
            best_free := first_free;
          END IF;
        END LOOP;
        FOR k IN start..stop LOOP
          FOR i IN firsts[numbers[k]]..lasts[numbers[k]] LOOP
            CONTINUE WHEN level_places[i] <> best_place;
            taken := least(free[i], want[k - start + 1]);
            EXIT WHEN taken <= 0;
            free[i] := free[i] - taken;
            want[k - start + 1] := want[k - start + 1] - taken;
            left_over := left_over - taken;
            line_orders := line_orders || orders[q];
            line_numbers := line_numbers || numbers[k];
            line_warehouses := line_warehouses || warehouses[i];
            line_quantities := line_quantities || taken;
          END LOOP;
        END LOOP;
      END LOOP;
      CONTINUE;
    END IF;

    -- Each article from the nearest place that has some, where the shop wants that, else from where most of it is.
    IF strategy = 'NEAREST' AND cardinality(places) > 1 THEN
      SELECT array_agg(CASE WHEN w.country = destinations[q] ->> 'country' THEN 1 + coalesce(common_beginning(
               upper(regexp_replace(w.postal_code, '[^A-Za-z0-9]', '', 'g')), destinations[q] ->> 'postalCode'), 0) ELSE 0 END
               ORDER BY p.number)
      INTO near
      FROM unnest(places) WITH ORDINALITY AS p(id, number) JOIN warehouse w ON w.id = p.id;
    END IF;
    FOR k IN start..stop LOOP
      n := numbers[k];
      missing := want[k - start + 1];
      WHILE missing > 0 LOOP
        best := NULL;
        FOR i IN firsts[n]..lasts[n] LOOP
          CONTINUE WHEN NOT active[i] OR free[i] = 0;
          IF best IS NULL OR near[level_places[i]] > near[level_places[best]]
            OR (near[level_places[i]] = near[level_places[best]] AND free[i] > free[best]) THEN
            best := i;
          END IF;
        END LOOP;
        taken := least(free[best], missing);
        free[best] := free[best] - taken;
        missing := missing - taken;
        line_orders := line_orders || orders[q];
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

  IF cardinality(waiting_orders) > 0 THEN
    INSERT INTO backorder (order_id, variant_id, quantity, created_at, updated_at)
    SELECT b.order_id, wanted[b.number], b.quantity, moment, moment
    FROM unnest(waiting_orders, waiting_numbers, waiting_quantities)
      WITH ORDINALITY AS b(order_id, number, quantity, turn) ORDER BY b.turn;
    UPDATE backorder_policy p SET waiting = p.waiting + b.pieces
    FROM (SELECT wanted[v.number] AS variant_id, sum(v.quantity)::int AS pieces
          FROM unnest(waiting_numbers, waiting_quantities) AS v(number, quantity) GROUP BY v.number) b
    WHERE p.variant_id = b.variant_id;
  END IF;
  IF cardinality(capped) > 0 THEN DELETE FROM reservation WHERE order_id = ANY (capped); END IF;
  IF cardinality(short_orders) > 0 THEN
    UPDATE reservation r SET status = 'REFUSED', shortages = f.shortages
    FROM (SELECT s.order_id, jsonb_agg(jsonb_build_object(
                   'variantId', wanted[s.number], 'requested', s.quantity, 'available', s.total) ORDER BY s.position) AS shortages
          FROM unnest(short_orders, short_numbers, short_quantities, short_totals)
            WITH ORDINALITY AS s(order_id, number, quantity, total, position)
          GROUP BY s.order_id) f
    WHERE r.order_id = f.order_id;
  END IF;

  -- What waits is looked up where it can be something: of orders decided earlier, or now.
  some_wait := cardinality(waiting_orders) > 0 OR cardinality(fresh) < jsonb_array_length(requests);
  SELECT jsonb_agg(jsonb_build_object(
           'orderId', r.order_id, 'status', r.status, 'fresh', r.order_id = ANY (fresh),
           'same', r.requested = a.lines, 'shortages', r.shortages,
           'backordered', CASE WHEN some_wait THEN (
             SELECT coalesce(jsonb_agg(jsonb_build_object('variantId', b.variant_id,
                      'quantity', b.quantity - b.filled - b.ended, 'expectedAt', p.expected_at) ORDER BY b.variant_id), '[]')
             FROM backorder b JOIN backorder_policy p USING (variant_id)
             WHERE b.order_id = r.order_id AND b.filled + b.ended < b.quantity) ELSE '[]' END))
  INTO decisions
  FROM jsonb_to_recordset(requests) AS a("orderId" UUID, lines JSONB) JOIN reservation r ON r.order_id = a."orderId";
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'variantId', wanted[v.number], 'warehouseId', v.warehouse_id, 'active', v.active, 'threshold', v.threshold,
           'reorderPoint', v.reorder_point, 'reorderQuantity', v.reorder_quantity,
           'before', v.was, 'after', v.is_now)), '[]')
  INTO levels
  FROM unnest(level_numbers, warehouses, active, thresholds, reorder_points, reorder_quantities, before, free)
    AS v(number, warehouse_id, active, threshold, reorder_point, reorder_quantity, was, is_now);
  RETURN jsonb_build_object('decisions', coalesce(decisions, '[]'), 'levels', levels, 'capped', to_jsonb(capped),
    'rooms', (SELECT coalesce(jsonb_agg(jsonb_build_object('variantId', wanted[v.number], 'before', v.was, 'after', v.is_now)), '[]')
              FROM unnest(rooms_before, rooms) WITH ORDINALITY AS v(was, is_now, number) WHERE v.was <> v.is_now));
END
$$;

/*
 * Takes those of the orders' reservations that are in one of the states `leaving` to `entering`; with `due_by` only those
 * whose time is over. Gives what each of them held and what it waited for. Where `giving_up`, what waited waits no more.
 * A twin waits at the rows and then finds nothing to do.
 */
CREATE FUNCTION "end_reservations"(
  "leaving" TEXT[], "entering" TEXT, "order_ids" UUID[], "moment" TIMESTAMPTZ, "due_by" TIMESTAMPTZ, "giving_up" BOOLEAN
) RETURNS TABLE ("orderId" UUID, "was" TEXT, "lines" JSONB, "backordered" JSONB)
LANGUAGE plpgsql
AS $$
DECLARE
  ending UUID[];
  states TEXT[];
  some_wait BOOLEAN;
BEGIN
  -- Policies before reservations, as everywhere: what frees stock fills what waits, also for other orders.
  PERFORM 1 FROM backorder_policy p
  WHERE p.variant_id IN (
    SELECT l.variant_id FROM reservation_line l WHERE l.order_id = ANY (order_ids)
    UNION SELECT b.variant_id FROM backorder b WHERE b.order_id = ANY (order_ids))
  ORDER BY p.variant_id FOR NO KEY UPDATE;

  SELECT array_agg(d.order_id), array_agg(d.status) INTO ending, states FROM (
    SELECT r.order_id, r.status FROM reservation r
    WHERE r.order_id = ANY (order_ids) AND r.status = ANY (leaving) AND (due_by IS NULL OR r.hold_until <= due_by)
    ORDER BY r.order_id FOR NO KEY UPDATE
  ) d;
  IF ending IS NULL THEN RETURN; END IF;
  UPDATE reservation r SET status = entering, updated_at = moment WHERE r.order_id = ANY (ending);

  RETURN QUERY
  SELECT e.order_id, e.status,
         (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'variantId', l.variant_id, 'warehouseId', l.warehouse_id, 'quantity', l.quantity)), '[]')
          FROM reservation_line l WHERE l.order_id = e.order_id),
         (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'variantId', b.variant_id, 'quantity', b.quantity - b.filled - b.ended)), '[]')
          FROM backorder b WHERE b.order_id = e.order_id AND b.filled + b.ended < b.quantity)
  FROM unnest(ending, states) AS e(order_id, status);

  IF giving_up THEN
    WITH given_up AS (
      UPDATE backorder b SET ended = b.quantity - b.filled, updated_at = moment
      FROM (SELECT o.order_id, o.variant_id, o.quantity - o.filled - o.ended AS pieces FROM backorder o
            WHERE o.order_id = ANY (ending) AND o.filled + o.ended < o.quantity) o
      WHERE b.order_id = o.order_id AND b.variant_id = o.variant_id
      RETURNING b.variant_id, o.pieces
    )
    UPDATE backorder_policy p SET waiting = p.waiting - g.pieces
    FROM (SELECT variant_id, sum(pieces)::int AS pieces FROM given_up GROUP BY variant_id) g
    WHERE p.variant_id = g.variant_id;
  END IF;
END
$$;
