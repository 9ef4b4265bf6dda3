/** Promotions: automatic ones, stacking, changes by staff, and uses that cannot be overspent. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { redeemPromotions } from '../promotion/service.js';
import { createWorld, fillCart, placeOrder, setUpShop, type UserErrorShape, type World } from './world.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

type Input = Record<string, unknown>;
interface Answer {
  promotion: { id: string; redeemedCount: number } | null;
  userErrors: UserErrorShape[];
}
const change = (name: 'createPromotion' | 'updatePromotion', input: Input): Promise<Answer> =>
  world.ask(
    staff,
    `mutation ($input: ${name === 'createPromotion' ? 'Create' : 'Update'}PromotionInput!) { ${name}(input: $input) {
      promotion { id code active priority redeemedCount limitTotal } userErrors { code field } } }`,
    { input },
  );
const create = async (code: string, more: Input): Promise<string> => {
  const input = { idempotencyKey: newId(), code, name: code, kind: 'PERCENT', ...more };
  const { promotion, userErrors } = await change('createPromotion', input);
  if (!promotion) throw new Error(JSON.stringify(userErrors));
  return promotion.id;
};
const update = (id: string, more: Input): Promise<Answer> => change('updatePromotion', { id, ...more });

/** A cart of one article at 10.00 with the code, ready to be placed. */
async function readyCart(code: string | null, caller: Caller, variantId: string): Promise<number> {
  const { cart } = await fillCart(world, methodId, [{ variantId, quantity: 1 }], caller);
  if (code === null) return cart.version;
  const applied = await world.ask<{ cart: { version: number } }>(
    caller,
    'mutation ($input: ApplyPromotionCodeInput!) { applyPromotionCode(input: $input) { cart { version } } }',
    { input: { code } },
  );
  return applied.cart.version;
}
const uses = (id: string): Promise<{ customer_id: string; counted: number }[]> =>
  world.rows(
    `SELECT r.customer_id, p.redeemed_count AS counted FROM promotion_redemption r JOIN promotion p ON p.id = r.promotion_id
     WHERE p.id = $1 ORDER BY 1`,
    id,
  );

test('fifty orders at once use a promotion for seven exactly seven times, and it is free again when orders end unpaid', async () => {
  const id = await create('SEVEN', { percentBasisPoints: 5000, limitTotal: 7 });
  const { id: variantId } = world.neighbours.variant(1000n, { stock: 1000 });
  const carts = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const caller = guestCaller();
      return { caller, version: await readyCart('SEVEN', caller, variantId) };
    }),
  );
  const answers = await Promise.all(
    carts.map(({ caller, version }) => placeOrder(world, caller, version, newId())),
  );
  const placed = answers.filter(({ order }) => order);
  expect(placed).toHaveLength(7);
  expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
    Array.from({ length: 43 }, () => 'PROMOTION_NOT_APPLICABLE'),
  );
  expect((await uses(id)).map(({ counted }) => counted)).toEqual([7, 7, 7, 7, 7, 7, 7]);
  // What was refused holds no stock.
  expect(world.neighbours.available(variantId)).toBe(993);

  world.parts.testClock.advance(60 * 60_000);
  await world.consume('timers');
  expect(await uses(id)).toEqual([]);
  const [row] = await world.rows('SELECT redeemed_count FROM promotion WHERE id = $1', id);
  expect(row).toEqual({ redeemed_count: 0 });
  const again = carts.find((_, i) => !answers[i]?.order);
  if (!again) throw new Error('Somebody was refused.');
  expect((await placeOrder(world, again.caller, again.version, newId())).order?.total.amount).toBe('9.90');
});

test('one customer from fifty places at once uses a promotion as often as each customer may', async () => {
  const id = await create('TWICE', { percentBasisPoints: 5000, limitPerCustomer: 2 });
  const { id: variantId } = world.neighbours.variant(1000n, { stock: 1000 });
  const customer = newId();
  const place = (n: number): Promise<unknown> =>
    world.ask(
      staff,
      `mutation ($input: PlaceOrderForInput!) { placeOrderFor(input: $input) { order { id } userErrors { code } } }`,
      {
        input: {
          ...{ idempotencyKey: `${customer} ${n}`, customerId: customer, email: 'anna@example.com' },
          ...{ currencyCode: 'EUR', lines: [{ variantId, quantity: 1 }], shippingMethodId: methodId },
          shippingAddress: {
            ...{ firstName: 'A', lastName: 'B', line1: 'C', city: 'D', postalCode: '23552', country: 'DE' },
          },
          promotionCodes: ['TWICE'],
        },
      },
    );
  world.neighbours.customers.set(customer, new Map());
  const answers = (await Promise.all(Array.from({ length: 50 }, (_, n) => place(n)))) as {
    order: unknown;
    userErrors: UserErrorShape[];
  }[];
  expect(answers.filter(({ order }) => order)).toHaveLength(2);
  expect(await uses(id)).toEqual([
    { customer_id: customer, counted: 2 },
    { customer_id: customer, counted: 2 },
  ]);
  // Orders of others do not wait for theirs.
  const other = guestCaller();
  expect(
    (await placeOrder(world, other, await readyCart('TWICE', other, variantId), newId())).order,
  ).not.toBeNull();
});

test('an automatic promotion needs no code, for its categories, in its time, and in its turn', async () => {
  const category = newId();
  const { id: lamp } = world.neighbours.variant(2000n, { categoryIds: [newId(), category] });
  const { id: other } = world.neighbours.variant(2000n);
  const caller = guestCaller();
  await fillCart(
    world,
    methodId,
    [
      { variantId: lamp, quantity: 1 },
      { variantId: other, quantity: 1 },
    ],
    caller,
  );
  const discounts = async (): Promise<unknown> =>
    (
      await world.ask<{ totals: { discounts: unknown } }>(
        caller,
        '{ cart { totals { discounts { code amount { amount } } } } }',
      )
    ).totals.discounts;
  expect(await discounts()).toEqual([]);
  const scope = { categoryIds: [category], automatic: true };
  const tenth = await create('LAMPS', { ...scope, percentBasisPoints: 1000 });
  expect(await discounts()).toEqual([{ code: 'LAMPS', amount: { amount: '2.00' } }]);
  const better = await create('LAMP-WEEK', {
    ...scope,
    percentBasisPoints: 2500,
    stacking: 'EXCLUSIVE',
    priority: 1,
  });
  expect(await discounts()).toEqual([{ code: 'LAMP-WEEK', amount: { amount: '5.00' } }]);

  const { version } = await world.ask<{ version: number }>(caller, '{ cart { version } }');
  const { order } = await placeOrder(world, caller, version, newId());
  expect(order?.total.amount).toBe('39.90');
  // Without limits its uses are noted, and no order waits for another.
  expect(await uses(better)).toEqual([{ customer_id: caller.claims?.['sub'], counted: 0 }]);

  await fillCart(world, methodId, [{ variantId: lamp, quantity: 1 }], caller);
  await update(better, { startsAt: new Date(world.parts.clock().getTime() + 60_000).toISOString() });
  expect(await discounts()).toEqual([{ code: 'LAMPS', amount: { amount: '2.00' } }]);
  await update(better, { active: false });
  await update(tenth, { active: false });
  expect(await discounts()).toEqual([]);
});

test('a limit set later counts what was used before; one below that, and all else that is wrong, changes nothing', async () => {
  const id = await create('LATER', { percentBasisPoints: 1000 });
  const { id: variantId } = world.neighbours.variant(1000n);
  const buy = async (caller = guestCaller()): Promise<string[]> => {
    const { userErrors } = await placeOrder(
      world,
      caller,
      await readyCart('LATER', caller, variantId),
      newId(),
    );
    return userErrors.map(({ code }) => code);
  };
  await buy();
  await buy();
  expect((await update(id, { limitTotal: 1 })).userErrors).toMatchObject([
    { code: 'INVALID_INPUT', field: ['limitTotal'] },
  ]);
  for (const wrong of [
    { percentBasisPoints: 0 },
    { percentBasisPoints: null },
    { categoryIds: ['x'] },
    { name: ' ' },
  ])
    expect((await update(id, wrong)).userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  expect((await update(newId(), {})).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await update(id, {})).promotion).toMatchObject({ limitTotal: null, redeemedCount: 2 });
  expect((await update(id, { limitTotal: 3 })).promotion).toMatchObject({ limitTotal: 3, redeemedCount: 2 });
  expect([await buy(), await buy()]).toEqual([[], ['PROMOTION_NOT_APPLICABLE']]);
  expect((await uses(id)).map(({ counted }) => counted)).toEqual([3, 3, 3]);
});

test('a use of before there was a limit counts against it also for an order that was priced before', async () => {
  const id = await create('LATER-EACH', { percentBasisPoints: 1000 });
  const { id: variantId } = world.neighbours.variant(1000n);
  const caller = guestCaller();
  const buy = async (code: string | null): Promise<string> => {
    const { order } = await placeOrder(world, caller, await readyCart(code, caller, variantId), newId());
    return order?.id ?? '';
  };
  await buy('LATER-EACH');
  const second = await buy(null);
  await update(id, { limitPerCustomer: 1 });
  const discount = { promotionId: id, code: 'LATER-EACH', name: 'x', amount: 1n };
  const ctx = world.context();
  const redeemed = transact(ctx, (inner) =>
    redeemPromotions(inner, second, String(caller.claims?.['sub']), [discount]),
  );
  await expect(redeemed).rejects.toMatchObject({ userErrors: [{ code: 'PROMOTION_NOT_APPLICABLE' }] });
  expect((await uses(id)).map(({ counted }) => counted)).toEqual([1]);
});

test('who used a promotion as a guest has used it when they sign in, and the news of it twice changes nothing', async () => {
  const id = await create('ONCE-EACH', { percentBasisPoints: 1000, limitPerCustomer: 1 });
  const { id: variantId } = world.neighbours.variant(1000n);
  const [guest, user] = [guestCaller(), userCaller()];
  await placeOrder(world, guest, await readyCart('ONCE-EACH', guest, variantId), newId());
  const input = { guestId: String(guest.claims?.['sub']), customerId: String(user.claims?.['sub']) };
  for (let time = 1; time <= 2; time += 1)
    await world.ask(
      serviceCaller('users', 'test'),
      'mutation ($input: MergeGuestCartInput!) { mergeGuestCart(input: $input) { cartId } }',
      { input },
    );
  expect(await uses(id)).toEqual([{ customer_id: input.customerId, counted: 1 }]);
  const version = await readyCart('ONCE-EACH', user, variantId);
  expect((await placeOrder(world, user, version, newId())).userErrors).toMatchObject([
    { code: 'PROMOTION_NOT_APPLICABLE' },
  ]);
});

test('staff find promotions by what they are', async () => {
  await create('FIND-ME', { percentBasisPoints: 1000, automatic: true });
  const find = async (filter: Input): Promise<string[]> =>
    (
      await world.ask<{ nodes: { code: string }[] }>(
        staff,
        'query ($filter: PromotionFilter) { promotions(filter: $filter) { nodes { code } } }',
        { filter },
      )
    ).nodes.map(({ code }) => code);
  expect(await find({ code: 'find' })).toEqual(['FIND-ME']);
  expect([
    await find({ code: 'find', automatic: false }),
    await find({ code: 'find', active: false }),
  ]).toEqual([[], []]);
});
