/** An unpaid order is edited: its reservation grows to what it may become, and is cut to what it has become. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { consumeOnce } from '../../shared/events/inbox.js';
import { consumers } from '../main.js';
import {
  createInventoryTest,
  createWarehouse,
  deliver,
  discrepancies,
  eventsOf,
  levelsOf,
  orders,
  reserved,
  stockVariant,
  type InventoryTest,
  type ReserveAnswer,
} from './inventory-test.js';

let t: InventoryTest;
let a: string;
let b: string;
beforeAll(async () => {
  t = await createInventoryTest();
  [a, b] = [await createWarehouse(t), await createWarehouse(t)];
});
afterAll(() => t.close());

type Quantities = Record<string, number>;
const linesOf = (quantities: Quantities) =>
  Object.entries(quantities).map(([variantId, quantity]) => ({ variantId, quantity }));

const change = (
  orderId: string,
  changeId: string,
  quantities: Quantities,
): Promise<ReserveAnswer & { backordered: { variantId: string; quantity: number }[] }> =>
  t.mutate(
    'changeReservation',
    { orderId, changeId, lines: linesOf(quantities) },
    'status shortages { variantId requested available } backordered { variantId quantity }',
    orders(),
  );

const changed = (orderId: string, seq: number, editId: string, quantities: Quantities, eventId?: string) => {
  const facts = { orderId, customerId: orderId, editId, amount: '1', currencyCode: 'EUR' };
  return deliver(t, 'OrderChanged', orderId, seq, { ...facts, lines: linesOf(quantities) }, eventId);
};

const abandoned = (orderId: string, seq: number, editId: string, quantities: Quantities) =>
  deliver(t, 'OrderEditAbandoned', orderId, seq, { orderId, editId, lines: linesOf(quantities) });

test('what is wanted in addition is held at once, what is not wanted any more when orders has written it', async () => {
  const [one, other] = [await stockVariant(t, { [a]: 5 }), await stockVariant(t, { [a]: 2, [b]: 2 })];
  const orderId = await reserved(t, { [one]: 4 });
  const changeId = t.parts.newId();
  const wanted = { [one]: 1, [other]: 3 };
  expect(await change(orderId, changeId, wanted)).toMatchObject({ status: 'RESERVED', userErrors: [] });
  expect(await change(orderId, changeId, wanted)).toMatchObject({ status: 'RESERVED', userErrors: [] });
  expect(await levelsOf(t, one)).toEqual({ [a]: [5, 4] });
  expect(await levelsOf(t, other)).toEqual({ [a]: [2, 2], [b]: [2, 1] });

  const eventId = await changed(orderId, 5, changeId, wanted);
  expect(await levelsOf(t, one)).toEqual({ [a]: [5, 1] });
  await changed(orderId, 5, changeId, wanted, eventId);
  expect(await levelsOf(t, one)).toEqual({ [a]: [5, 1] });
  expect(await eventsOf(t, one)).toEqual(['0 -> 5', '5 -> 1', '1 -> 4']);
  expect(await discrepancies(t)).toEqual([]);
});

test('a change that there is not enough for leaves the reservation as it was, and is refused again', async () => {
  const [one, other] = [await stockVariant(t, { [a]: 5 }), await stockVariant(t, { [a]: 2 })];
  const orderId = await reserved(t, { [one]: 4 });
  const changeId = t.parts.newId();
  const wanted = { [one]: 5, [other]: 3 };
  const refusal = {
    status: 'INSUFFICIENT',
    shortages: [{ variantId: other, requested: 3, available: 2 }],
  };
  expect(await change(orderId, changeId, wanted)).toMatchObject(refusal);
  await stockVariant(t, { [a]: 9 }, other);
  expect(await change(orderId, changeId, wanted)).toMatchObject(refusal);
  expect(await levelsOf(t, one)).toEqual({ [a]: [5, 4] });
  expect(await levelsOf(t, other)).toEqual({ [a]: [9, 0] });
  // What it has counts as available to itself.
  expect(await change(orderId, t.parts.newId(), { [one]: 6 })).toMatchObject({
    shortages: [{ variantId: one, requested: 6, available: 5 }],
  });
});

test('an edit that was given up lets go what it held, and cannot come after that', async () => {
  const one = await stockVariant(t, { [a]: 5 });
  const orderId = await reserved(t, { [one]: 1 });
  const changeId = t.parts.newId();
  await change(orderId, changeId, { [one]: 3 });
  await abandoned(orderId, 3, changeId, { [one]: 1 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [5, 1] });
  const late = await change(orderId, changeId, { [one]: 3 });
  expect(late).toMatchObject({ status: null, userErrors: [{ code: 'CHANGE_ENDED' }] });
  // One whose end comes before it does too.
  const overtaken = t.parts.newId();
  await abandoned(orderId, 4, overtaken, { [one]: 1 });
  expect((await change(orderId, overtaken, { [one]: 3 })).userErrors).toMatchObject([
    { code: 'CHANGE_ENDED' },
  ]);
  expect(await levelsOf(t, one)).toEqual({ [a]: [5, 1] });
});

test('the end of an edit leaves what the next one holds, and older news change nothing', async () => {
  const one = await stockVariant(t, { [a]: 9 });
  const orderId = await reserved(t, { [one]: 2 });
  const [first, second] = [t.parts.newId(), t.parts.newId()];
  await change(orderId, first, { [one]: 4 });
  await change(orderId, second, { [one]: 6 });
  await abandoned(orderId, 3, first, { [one]: 2 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [9, 6] });
  await changed(orderId, 7, second, { [one]: 6 });
  // Lines that were cancelled after the edit are told before it.
  const third = t.parts.newId();
  await change(orderId, third, { [one]: 7 });
  await deliver(t, 'OrderLinesCancelled', orderId, 9, { orderId, lines: [{ variantId: one, quantity: 1 }] });
  await changed(orderId, 8, third, { [one]: 7 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [9, 6] });
  await abandoned(orderId, 4, t.parts.newId(), { [one]: 2 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [9, 6] });
});

test('lines that were cancelled before an edit began, and are told while it is open, are not taken from it', async () => {
  const one = await stockVariant(t, { [a]: 9 });
  const orderId = await reserved(t, { [one]: 5 });
  const changeId = t.parts.newId();
  // Of an order of 5 whose cancellation of 2 is not told yet.
  await change(orderId, changeId, { [one]: 4 });
  await deliver(t, 'OrderLinesCancelled', orderId, 3, { orderId, lines: [{ variantId: one, quantity: 2 }] });
  expect(await levelsOf(t, one)).toEqual({ [a]: [9, 4] });
  await changed(orderId, 5, changeId, { [one]: 4 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [9, 4] });
});

test('a reservation that is over or sold cannot change; what was sold beside an edit comes back', async () => {
  const one = await stockVariant(t, { [a]: 9 });
  const orderId = await reserved(t, { [one]: 2 });
  const changeId = t.parts.newId();
  await change(orderId, changeId, { [one]: 5 });
  // Paid as it was, while the edit was under way: the sale takes all that is held, the end of the edit gives back.
  const paid = { orderId, customerId: orderId, amount: '1', currencyCode: 'EUR' };
  const lines = [{ variantId: one, productId: one, quantity: 2 }];
  await deliver(t, 'OrderPaid', orderId, 4, { ...paid, lines });
  await abandoned(orderId, 5, changeId, { [one]: 2 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [7, 0] });
  expect((await change(orderId, t.parts.newId(), { [one]: 3 })).userErrors).toMatchObject([
    { code: 'RESERVATION_ENDED' },
  ]);
  expect((await change(t.parts.newId(), t.parts.newId(), { [one]: 3 })).userErrors).toMatchObject([
    { code: 'RESERVATION_ENDED' },
  ]);
  expect(await discrepancies(t)).toEqual([]);
});

test('what is short of stock waits where it may, and waits no more when it is taken out', async () => {
  const one = await stockVariant(t, { [a]: 2 });
  await t.mutate(
    'setBackorderPolicies',
    { policies: [{ variantId: one, policy: 'BACKORDER', maxWaiting: 4 }] },
    '',
  );
  const orderId = await reserved(t, { [one]: 3 });
  const first = t.parts.newId();
  expect(await change(orderId, first, { [one]: 5 })).toMatchObject({
    backordered: [{ variantId: one, quantity: 3 }],
  });
  expect(await change(orderId, t.parts.newId(), { [one]: 7 })).toMatchObject({
    shortages: [{ variantId: one, requested: 7, available: 6 }],
  });
  await changed(orderId, 3, first, { [one]: 5 });
  const less = t.parts.newId();
  expect(await change(orderId, less, { [one]: 1 })).toMatchObject({ status: 'RESERVED', backordered: [] });
  await changed(orderId, 4, less, { [one]: 1 });
  expect(await levelsOf(t, one)).toEqual({ [a]: [2, 1] });
  expect(await t.db.backorderPolicy.findUnique({ where: { variantId: one } })).toMatchObject({ waiting: 0 });
});

test('what is added comes from the warehouse that is nearest to where the order goes, where the shop wants that', async () => {
  const near = await createInventoryTest({ STOCK_ALLOCATION: 'NEAREST' });
  try {
    const address = { line1: 'Kai 1', city: 'Hafen', postalCode: '1' };
    const [china, poland] = [
      await createWarehouse(near, { address: { ...address, country: 'CN' } }),
      await createWarehouse(near, { address: { ...address, country: 'PL' } }),
    ];
    const one = await stockVariant(near, { [china]: 9, [poland]: 5 });
    const orderId = await reserved(near, { [one]: 1 });
    const { status } = await near.mutate<ReserveAnswer>(
      'changeReservation',
      {
        ...{ orderId, changeId: near.parts.newId(), lines: linesOf({ [one]: 3 }) },
        destination: { country: 'DE', postalCode: '20457' },
      },
      'status',
      orders(),
    );
    expect(status).toBe('RESERVED');
    expect(await levelsOf(near, one)).toEqual({ [china]: [9, 1], [poland]: [5, 2] });
  } finally {
    await near.close();
  }
});

const consume = (): Promise<number> => {
  const edits = consumers.find(({ name }) => name === 'edits');
  if (!edits) throw new Error('There is no consumer of edits.');
  return consumeOnce({ schema: 'inventory', consumers, createContext: t.context }, edits);
};

test('whatever edits run at once and however they end, nothing is oversold and each order holds exactly its lines', async () => {
  const quantity = fc.integer({ min: 0, max: 6 });
  const edit = fc.record({
    order: fc.nat({ max: 2 }),
    one: quantity,
    other: quantity,
    succeeds: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      const [one, other] = [await stockVariant(t, { [a]: 4, [b]: 3 }), await stockVariant(t, { [b]: 5 })];
      const orderIds = [
        await reserved(t, { [one]: 1 }),
        await reserved(t, { [one]: 2 }),
        await reserved(t, { [other]: 1 }),
      ];
      const has: Quantities[] = [{ [one]: 1 }, { [one]: 2 }, { [other]: 1 }];
      let seq = 1;
      // Orders lets one edit of an order run at a time; those of different orders run at once.
      const queues = orderIds.map(async (orderId, i) => {
        for (const wish of edits.filter((each) => each.order === i && each.one + each.other > 0)) {
          const wanted = Object.fromEntries(
            Object.entries({ [one]: wish.one, [other]: wish.other }).filter(([, pieces]) => pieces > 0),
          );
          const changeId = t.parts.newId();
          const { status } = await change(orderId, changeId, wanted);
          const takes = status === 'RESERVED' && wish.succeeds;
          if (takes) has[i] = wanted;
          await (takes ? changed : abandoned)(orderId, (seq += 1), changeId, has[i] ?? {});
        }
      });
      await Promise.all(queues);
      // Of those that came together a consumer takes one at a time.
      const left = await t.db.inboxMessage.findMany({ where: { consumer: 'edits', doneAt: null } });
      expect(left.map(({ lastError }) => lastError)).toEqual(left.map(() => null));
      for (const _one of left) await consume();
      for (const [i, orderId] of orderIds.entries()) {
        const lines = await t.db.reservationLine.findMany({ where: { orderId } });
        for (const variantId of [one, other]) {
          const pieces = lines.filter((line) => line.variantId === variantId);
          expect(pieces.reduce((sum, line) => sum + line.quantity, 0)).toBe(has[i]?.[variantId] ?? 0);
        }
      }
      expect(await discrepancies(t)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
