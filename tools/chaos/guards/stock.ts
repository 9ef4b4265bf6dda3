/** Guards of inventory. */
import { inFunction, source, type Guard } from './guard.js';

const service = 'subgraphs/inventory/reservation/service.ts';
const commits = 'subgraphs/inventory/reservation/commit-store.ts';
const holds = 'subgraphs/inventory/reservation/hold-store.ts';
const levels = 'subgraphs/inventory/stock/store.ts';

export const stockGuards: Guard[] = [
  {
    name: 'stock.lane-sums',
    promise: 'P1: lines of one article in one order are one wish, compared with the stock together',
    race: 'sameArticleTwice',
    changes: source(service, 'const lines = sumLines(input.lines);', 'const lines = input.lines;'),
  },
  {
    name: 'stock.lane-sorts-lines',
    promise: 'P4: an order that asks again gets the same answer, in whatever order it names its lines',
    race: 'asksAgain',
    changes: source(
      'subgraphs/inventory/reservation/rules.ts',
      '\n    .sort((a, b) => byText(a.variantId, b.variantId));\n}\n\n/** Lines without',
      ';\n}\n\n/** Lines without',
    ),
  },
  {
    name: 'stock.lane-sorts-locks',
    promise:
      'P21: batches of several processes lock articles in one order and never wait for each other in a circle',
    race: 'manyArticlesAtOnce',
    sql: inFunction(
      'inventory.reserve_batch',
      'FROM unnest(wanted) WITH ORDINALITY AS v(variant_id, number),\n         LATERAL (SELECT * FROM stock_level one',
      'FROM (SELECT * FROM unnest(wanted) WITH ORDINALITY AS u(variant_id, number) ORDER BY random()) AS v(variant_id, number),\n         LATERAL (SELECT * FROM stock_level one',
    ),
  },
  {
    name: 'stock.lane-locks',
    promise: 'P1: what a batch decides on is held until it has decided',
    race: 'lanesAtOnce',
    sql: inFunction(
      'inventory.reserve_batch',
      'ORDER BY one.warehouse_id FOR NO KEY UPDATE) s',
      'ORDER BY one.warehouse_id) s',
    ),
  },
  {
    name: 'stock.stored-decision',
    promise: 'P4: a decision is stored, and who asks again gets it',
    race: 'asksAgain',
    sql: inFunction('inventory.reserve_batch', 'ON CONFLICT (order_id) DO NOTHING', ''),
  },
  {
    name: 'stock.never-oversold',
    promise: 'P1: the table itself refuses to hold more than there is',
    race: 'slipOfTheHand',
    sql: 'ALTER TABLE inventory.stock_level DROP CONSTRAINT stock_level_never_oversold',
  },
  {
    name: 'stock.moves-sorted',
    promise: 'P21: moves lock levels in one order',
    race: 'manyMovesAtOnce',
    changes: [
      {
        file: levels,
        find: '    ORDER BY s.variant_id, s.warehouse_id FOR NO KEY UPDATE OF s`;',
        put: '    ORDER BY random() FOR NO KEY UPDATE OF s`;',
      },
    ],
  },
  {
    name: 'stock.ends-once',
    promise: 'P2: a reservation ends from the states that may end so, and no other',
    race: 'releasedAtOnce',
    sql: inFunction(
      'inventory.end_reservations',
      'AND r.status = ANY (leaving) AND',
      'AND (true OR r.status = ANY (leaving)) AND',
    ),
  },
  {
    name: 'stock.end-locks',
    promise: 'P2: who ends a reservation holds it while it does',
    race: 'releasedAtOnce',
    sql: inFunction(
      'inventory.end_reservations',
      'ORDER BY r.order_id FOR NO KEY UPDATE',
      'ORDER BY r.order_id',
    ),
  },
  {
    name: 'stock.cap-locks',
    promise: 'P1: a customer holds no more than so many orders open, also at several processes at once',
    race: 'capAtOnce',
    sql: inFunction('inventory.reserve_batch', 'PERFORM pg_advisory_xact_lock(customer)', 'PERFORM customer'),
  },
  {
    name: 'stock.backorder-room',
    promise: 'P1: no more pieces wait for stock than may',
    race: 'backordersAtOnce',
    sql: inFunction(
      'inventory.reserve_batch',
      "one.policy <> 'DENY'\n                  FOR NO KEY UPDATE) p",
      "one.policy <> 'DENY') p",
    ),
  },
  {
    name: 'stock.release-noted-first',
    promise: 'P2: an order that was given up gets no stock any more, however late its request comes',
    race: 'releasedFirst',
    changes: source(
      service,
      "if ((await noteUnknown(inner.db, [orderId], 'RELEASED', now)) > 0) return { released: false };",
      '',
    ),
  },
  {
    name: 'stock.cancelled-for-good',
    promise: 'P19: a cancelled order takes no stock, however late the news of its payment comes',
    race: 'paidHeardLate',
    changes: source(commits, 'AND cancelled_at IS NULL AND commit_failed_at IS NULL', ''),
  },
  {
    name: 'stock.lines-cancelled-once',
    promise: 'P8: the news of cancelled lines counts once',
    race: 'heardTwice',
    changes: source(
      'subgraphs/inventory/reservation/cancel.ts',
      'if (!(await noteCancellation(inner.db, cancellation))) return;',
      'await noteCancellation(inner.db, cancellation);',
    ),
  },
  {
    name: 'stock.count-locks',
    promise: 'P22: a count holds the level that it compares with',
    race: 'countedAtOnce',
    changes: source(
      levels,
      '    ORDER BY s.variant_id, s.warehouse_id FOR NO KEY UPDATE OF s`;',
      '    ORDER BY s.variant_id, s.warehouse_id`;',
    ),
  },
  {
    name: 'stock.expiry-only-when-due',
    promise: 'P2: stock is held until its time, whatever comes early',
    race: 'timersComeEarly',
    // Looked at twice: before orders is asked, and as it ends.
    changes: source(
      holds,
      "    WHERE status = 'OPEN' AND hold_until <= ${now}::timestamptz\n      AND EXISTS (SELECT FROM reservation mine WHERE mine.order_id = ANY(${[...orderIds]}::uuid[])\n                    AND mine.status = 'OPEN' AND mine.hold_until <= ${now}::timestamptz)",
      "    WHERE status = 'OPEN' AND ${now}::timestamptz IS NOT NULL AND order_id = ANY(${[...orderIds]}::uuid[])",
    ),
    sql: inFunction('inventory.end_reservations', 'AND (due_by IS NULL OR r.hold_until <= due_by)', ''),
  },
  {
    name: 'stock.expiry-asks-orders',
    promise:
      'P7: stock whose time is over is held while a payment may still take money, also where nobody prolonged it',
    race: 'holdNotProlonged',
    changes: source(
      'subgraphs/inventory/reservation/expire.ts',
      'const answer = answerFor(reservation.orderId);',
      'const answer = answerFor(reservation.orderId) && null;',
    ),
  },
];
