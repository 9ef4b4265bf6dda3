import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cancelLines } from '../cancellation/rules.js';
import { openQuantity, type Order } from '../order/rules.js';
import { someOrder, uuid } from '../tests/some-order.js';
import { withRenewedWaiting, withStock } from './rules.js';

const at = new Date('2026-11-30T12:00:00Z');

test('the same news of stock count once, and never more than waits', () => {
  const [item] = someOrder().items;
  if (!item) throw new Error('The order has an item.');
  const order = someOrder({ items: [{ ...item, backorderedQuantity: 2, expectedAt: at }] });
  const lines = [{ variantId: item.variantId, quantity: 5 }];
  const after = withStock(order, lines, { id: uuid(60), at, seq: 1 });
  expect(after?.items).toMatchObject([{ backorderedQuantity: 0, expectedAt: null }]);
  expect(after && withStock(after, lines, { id: uuid(60), at, seq: 1 })).toBeNull();
});

const pieces = 6;
/** What inventory knows of an order of six pieces that was paid late. */
interface Counts {
  pieces: number;
  waiting: number;
}
const step = fc.oneof(
  fc.record({
    kind: fc.constantFrom('came' as const, 'cancelled' as const),
    pieces: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('heard' as const) }),
  fc.record({ kind: fc.constant('told' as const), which: fc.nat({ max: 9 }) }),
);

test('whatever is told in whatever order, and cancelled meanwhile: in the end both say that the same waits', () => {
  fc.assert(
    fc.property(
      fc.record({
        before: fc.nat({ max: pieces }),
        waiting: fc.nat({ max: pieces }),
        steps: fc.array(step, { maxLength: 14 }),
      }),
      ({ before, waiting, steps }) => {
        const [first] = someOrder().items;
        if (!first) throw new Error('The order has an item.');
        const { variantId } = first;
        let order = someOrder({
          orderState: 'CONFIRMED',
          items: [{ ...first, quantity: pieces, backorderedQuantity: before, expectedAt: at }],
        });
        const counts: Counts = { pieces, waiting };
        const unheard: number[] = [];
        let seq = 4;
        // Both are told twice, as it may be.
        const news: ((to: Order) => Order | null)[] = [];
        const tell = (one: (to: Order) => Order | null): void => void news.push(one, one);
        const late = { variantId, pieces, waiting, expectedAt: at };
        tell((to) => withRenewedWaiting(to, [late], 4));
        // Stock that had come before the reservation lapsed.
        const early = { variantId, quantity: 1 };
        tell((to) => withStock(to, [early], { id: uuid(70), at, seq: 2 }));
        const hear = (): void => {
          const gone = unheard.shift() ?? 0;
          counts.pieces -= gone;
          counts.waiting = Math.max(0, counts.waiting - gone);
        };
        const deliver = (which: number): void => {
          const [one] = news.splice(which % news.length, 1);
          order = one?.(order) ?? order;
        };
        const came = (quantity: number): void => {
          seq += 1;
          counts.waiting -= quantity;
          const line = { variantId, quantity, sold: { ...counts } };
          const its = { id: uuid(100 + seq), at, seq };
          tell((to) => withStock(to, [line], its));
        };
        for (const one of steps) {
          const [item] = order.items;
          if (one.kind === 'heard') hear();
          else if (one.kind === 'told') deliver(one.which);
          else if (one.kind === 'came') {
            const quantity = Math.min(one.pieces, counts.waiting);
            if (quantity > 0) came(quantity);
          } else if (item && openQuantity(item) > one.pieces) {
            const lines = [{ itemId: item.id, quantity: one.pieces }];
            ({ order } = cancelLines(order, lines, uuid(900), at));
            unheard.push(one.pieces);
          }
        }
        while (news.length > 0) deliver(seq);
        while (unheard.length > 0) hear();
        expect(order.items[0]?.backorderedQuantity).toBe(counts.waiting);
      },
    ),
    { numRuns: 2_000 },
  );
});
