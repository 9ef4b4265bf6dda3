/** An order that waits for its payment is edited; what happens beside it, and halfway. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  address,
  createWorld,
  orderFields,
  payOrder,
  placedOrder,
  readOrder,
  setUpShop,
  type OrderShape,
  type World,
} from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

interface Answer {
  order: (OrderShape & { orderState: string; timeline: { kind: string }[] }) | null;
  userErrors: { code: string; __typename: string }[];
}

const edit = (caller: Caller, orderId: string, changes: object, key = newId()): Promise<Answer> =>
  world.ask(
    caller,
    `mutation ($input: EditOrderInput!) { editOrder(input: $input) {
      order { ${orderFields} shippingAddress { city } billingAddress { city } } userErrors { __typename code message } } }`,
    { input: { idempotencyKey: key, orderId, ...changes } },
  );

const codesOf = ({ userErrors }: Answer): string[] => userErrors.map(({ code }) => code);

/** The lines that the order's news of edits tell, in order. */
const told = async (orderId: string): Promise<[string, Record<string, number>][]> => {
  const rows = await world.rows<{
    type: string;
    payload: { lines: { variantId: string; quantity: number }[] };
  }>(
    `SELECT type, payload FROM outbox WHERE aggregate_id = $1 AND type IN ('OrderChanged', 'OrderEditAbandoned')
     ORDER BY aggregate_seq`,
    orderId,
  );
  return rows.map(({ type, payload }) => [
    type,
    Object.fromEntries(payload.lines.map((line) => [line.variantId, line.quantity])),
  ]);
};

const openEdits = async (orderId: string): Promise<number> =>
  (await world.rows(`SELECT 1 FROM order_edit WHERE order_id = $1 AND status = 'OPEN'`, orderId)).length;

test('articles, addresses and way of shipping change, and the order is priced anew', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const other = world.neighbours.variant(1500n);
  // What stays is priced as today too.
  const article = world.neighbours.variants.get(variantId);
  if (article) article.amount = 2100n;
  const shippingAddress = { ...address, city: 'Kiel' };
  const lines = [
    { variantId, quantity: 1 },
    { variantId: other.id, quantity: 2 },
  ];
  const input = { lines, shippingAddress, billingAddress: { ...address, city: 'Bonn' }, expectedVersion: 1 };
  const { order: after, userErrors } = await edit(caller, order.id, { ...input, expectedTotal: '55.90' });
  expect(userErrors).toEqual([]);
  expect(after).toMatchObject({
    ...{ status: 'PENDING', version: 2, total: { amount: '55.90' }, amountDue: { amount: '55.90' } },
    ...{
      shippingAddress: { city: 'Kiel' },
      billingAddress: { city: 'Bonn' },
      paymentDueAt: expect.any(String),
    },
    items: [
      { id: order.items[0]?.id, quantity: 1, total: { amount: '21.00' } },
      { quantity: 2, total: { amount: '30.00' }, variant: { id: other.id } },
    ],
  });
  expect(after?.timeline.map(({ kind }) => kind)).toEqual([
    'PLACED',
    'CHANGED',
    'PAID',
    'SHIPPED',
    'DELIVERED',
  ]);
  expect(await told(order.id)).toEqual([['OrderChanged', { [variantId]: 1, [other.id]: 2 }]]);
  expect(await openEdits(order.id)).toBe(0);
  const { order: paid } = await payOrder(world, caller, order.id, 'pm_card', newId());
  expect(paid).toMatchObject({ status: 'PAID', amountDue: { amount: '55.90' } });
  expect(world.neighbours.taken(order.id)).toBe(5590n);
});

test('what cannot be edited is refused, and stays as it is', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const more = { lines: [{ variantId, quantity: 3 }] };
  expect(codesOf(await edit(guestCaller(), order.id, more))).toEqual(['NOT_FOUND']);
  expect(codesOf(await edit(caller, order.id, { ...more, expectedVersion: 7 }))).toEqual([
    'VERSION_CONFLICT',
  ]);
  expect(codesOf(await edit(caller, order.id, { lines: [{ variantId, quantity: 101 }] }))).toEqual([
    'INSUFFICIENT_STOCK',
  ]);
  expect(codesOf(await edit(caller, order.id, { lines: [{ variantId, quantity: 0 }] }))).toEqual([
    'NOTHING_LEFT',
  ]);
  expect(codesOf(await edit(caller, order.id, { lines: [{ variantId, quantity: -1 }] }))).toContain(
    'INVALID_INPUT',
  );
  expect(codesOf(await edit(caller, order.id, { ...more, expectedTotal: '1.00' }))).toEqual([
    'TOTAL_CHANGED',
  ]);
  expect(codesOf(await edit(caller, order.id, { shippingMethodId: newId() }))).toEqual([
    'SHIPPING_UNAVAILABLE',
  ]);
  expect(await readOrder(world, caller, order.id)).toEqual(order);
  // The one that inventory refused is over; the others had not begun.
  expect(await told(order.id)).toEqual([['OrderEditAbandoned', { [variantId]: 2 }]]);
  expect(await openEdits(order.id)).toBe(0);
});

test('an order is not edited while it is being paid, nor when it is; after a declined payment it is', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const more = { lines: [{ variantId, quantity: 3 }] };
  await payOrder(world, caller, order.id, 'pm_declined', newId());
  const { order: edited } = await edit(staffCaller('support'), order.id, more);
  expect(edited).toMatchObject({ status: 'PAYMENT_FAILED', total: { amount: '64.90' } });

  const waiting = await placedOrder(world, methodId);
  const before = await payOrder(world, waiting.caller, waiting.order.id, 'pm_3ds', newId());
  const key = newId();
  const wish = { lines: [{ variantId: waiting.variantId, quantity: 1 }] };
  expect(codesOf(await edit(waiting.caller, waiting.order.id, wish, key))).toEqual(['PAYMENT_IN_PROGRESS']);
  expect(await readOrder(world, waiting.caller, waiting.order.id)).toEqual(before.order);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  expect(codesOf(await edit(caller, order.id, { lines: [{ variantId, quantity: 1 }] }))).toEqual([
    'NOT_EDITABLE',
  ]);
  expect(world.neighbours.taken(order.id)).toBe(6490n);
});

test('one edit happens once, however often and however many at once it is asked for', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const key = newId();
  const wish = { lines: [{ variantId, quantity: 5 }] };
  const answers = await Promise.all(Array.from({ length: 5 }, () => edit(caller, order.id, wish, key)));
  answers.push(await edit(caller, order.id, wish, key));
  for (const { order: after } of answers)
    expect(after).toMatchObject({ version: 2, items: [{ quantity: 5 }] });
  expect(await told(order.id)).toEqual([['OrderChanged', { [variantId]: 5 }]]);
  expect(
    await world.refused(
      caller,
      `mutation ($input: EditOrderInput!) { editOrder(input: $input) { order { id } } }`,
      {
        input: { idempotencyKey: key, orderId: order.id, lines: [] },
      },
    ),
  ).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('of several edits at once each is whole, or refused and comes to nothing', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const answers = await Promise.all(
    [1, 3, 4, 6].map((quantity) =>
      edit(caller, order.id, { lines: [{ variantId, quantity }], expectedVersion: 1 }),
    ),
  );
  const won = answers.filter((answer) => answer.order);
  expect(won).toHaveLength(1);
  for (const answer of answers.filter((one) => !one.order))
    expect(['ORDER_BEING_EDITED', 'VERSION_CONFLICT']).toContain(codesOf(answer)[0]);
  const { version, total } = await readOrder(world, caller, order.id);
  expect(won[0]?.order).toMatchObject({ version, total });
  expect(version).toBe(2);
  expect(await openEdits(order.id)).toBe(0);
});

test('what crashes after inventory held it goes on with the same key, or is given up by its timer', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const wish = { lines: [{ variantId, quantity: 4 }] };
  const key = newId();
  world.neighbours.failOnce('ChangeReservation', 'after');
  await expect(edit(caller, order.id, wish, key)).rejects.toThrow();
  expect(await openEdits(order.id)).toBe(1);
  // Nobody else edits it meanwhile; that decides nothing.
  const other = newId();
  expect(codesOf(await edit(caller, order.id, wish, other))).toEqual(['ORDER_BEING_EDITED']);
  expect((await edit(caller, order.id, wish, key)).order).toMatchObject({
    version: 2,
    items: [{ quantity: 4 }],
  });
  expect(
    (await edit(caller, order.id, { lines: [{ variantId, quantity: 5 }] }, newId())).order,
  ).toMatchObject({
    version: 3,
  });

  const lost = newId();
  world.neighbours.failOnce('ChangeReservation', 'after');
  await expect(edit(caller, order.id, { lines: [{ variantId, quantity: 9 }] }, lost)).rejects.toThrow();
  await world.rows(`UPDATE inbox SET run_at = now() WHERE type = 'OrderEditDue' AND done_at IS NULL`);
  for (let twice = 0; twice < 2; twice += 1) {
    await world.consume('timers');
    await world.rows(`UPDATE inbox SET done_at = NULL, run_at = now() WHERE type = 'OrderEditDue'`);
  }
  await world.consume('timers');
  expect((await told(order.id)).at(-1)).toEqual(['OrderEditAbandoned', { [variantId]: 5 }]);
  expect(await told(order.id)).toHaveLength(3);
  expect(codesOf(await edit(caller, order.id, { lines: [{ variantId, quantity: 9 }] }, lost))).toEqual([
    'EDIT_EXPIRED',
  ]);
  expect(await readOrder(world, caller, order.id)).toMatchObject({ version: 3, items: [{ quantity: 5 }] });
});

test('an order that is paid, cancelled or begun to be paid while it is edited is not edited', async () => {
  for (const [meanwhile, code] of [
    ['paid', 'NOT_EDITABLE'],
    ['begun', 'PAYMENT_IN_PROGRESS'],
    ['cancelled', 'NOT_EDITABLE'],
  ] as const) {
    const { caller, order, variantId } = await placedOrder(world, methodId);
    world.neighbours.onCall('ChangeReservation', async () => {
      if (meanwhile === 'paid') await payOrder(world, caller, order.id, 'pm_card', newId());
      if (meanwhile === 'begun') await payOrder(world, caller, order.id, 'pm_3ds', newId());
      if (meanwhile === 'cancelled')
        await world.ask(
          caller,
          `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id } userErrors { code } } }`,
          { input: { idempotencyKey: newId(), orderId: order.id } },
        );
    });
    const answer = await edit(caller, order.id, { lines: [{ variantId, quantity: 7 }] });
    expect(codesOf(answer)).toEqual([code]);
    const left = meanwhile === 'cancelled' ? {} : { [variantId]: 2 };
    expect(await told(order.id)).toEqual([['OrderEditAbandoned', left]]);
    expect(await readOrder(world, caller, order.id)).toMatchObject({
      items: [{ quantity: 2 }],
      total: { amount: '44.90' },
    });
    expect(world.neighbours.taken(order.id)).toBe(meanwhile === 'paid' ? 4490n : 0n);
  }
});

test('a promotion counts once through all edits, and falls away where it does not apply any more', async () => {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const uses = async (): Promise<number> =>
    (await world.rows('SELECT 1 FROM promotion_redemption WHERE order_id = $1', order.id)).length;
  const promotion = newId();
  await world.rows(
    `INSERT INTO promotion (id, code, name, kind, currency_code, percent_basis_points, minimum_value, variant_ids,
       starts_at, limit_total, limit_per_customer, redeemed_count, automatic, created_at)
     VALUES ($1, $2, 'Ten', 'PERCENT', 'EUR', 1000, 3000, ARRAY[$3]::uuid[], now() - interval '1 day', 1, 1, 0, true, now())`,
    ...[promotion, `A${promotion.slice(-8).toUpperCase()}`, variantId],
  );
  const { order: reduced } = await edit(caller, order.id, { lines: [{ variantId, quantity: 3 }] });
  expect(reduced).toMatchObject({ discount: { amount: '6.00' }, total: { amount: '58.90' } });
  expect(await uses()).toBe(1);
  // Its own use does not stand in its way.
  const { order: again } = await edit(caller, order.id, { lines: [{ variantId, quantity: 4 }] });
  expect(again).toMatchObject({ discount: { amount: '8.00' }, total: { amount: '76.90' } });
  expect(await uses()).toBe(1);
  const { order: less } = await edit(caller, order.id, { lines: [{ variantId, quantity: 1 }] });
  expect(less).toMatchObject({ discount: { amount: '0.00' }, total: { amount: '24.90' } });
  expect(await uses()).toBe(0);
  expect(await world.rows('SELECT redeemed_count FROM promotion WHERE id = $1', promotion)).toEqual([
    { redeemed_count: 0 },
  ]);
});

test('whatever is edited, the sums of the order add up and inventory was asked to hold exactly its lines', async () => {
  const articles = [1n, 333n, 2000n].map((amount) =>
    world.neighbours.variant(amount, { stock: 1_000, weightGrams: 0 }),
  );
  const step = fc.array(fc.record({ article: fc.nat({ max: 2 }), quantity: fc.nat({ max: 9 }) }), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (edits) => {
      const { caller, order, variantId } = await placedOrder(world, methodId);
      const has = new Map([[variantId, 2]]);
      for (const wishes of edits) {
        const lines = [
          ...new Map(wishes.map(({ article, quantity }) => [articles[article]?.id ?? '', quantity])),
        ].map(([id, quantity]) => ({ variantId: id, quantity }));
        const { order: after } = await edit(caller, order.id, { lines });
        for (const line of lines) has.set(line.variantId, line.quantity);
        const sum = (after?.items ?? []).reduce(
          (total, item) =>
            total + Math.round(Number((item as never as { total: { amount: string } }).total.amount) * 100),
          0,
        );
        const total = Math.round(Number(after?.total.amount) * 100);
        expect(total - sum).toBe(sum >= 10_000 ? 0 : 490);
      }
      const wanted = Object.fromEntries([...has].filter(([, quantity]) => quantity > 0));
      expect((await told(order.id)).at(-1)).toEqual(['OrderChanged', wanted]);
      const { lines } = world.neighbours.reservations.get(order.id) ?? { lines: [] };
      for (const [id, quantity] of has)
        expect(lines.find((line) => line.variantId === id)?.quantity ?? 0).toBeGreaterThanOrEqual(quantity);
      await payOrder(world, caller, order.id, 'pm_card', newId());
      const paid = await readOrder(world, caller, order.id);
      expect(world.neighbours.taken(order.id)).toBe(BigInt(paid.total.amount.replace('.', '')));
    }),
    { numRuns: 15 },
  );
});
