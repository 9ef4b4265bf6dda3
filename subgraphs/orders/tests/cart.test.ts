import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { newId } from '../../shared/ids.js';
import {
  address,
  createWorld,
  fillCart,
  placeOrder,
  setUpShop,
  type UserErrorShape,
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
  cart: {
    id: string;
    version: number;
    lines: { quantity: number; unitPrice: { amount: string } }[];
    totals: Record<string, { amount: string } | null>;
    promotionCodes: string[];
  } | null;
  warnings: { code: string; [fact: string]: unknown }[];
  userErrors: UserErrorShape[];
}
const fields = `cart { id version lines { quantity unitPrice { amount } } promotionCodes
    totals { subtotal { amount } discount { amount } shipping { amount } total { amount } } }
  warnings { __typename code message ... on QuantityReducedWarning { requested quantity }
    ... on PriceChangedWarning { previousPrice { amount } currentPrice { amount } } }
  userErrors { __typename code message field }`;
const mutate = (caller: Caller, name: string, input: Record<string, unknown>): Promise<Answer> =>
  world.ask(
    caller,
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${fields} } }`,
    { input },
  );

const add = (caller: Caller, variantId: string, quantity: number, key = newId()): Promise<Answer> =>
  mutate(caller, 'addToCart', { idempotencyKey: key, lines: [{ variantId, quantity }] });

test('adding twice with one key, also at once, adds once; the same article in two lines counts together', async () => {
  const { id: variantId } = world.neighbours.variant(1000n);
  const caller = guestCaller();
  const lines = [
    { variantId, quantity: 1 },
    { variantId, quantity: 2 },
  ];
  const input = { idempotencyKey: newId(), lines };
  const answers = await Promise.all([1, 2, 3].map(() => mutate(caller, 'addToCart', input)));
  expect(answers.map(({ cart }) => cart?.lines)).toEqual(
    [1, 2, 3].map(() => [{ quantity: 3, unitPrice: { amount: '10.00' } }]),
  );
  expect(await world.eventsOf(answers[0]?.cart?.id ?? '')).toEqual(['ProductAddedToCart']);
  const other = { idempotencyKey: input.idempotencyKey, lines: [{ variantId, quantity: 9 }] };
  await expect(mutate(caller, 'addToCart', other)).rejects.toThrow('IDEMPOTENCY_KEY_REUSED');
});

test('a customer who adds from many places at once has one cart with all of it', async () => {
  const { id } = world.neighbours.variant(1000n);
  const caller = guestCaller();
  await Promise.all([1, 2, 3, 4].map(() => add(caller, id, 1)));
  const carts = await world.rows('SELECT 1 FROM cart WHERE customer_id = $1', caller.claims?.['sub']);
  expect(carts).toHaveLength(1);
  expect(await world.ask(caller, '{ cart { totalQuantity version } }')).toEqual({
    totalQuantity: 4,
    version: 4,
  });
});

test('what is short goes in as far as it goes, with a warning; what is not for sale is refused', async () => {
  const { id: scarce } = world.neighbours.variant(1000n, { stock: 3 });
  const { id: gone } = world.neighbours.variant(1000n, { purchasable: false });
  const caller = guestCaller();
  const { cart, warnings } = await add(caller, scarce, 5);
  expect(cart?.lines).toMatchObject([{ quantity: 3 }]);
  expect(warnings).toMatchObject([{ code: 'QUANTITY_REDUCED', requested: 5, quantity: 3 }]);
  for (const id of [gone, newId(), 'no id']) {
    const refused = await add(caller, id, 1);
    expect(refused).toMatchObject({
      cart: null,
      userErrors: [{ code: 'VARIANT_UNAVAILABLE', field: ['lines', '0', 'variantId'] }],
    });
  }
  expect((await add(caller, scarce, 0)).userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  expect(await world.ask(caller, '{ cart { version } }')).toEqual({ version: 1 });
});

test('a changed price and an article that is gone are told at the next change of the cart', async () => {
  const dear = world.neighbours.variant(1000n);
  const gone = world.neighbours.variant(500n);
  const caller = guestCaller();
  await add(caller, dear.id, 1);
  await add(caller, gone.id, 1);
  dear.amount = 1200n;
  gone.purchasable = false;
  const { cart, warnings } = await mutate(caller, 'setCartLines', {
    lines: [{ variantId: dear.id, quantity: 2 }],
  });
  expect(cart?.lines).toEqual([{ quantity: 2, unitPrice: { amount: '12.00' } }]);
  expect(warnings).toMatchObject([
    { code: 'PRICE_CHANGED', previousPrice: { amount: '10.00' }, currentPrice: { amount: '12.00' } },
    { code: 'VARIANT_UNAVAILABLE' },
  ]);
});

test('lines are set and removed; a stale version is refused and changes nothing', async () => {
  const { id: a } = world.neighbours.variant(1000n);
  const { id: b } = world.neighbours.variant(2000n);
  const caller = guestCaller();
  await add(caller, a, 2);
  const lines = [
    { variantId: a, quantity: 0 },
    { variantId: b, quantity: 4 },
  ];
  const answers = await Promise.all(
    [1, 2].map(() => mutate(caller, 'setCartLines', { lines, expectedVersion: 1 })),
  );
  expect(answers.map(({ userErrors }) => userErrors.map((error) => error.code)).flat()).toEqual([
    'VERSION_CONFLICT',
  ]);
  const cart = await world.ask<{ id: string }>(caller, '{ cart { id version totalQuantity } }');
  expect(cart).toMatchObject({ version: 2, totalQuantity: 4 });
  expect(await world.eventsOf(cart.id)).toEqual([
    'ProductAddedToCart',
    'ProductRemovedFromCart',
    'ProductAddedToCart',
  ]);
});

test('addresses are sealed, shown to their owner, and offered ways of shipping go there', async () => {
  const { id } = world.neighbours.variant(1000n, { weightGrams: 6000 });
  const caller = guestCaller();
  await add(caller, id, 1);
  const none = await mutate(caller, 'setCartDelivery', { shippingMethodId: methodId });
  expect(none.userErrors).toMatchObject([{ code: 'SHIPPING_UNAVAILABLE' }]);
  const wrong = await mutate(caller, 'setCartDelivery', { shippingAddress: { ...address, city: ' ' } });
  expect(wrong.userErrors).toMatchObject([{ code: 'INVALID_INPUT', field: ['shippingAddress', 'city'] }]);
  const { cart } = await mutate(caller, 'setCartDelivery', {
    email: 'anna@example.com',
    shippingAddress: address,
    shippingMethodId: methodId,
  });
  expect(cart?.totals).toEqual({
    subtotal: { amount: '10.00' },
    discount: { amount: '0.00' },
    shipping: { amount: '9.90' },
    total: { amount: '19.90' },
  });
  const query =
    '{ cart { email shippingAddress { city country } shippingOptions { price { amount } shippingMethod { code } } } }';
  expect(await world.ask(caller, query)).toEqual({
    email: 'anna@example.com',
    shippingAddress: { city: 'Lübeck', country: 'DE' },
    shippingOptions: [{ price: { amount: '9.90' }, shippingMethod: { code: 'standard' } }],
  });
  const [row] = await world.rows<Record<string, Buffer>>(
    'SELECT email, shipping_address FROM cart WHERE id = $1',
    cart?.id,
  );
  expect(
    Buffer.concat([row?.['email'] ?? Buffer.of(), row?.['shipping_address'] ?? Buffer.of()]).toString(
      'latin1',
    ),
  ).not.toMatch(/anna|Schmidt|beck/);
  const moved = await mutate(caller, 'setCartDelivery', { shippingAddress: { ...address, country: 'FR' } });
  expect(moved.warnings).toMatchObject([{ code: 'SHIPPING_UNAVAILABLE' }]);
});

test('promotions count together, and say why one does not', async () => {
  const staff = staffCaller('merchandiser');
  const create = (input: Record<string, unknown>): Promise<{ userErrors: UserErrorShape[] }> =>
    world.ask(
      staff,
      'mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { promotion { id code } userErrors { code field } } }',
      { input: { idempotencyKey: newId(), ...input } },
    );
  const { id: a } = world.neighbours.variant(2000n);
  const { id: b } = world.neighbours.variant(1000n);
  await create({
    code: 'three-for-two',
    name: '3 for 2',
    kind: 'BUY_X_GET_Y',
    buyQuantity: 2,
    getQuantity: 1,
    variantIds: [b],
  });
  await create({ code: 'ten', name: '10 %', kind: 'PERCENT', percentBasisPoints: 1000 });
  await create({ code: 'five', name: '5 off', kind: 'FIXED', amount: '5.00', minimumValue: '30.00' });
  await create({ code: 'ship', name: 'Free shipping', kind: 'FREE_SHIPPING' });
  expect(
    (await create({ code: 'TEN', name: 'again', kind: 'PERCENT', percentBasisPoints: 1 })).userErrors,
  ).toMatchObject([{ code: 'CODE_TAKEN' }]);
  expect((await create({ code: 'x y', name: '', kind: 'FIXED' })).userErrors).toHaveLength(3);

  const { caller } = await fillCart(world, methodId, [
    { variantId: a, quantity: 1 },
    { variantId: b, quantity: 3 },
  ]);
  expect((await mutate(caller, 'applyPromotionCode', { code: 'nonsense' })).userErrors).toMatchObject([
    { code: 'PROMOTION_NOT_APPLICABLE' },
  ]);
  for (const code of ['Three-For-Two', 'ten', 'five']) await mutate(caller, 'applyPromotionCode', { code });
  // 50.00 - 10.00 (one of three) = 40.00 - 4.00 - 5.00 = 31.00; shipping is free
  const { cart } = await mutate(caller, 'applyPromotionCode', { code: 'ship' });
  expect(cart?.totals).toEqual({
    subtotal: { amount: '50.00' },
    discount: { amount: '23.90' },
    shipping: { amount: '4.90' },
    total: { amount: '31.00' },
  });
  const fewer = await mutate(caller, 'setCartLines', { lines: [{ variantId: b, quantity: 0 }] });
  expect(fewer.warnings.map(({ code }) => code)).toEqual([
    'PROMOTION_NOT_APPLICABLE',
    'PROMOTION_NOT_APPLICABLE',
  ]);
  const without = await mutate(caller, 'removePromotionCode', { code: 'FIVE' });
  expect(without.cart?.promotionCodes).toEqual(['THREE-FOR-TWO', 'TEN', 'SHIP']);
});

test('a promotion for the first two orders, once per customer, is given to no third, and back when one is cancelled', async () => {
  const staff = staffCaller('admin');
  await world.ask(
    staff,
    'mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { userErrors { code } } }',
    {
      input: {
        idempotencyKey: newId(),
        code: 'FIRST',
        name: 'First',
        kind: 'PERCENT',
        percentBasisPoints: 5000,
        limitTotal: 2,
        limitPerCustomer: 1,
      },
    },
  );
  const { id } = world.neighbours.variant(1000n);
  const ready = async (caller = guestCaller()) => {
    await fillCart(world, methodId, [{ variantId: id, quantity: 1 }], caller);
    const { cart } = await mutate(caller, 'applyPromotionCode', { code: 'FIRST' });
    return { caller, version: cart?.version ?? 0 };
  };
  const three = await Promise.all([1, 2, 3].map(() => ready()));
  const answers = await Promise.all(
    three.map(({ caller, version }) => placeOrder(world, caller, version, newId())),
  );
  expect(answers.filter(({ order }) => order).map(({ order }) => order?.total.amount)).toEqual([
    '9.90',
    '9.90',
  ]);
  expect(answers.flatMap(({ userErrors }) => userErrors.map((error) => error.code))).toEqual([
    'PROMOTION_NOT_APPLICABLE',
  ]);
  expect(world.neighbours.available(id)).toBe(98);

  const i = answers.findIndex(({ order }) => order);
  const happy = three[i]?.caller ?? guestCaller();
  const cancel =
    'mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { order { status } userErrors { code } } }';
  await world.ask(happy, cancel, { input: { idempotencyKey: newId(), orderId: answers[i]?.order?.id } });
  const [promotion] = await world.rows(`SELECT redeemed_count FROM promotion WHERE code = 'FIRST'`);
  expect(promotion).toEqual({ redeemed_count: 1 });
  const other = three[answers.findLastIndex(({ order }) => order)]?.caller;
  const again = await ready(other);
  expect((await placeOrder(world, again.caller, again.version, newId())).userErrors).toMatchObject([
    { code: 'PROMOTION_NOT_APPLICABLE' },
  ]);
});

test('a cart keeps the currency of its first article, and takes another only when it is empty', async () => {
  const { id: variantId } = world.neighbours.variant(1000n);
  const euro = guestCaller();
  const yen = { ...euro, headers: { 'x-currency': 'JPY' } };
  const currency = async (): Promise<string> =>
    (await world.ask<{ currencyCode: string }>(euro, '{ cart { currencyCode } }')).currencyCode;
  await add(euro, variantId, 1);
  await add(yen, variantId, 1);
  expect(await currency()).toBe('EUR');
  await mutate(euro, 'setCartLines', { lines: [{ variantId, quantity: 0 }] });
  const { cart } = await add(yen, variantId, 1);
  expect([await currency(), cart?.lines[0]?.unitPrice.amount]).toEqual(['JPY', '1000']);
});

test('an anonymous visitor has no cart, and a cart is its customer’s alone', async () => {
  expect(await world.refused(anonymousCaller(), '{ cart { id } }')).toBe('UNAUTHENTICATED');
  const { caller } = await fillCart(world, methodId, [
    { variantId: world.neighbours.variant(1n).id, quantity: 1 },
  ]);
  const id = caller.claims?.['sub'];
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { cart { id } } } }';
  const r = [{ __typename: 'User', id }];
  expect(await world.refused(guestCaller(), query, { r })).toBe('FORBIDDEN');
  expect(await world.ask(caller, query, { r })).toMatchObject([{ cart: {} }]);
});

test('a cart that nobody touches is given up, and a new one begins', async () => {
  const { id } = world.neighbours.variant(1000n);
  const caller = guestCaller();
  const first = await add(caller, id, 1);
  await world.rows(
    `UPDATE cart SET expires_at = $2 WHERE id = $1`,
    first.cart?.id,
    new Date(world.parts.clock().getTime() - 1000),
  );
  await world.rows(
    `INSERT INTO inbox (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at, payload, run_at)
     VALUES ('timers', $1, 'ExpireCarts', 1, 'Timer', $1, 0, 'test', $2, '{}', $2)`,
    ...[newId(), new Date(world.parts.clock().getTime() - 1000)],
  );
  await world.consume('timers');
  expect(await world.ask(caller, '{ cart { id } }')).toBeNull();
  expect((await add(caller, id, 1)).cart?.id).not.toBe(first.cart?.id);
});

test('a line shows its share of the discounts, which an order keeps with the facts of its articles', async () => {
  const staff = staffCaller('admin');
  const { id: reduced } = world.neighbours.variant(1000n);
  const { id: other } = world.neighbours.variant(3000n);
  await world.ask(
    staff,
    'mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { userErrors { code } } }',
    {
      input: {
        ...{ idempotencyKey: newId(), code: 'SHARE', name: 'Share', kind: 'PERCENT' },
        ...{ percentBasisPoints: 2500, variantIds: [reduced] },
      },
    },
  );
  const { caller } = await fillCart(world, methodId, [
    { variantId: reduced, quantity: 2 },
    { variantId: other, quantity: 1 },
  ]);
  await mutate(caller, 'applyPromotionCode', { code: 'share' });
  const query = (line: string): string =>
    `{ cart { version lines { total { amount } ${line} } totals { discount { amount } } } }`;
  const cost = async (line: string): Promise<number> => {
    const stop = recordStatements();
    await world.ask(caller, query(line));
    return stop().length;
  };
  const cart = await world.ask<{ version: number }>(caller, query('discount { amount }'));
  expect(cart).toMatchObject({
    lines: [
      { total: { amount: '20.00' }, discount: { amount: '5.00' } },
      { total: { amount: '30.00' }, discount: { amount: '0.00' } },
    ],
    totals: { discount: { amount: '5.00' } },
  });
  expect(await cost('discount { amount }')).toBe(await cost(''));
  const { order } = await placeOrder(world, caller, cart.version, newId());
  expect(
    await world.ask(
      caller,
      'query ($id: ID!) { order(id: $id) { items { discount { amount } attributes } } }',
      {
        id: order?.id,
      },
    ),
  ).toEqual({
    items: [
      { discount: { amount: '5.00' }, attributes: { colour: 'red' } },
      { discount: { amount: '0.00' }, attributes: { colour: 'red' } },
    ],
  });
});
