/**
 * Orders are edited, paid, cancelled and cut at once, and their callers die and come again: whatever comes of it, at rest no
 * piece is sold twice, each order holds or was sold exactly what it says, and has taken exactly what it costs.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../local/stripe/chaos.js';
import { createGoods } from '../testkit/goods.js';
import {
  attempt,
  cancel,
  countsOf,
  pay,
  placedOrder,
  startRaceShop,
  times,
  violationsOf,
  type Answer,
  type RaceShop,
  type WithOrder,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
/** Calls that inventory answers and whose answer is lost. */
let losing = 0;
beforeAll(async () => {
  shop = await startRaceShop({ STOCK_ALLOCATION: 'NEAREST' }, (subgraph) => ({
    ...subgraph,
    execute: async (request) => {
      const result = await subgraph.execute(request);
      if (losing > 0 && request.query.includes('mutation ChangeReservation')) {
        losing -= 1;
        throw new Error('the answer was lost');
      }
      return result;
    },
  }));
});
afterAll(() => shop.close());

const edit = (
  guest: Parameters<typeof attempt>[0],
  orderId: string,
  quantities: Record<string, number>,
  idempotencyKey: string = randomUUID(),
): Promise<Answer<WithOrder>> => {
  const lines = Object.entries(quantities).map(([variantId, quantity]) => ({ variantId, quantity }));
  const input = { idempotencyKey, orderId, lines };
  return attempt<WithOrder>(guest, 'editOrder', input, 'order { id status items { id quantity } }');
};

test.each([1, 2, 3])(
  'edits against edits, payments, cancellations and lost answers, seed %d',
  async (seed) => {
    const random = seededRandom(seed);
    const any = (most: number): number => Math.floor(random() * most);
    const initial = 30;
    const { variantIds } = await createGoods(shop.staff, { prices: ['10.00', '7.00'], stock: initial });
    const [one = '', other = ''] = variantIds;
    const orders = await times(10, () => placedOrder(shop, { [one]: 2 }));
    losing = 4;
    const answers = await Promise.all(
      orders.flatMap(({ guest, id, itemIds }) => {
        const wishes = [1, 2].map(() => ({ [one]: any(4), [other]: 1 + any(4) }));
        const keys = wishes.map(() => randomUUID());
        const cut = {
          idempotencyKey: randomUUID(),
          orderId: id,
          lines: [{ itemId: itemIds[0], quantity: 1 }],
        };
        return [
          ...wishes.map((wish, i) => edit(guest, id, wish, keys[i])),
          ...(random() < 0.5 ? [pay(guest, id)] : []),
          ...(random() < 0.3 ? [cancel(guest, id)] : []),
          ...(random() < 0.3 ? [attempt<WithOrder>(guest, 'cancelOrderLines', cut, 'order { id }')] : []),
          // The same edit again, by who has heard nothing.
          ...wishes.map((wish, i) => edit(guest, id, wish, keys[i])),
        ];
      }),
    );
    const counts = countsOf(answers);
    // A lost answer is an INTERNAL_SERVER_ERROR; an article that an edit has taken out cannot be cancelled.
    const expected = [
      ...['DONE', 'INTERNAL_SERVER_ERROR', 'INSUFFICIENT_STOCK', 'VERSION_CONFLICT', 'ORDER_BEING_EDITED'],
      ...[
        'PAYMENT_IN_PROGRESS',
        'NOT_EDITABLE',
        'EDIT_EXPIRED',
        'ALREADY_CANCELLED',
        'ORDER_CANCELLED',
        'PAYMENT_CANCELLED',
      ],
      ...['NOT_CANCELLABLE', 'LINES_NOT_OPEN', 'INVALID_INPUT', 'TRY_AGAIN'],
    ];
    expect(Object.keys(counts).filter((code) => !expected.includes(code))).toEqual([]);
    expect([losing, (counts['DONE'] ?? 0) > 10]).toEqual([0, true]);

    // What nobody came back for is given up by its timer.
    shop.parts.testClock.advance(3 * 60_000);
    await eventually(
      async () => (await shop.ledger.query(`SELECT id FROM orders.order_edit WHERE status = 'OPEN'`)).rows,
      (open) => open.length === 0,
    );
    expect(await violationsOf(shop)).toEqual([]);
    const { rows } = await shop.ledger.query<{ variant_id: string; on_hand: number; sold: number }>(
      `SELECT s.variant_id, s.on_hand, coalesce((
        SELECT sum(l.quantity)::int FROM inventory.reservation_line l JOIN inventory.reservation r USING (order_id)
        WHERE r.status = 'COMMITTED' AND l.variant_id = s.variant_id), 0) AS sold
     FROM inventory.stock_level s WHERE s.variant_id = ANY($1)`,
      [variantIds],
    );
    expect(rows.map(({ on_hand, sold }) => on_hand + sold)).toEqual([initial, initial]);
  },
);

test('edits against payments alone: each payment is of what its order costs, and nothing is voided or given back', async () => {
  const random = seededRandom(4);
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 200 });
  const [one = ''] = variantIds;
  const orders = await times(16, () => placedOrder(shop, { [one]: 2 }));
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, random() * 150));
  const answers = await Promise.all(
    orders.flatMap(({ guest, id }) => [
      later().then(() => edit(guest, id, { [one]: 3 })),
      later().then(() => edit(guest, id, { [one]: 1 })),
      later().then(() => pay(guest, id)),
    ]),
  );
  const refused = ['VERSION_CONFLICT', 'ORDER_BEING_EDITED', 'PAYMENT_IN_PROGRESS', 'NOT_EDITABLE'];
  const counts = countsOf(answers);
  expect(Object.keys(counts).filter((code) => code !== 'DONE' && !refused.includes(code))).toEqual([]);
  expect(await violationsOf(shop)).toEqual([]);
  const { rows } = await shop.ledger.query(
    `SELECT o.payment_state, count(*)::int AS payments, bool_and(p.status = 'SUCCEEDED' AND p.amount = o.gross) AS exact,
       sum(o.refunded_amount)::int AS refunded
     FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id WHERE o.id = ANY($1) GROUP BY 1`,
    [orders.map(({ id }) => id)],
  );
  expect(rows).toEqual([{ payment_state: 'PAID', payments: 16, exact: true, refunded: 0 }]);
});
