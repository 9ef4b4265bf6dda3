-- NEAREST has an order among foreign countries: by the great circle between points near their middles.

-- On a globe with a radius of 1000; allocation/countries.ts has the degrees, and a test compares the two.
CREATE TABLE "country_position" (
  "country" CHAR(2) NOT NULL,
  "x" INTEGER NOT NULL,
  "y" INTEGER NOT NULL,
  "z" INTEGER NOT NULL,
  CONSTRAINT "country_position_pkey" PRIMARY KEY ("country")
);
INSERT INTO "country_position" ("country", "x", "y", "z") VALUES
  ('AD', 743, 26, 669), ('AE', 537, 739, 407), ('AF', 354, 760, 545), ('AG', 449, -844, 292),
  ('AI', 432, -847, 309), ('AL', 709, 258, 656), ('AM', 542, 542, 643), ('AO', 930, 302, -208),
  ('AQ', 0, 0, -1000), ('AR', 363, -745, -559), ('AS', -956, -168, -242), ('AT', 665, 153, 731),
  ('AU', -641, 641, -423), ('AW', 335, -919, 208), ('AX', 470, 171, 866), ('AZ', 522, 560, 643),
  ('BA', 684, 222, 695), ('BB', 487, -844, 225), ('BD', 0, 914, 407), ('BE', 628, 44, 777),
  ('BF', 974, -34, 225), ('BG', 663, 309, 682), ('BH', 566, 698, 438), ('BI', 864, 499, -70),
  ('BJ', 984, 34, 174), ('BL', 432, -847, 309), ('BM', 358, -769, 530), ('BN', -421, 903, 87),
  ('BO', 404, -867, -292), ('BQ', 366, -907, 208), ('BR', 565, -807, -174), ('BS', 221, -886, 407),
  ('BT', 0, 891, 454), ('BV', 587, 31, -809), ('BW', 847, 377, -375), ('BY', 531, 283, 799),
  ('BZ', 17, -956, 292), ('CA', -52, -497, 866), ('CC', -119, 971, -208), ('CD', 919, 390, -52),
  ('CF', 927, 356, 122), ('CG', 966, 259, -17), ('CH', 675, 95, 731), ('CI', 986, -86, 139),
  ('CK', -877, -319, -358), ('CL', 282, -819, -500), ('CM', 973, 207, 105), ('CN', -212, 791, 574),
  ('CO', 308, -949, 70), ('CR', 103, -979, 174), ('CU', 161, -913, 375), ('CV', 878, -391, 276),
  ('CW', 351, -913, 208), ('CX', -271, 947, -174), ('CY', 687, 446, 574), ('CZ', 621, 166, 766),
  ('DE', 622, 98, 777), ('DJ', 715, 667, 208), ('DK', 551, 97, 829), ('DM', 468, -845, 259),
  ('DO', 308, -894, 326), ('DZ', 882, 46, 469), ('EC', 208, -978, -35), ('EE', 463, 226, 857),
  ('EG', 772, 446, 454), ('EH', 883, -204, 423), ('ER', 751, 608, 259), ('ES', 764, -53, 643),
  ('ET', 780, 610, 139), ('FI', 394, 192, 899), ('FJ', -950, 33, -309), ('FK', 317, -528, -788),
  ('FM', -920, 372, 122), ('FO', 466, -57, 883), ('FR', 694, 24, 719), ('GA', 978, 208, -17),
  ('GB', 587, -21, 809), ('GD', 459, -864, 208), ('GE', 544, 507, 669), ('GF', 600, -797, 70),
  ('GG', 655, -34, 755), ('GH', 990, -35, 139), ('GI', 806, -71, 588), ('GL', 237, -199, 951),
  ('GM', 937, -269, 225), ('GN', 967, -170, 191), ('GP', 451, -849, 276), ('GQ', 984, 174, 35),
  ('GR', 721, 291, 629), ('GS', 469, -354, -809), ('GT', 0, -961, 276), ('GU', -798, 559, 225),
  ('GW', 945, -253, 208), ('GY', 513, -854, 87), ('HK', -377, 847, 375), ('HM', 176, 576, -799),
  ('HN', 67, -964, 259), ('HR', 680, 195, 707), ('HT', 292, -899, 326), ('HU', 641, 233, 731),
  ('ID', -498, 863, -87), ('IE', 596, -84, 799), ('IL', 702, 492, 515), ('IM', 586, -51, 809),
  ('IN', 211, 916, 342), ('IO', 307, 946, -105), ('IQ', 603, 583, 545), ('IR', 510, 677, 530),
  ('IS', 402, -131, 906), ('IT', 713, 165, 682), ('JE', 656, -23, 755), ('JM', 214, -927, 309),
  ('JO', 693, 504, 515), ('JP', -601, 541, 588), ('KE', 788, 616, 17), ('KG', 195, 729, 656),
  ('KH', -252, 941, 225), ('KI', -992, 122, 17), ('KM', 704, 679, -208), ('KN', 434, -852, 292),
  ('KP', -461, 612, 643), ('KR', -492, 629, 602), ('KW', 608, 629, 485), ('KY', 147, -928, 342),
  ('KZ', 251, 620, 743), ('LA', -246, 919, 309), ('LB', 671, 487, 559), ('LC', 470, -849, 242),
  ('LI', 672, 118, 731), ('LK', 155, 980, 122), ('LR', 982, -156, 105), ('LS', 765, 407, -500),
  ('LT', 524, 233, 819), ('LU', 639, 67, 766), ('LV', 494, 230, 839), ('LY', 867, 265, 423),
  ('MA', 845, -74, 530), ('MC', 714, 88, 695), ('MD', 596, 331, 731), ('ME', 703, 242, 669),
  ('MF', 432, -847, 309), ('MG', 641, 687, -342), ('MH', -966, 205, 156), ('MK', 689, 278, 669),
  ('ML', 954, -67, 292), ('MM', -129, 918, 375), ('MN', -180, 671, 719), ('MO', -377, 847, 375),
  ('MP', -801, 540, 259), ('MQ', 468, -845, 259), ('MR', 919, -195, 342), ('MS', 449, -844, 292),
  ('MT', 785, 196, 588), ('MU', 498, 797, -342), ('MV', 292, 955, 52), ('MW', 808, 545, -225),
  ('MX', -191, -900, 391), ('MY', -390, 919, 52), ('MZ', 779, 546, -309), ('NA', 887, 271, -375),
  ('NC', -896, 240, -375), ('NE', 952, 134, 276), ('NF', -856, 182, -485), ('NG', 975, 137, 174),
  ('NI', 85, -971, 225), ('NL', 612, 64, 788), ('NO', 462, 82, 883), ('NP', 92, 878, 469),
  ('NR', -974, 225, -17), ('NU', -931, -164, -326), ('NZ', -751, 79, -656), ('OM', 508, 783, 358),
  ('PA', 172, -973, 156), ('PE', 238, -956, -174), ('PF', -740, -621, -259), ('PG', -834, 542, -105),
  ('PH', -516, 826, 225), ('PK', 296, 814, 500), ('PL', 579, 211, 788), ('PM', 381, -565, 731),
  ('PN', -583, -694, -423), ('PR', 387, -869, 309), ('PS', 695, 486, 530), ('PT', 770, -108, 629),
  ('PW', -689, 714, 122), ('PY', 488, -781, -391), ('QA', 566, 698, 438), ('RE', 522, 774, -358),
  ('RO', 630, 294, 719), ('RS', 672, 258, 695), ('RU', -87, 492, 866), ('RW', 865, 500, -35),
  ('SA', 641, 641, 423), ('SB', -924, 355, -139), ('SC', 557, 826, -87), ('SD', 837, 483, 259),
  ('SE', 453, 122, 883), ('SG', -242, 970, 17), ('SH', 956, -100, -276), ('SI', 671, 180, 719),
  ('SJ', 200, 57, 978), ('SK', 616, 224, 755), ('SL', 969, -206, 139), ('SM', 704, 150, 695),
  ('SN', 941, -235, 242), ('SO', 665, 739, 105), ('SR', 558, -827, 70), ('SS', 860, 496, 122),
  ('ST', 992, 122, 17), ('SV', 17, -970, 242), ('SX', 432, -847, 309), ('SY', 646, 504, 574),
  ('SZ', 762, 476, -438), ('TC', 287, -882, 375), ('TD', 913, 314, 259), ('TF', 286, 673, -682),
  ('TG', 990, 17, 139), ('TH', -168, 951, 259), ('TJ', 253, 735, 629), ('TK', -978, -137, -156),
  ('TL', -581, 799, -156), ('TM', 383, 663, 643), ('TN', 819, 130, 559), ('TO', -936, -82, -342),
  ('TR', 637, 446, 629), ('TT', 476, -859, 191), ('TV', -990, 35, -139), ('TW', -471, 783, 407),
  ('TZ', 815, 570, -105), ('UA', 556, 348, 755), ('UG', 848, 530, 17), ('UM', -921, 213, 326),
  ('US', -96, -782, 616), ('UY', 469, -695, -545), ('UZ', 331, 678, 656), ('VA', 727, 155, 669),
  ('VC', 472, -852, 225), ('VE', 403, -905, 139), ('VG', 417, -855, 309), ('VI', 402, -862, 309),
  ('VN', -281, 919, 276), ('VU', -937, 216, -276), ('WF', -972, -68, -225), ('WS', -961, -135, -242),
  ('XK', 683, 262, 682), ('YE', 646, 718, 259), ('YT', 689, 689, -225), ('ZA', 799, 356, -485),
  ('ZM', 837, 483, -259), ('ZW', 819, 473, -326);

/*
 * How near a warehouse is to a destination: in its country 1, and 1 more per character that the postal codes have in common at
 * their beginning. In another country below 0, the more so the longer the great circle: the product of two points of a globe
 * grows as the angle between them shrinks. A country that nobody knows is farther than all. allocation/rules.ts has the same.
 */
CREATE FUNCTION "nearness"("home" TEXT, "postal_code" TEXT, "destination" JSONB) RETURNS INTEGER
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  IF destination ->> 'country' IS NULL THEN RETURN 0; END IF;
  IF home = destination ->> 'country' THEN
    RETURN 1 + coalesce(common_beginning(
      upper(regexp_replace(postal_code, '[^A-Za-z0-9]', '', 'g')), destination ->> 'postalCode'), 0);
  END IF;
  RETURN coalesce((
    SELECT a.x * b.x + a.y * b.y + a.z * b.z FROM country_position a, country_position b
    WHERE a.country = home AND b.country = destination ->> 'country'), -1100000) - 1100000;
END
$$;

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
CREATE OR REPLACE FUNCTION "reserve_batch"("requests" JSONB, "moment" TIMESTAMPTZ, "rules" JSONB) RETURNS JSONB
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
      SELECT array_agg(nearness(w.country, w.postal_code, destinations[q]) ORDER BY p.number)
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
