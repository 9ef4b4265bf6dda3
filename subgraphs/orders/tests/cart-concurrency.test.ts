/** P22: no change of a cart gets lost, alone, with expected versions, and while a guest's cart is merged into it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { guestCaller, userCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { createWorld, fillCart, placeOrder, setUpShop, type UserErrorShape, type World } from './world.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

type Input = Record<string, unknown>;
interface Answer {
  cart: { version: number } | null;
  warnings: { code: string; requested?: number; quantity?: number }[];
  userErrors: (UserErrorShape & { currentVersion?: number })[];
}
const mutate = (caller: Caller, name: string, input: Input): Promise<Answer> =>
  world.ask(
    caller,
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { cart { version }
      warnings { code ... on QuantityReducedWarning { requested quantity } }
      userErrors { code message ... on VersionConflictError { currentVersion } } } }`,
    { input },
  );
const add = (caller: Caller, variantId: string, more: Input = {}): Promise<Answer> =>
  mutate(caller, 'addToCart', { idempotencyKey: newId(), lines: [{ variantId, quantity: 1 }], ...more });
const fifty = Array.from({ length: 50 }, (_, n) => n);

interface CartShape {
  version: number;
  totalQuantity: number;
  currencyCode: string;
  lines: { quantity: number; variant: { id: string } }[];
  warnings: { code: string }[] | null;
}
const cartOf = (caller: Caller): Promise<CartShape | null> =>
  world.ask(
    caller,
    '{ cart { version totalQuantity currencyCode lines { quantity variant { id } } warnings { code } } }',
  );

test.each([
  [
    'addToCart',
    (variantId: string, n: number): Input => ({
      idempotencyKey: `${variantId} ${n}`,
      lines: [{ variantId, quantity: 1 }],
    }),
  ],
  ['setCartLines', (variantId: string, n: number): Input => ({ lines: [{ variantId, quantity: n + 2 }] })],
  ['setCartDelivery', (_: string, n: number): Input => ({ email: `anna${n}@example.com` })],
  ['applyPromotionCode', (): Input => ({ code: 'P22' })],
  ['removePromotionCode', (): Input => ({ code: 'P22' })],
])(
  'of fifty %s with the same expected version exactly one wins, and the others learn the version',
  async (name, inputOf) => {
    await world.rows(`INSERT INTO promotion (id, code, name, kind, currency_code, percent_basis_points, variant_ids, starts_at, created_at)
    VALUES (gen_random_uuid(), 'P22', 'P22', 'PERCENT', 'EUR', 1000, '{}', now() - interval '1 day', now()) ON CONFLICT DO NOTHING`);
    const { id } = world.neighbours.variant(1000n, { stock: 1000 });
    const caller = guestCaller();
    await add(caller, id);
    for (const expectedVersion of [1, 2]) {
      const answers = await Promise.all(
        fifty.map((n) =>
          mutate(caller, name, { ...inputOf(id, n + 100 * expectedVersion), expectedVersion }),
        ),
      );
      expect(answers.flatMap(({ cart }) => cart ?? [])).toEqual([{ version: expectedVersion + 1 }]);
      const errors = answers.flatMap(({ userErrors }) => userErrors);
      expect(errors.map(({ code, currentVersion }) => [code, currentVersion])).toEqual(
        fifty.slice(1).map(() => ['VERSION_CONFLICT', expectedVersion + 1]),
      );
      expect((await cartOf(caller))?.version).toBe(expectedVersion + 1);
    }
  },
);

test('of fifty articles that are put in at once without expected versions none is lost', async () => {
  const caller = guestCaller();
  const ids = fifty.map(() => world.neighbours.variant(1000n).id);
  const answers = await Promise.all(ids.map((id) => add(caller, id)));
  expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  const cart = await cartOf(caller);
  expect(cart?.lines.map((line) => line.variant.id).sort()).toEqual([...ids].sort());
  expect([cart?.version, cart?.totalQuantity]).toEqual([50, 50]);
});

test('a repeat of a change gets its first answer, also when its expected version has passed', async () => {
  const { id } = world.neighbours.variant(1000n);
  const caller = guestCaller();
  await add(caller, id);
  const more = { idempotencyKey: newId(), expectedVersion: 1 };
  expect((await add(caller, id, more)).cart).toEqual({ version: 2 });
  expect(await add(caller, id, more)).toMatchObject({ cart: { version: 2 }, userErrors: [] });
  expect((await cartOf(caller))?.totalQuantity).toBe(2);
});

const merge = (guest: Caller, user: Caller): Promise<unknown> =>
  world.ask(
    serviceCaller('users', 'test'),
    'mutation ($input: MergeGuestCartInput!) { mergeGuestCart(input: $input) { cartId } }',
    { input: { guestId: guest.claims?.['sub'], customerId: user.claims?.['sub'] } },
  );

test('articles that both put in while the guest signs in are all there, or their guest is told to go on as the customer', async () => {
  const [guest, user] = [guestCaller(), userCaller()];
  const ids = fifty.map(() => world.neighbours.variant(1000n).id);
  const kept: string[] = [];
  const put = async (n: number): Promise<void> => {
    const id = ids[n] ?? '';
    const { userErrors } = await add(n % 2 === 0 ? guest : user, id);
    if (userErrors.length === 0) kept.push(id);
    else expect([n % 2, userErrors.map(({ code }) => code)]).toEqual([0, ['CART_MERGED']]);
  };
  await put(0);
  // Merged in the middle of it, thrice: by the sign-in, and by its news twice.
  await Promise.all([...fifty.slice(1).map(put), merge(guest, user), merge(guest, user), merge(guest, user)]);
  expect((await cartOf(user))?.lines.map((line) => line.variant.id).sort()).toEqual([...kept].sort());
  expect(kept.length).toBeGreaterThanOrEqual(26);
  expect((await add(guest, ids[0] ?? '')).userErrors).toMatchObject([{ code: 'CART_MERGED' }]);
  expect(await cartOf(guest)).toBeNull();
});

test('a merge that waits for a cart that is being changed sees what was put into it', async () => {
  const [guest, user] = [guestCaller(), userCaller()];
  const [first, late] = [world.neighbours.variant(1000n).id, world.neighbours.variant(1000n).id];
  await add(guest, first);
  const other = new pg.Client({ connectionString: world.parts.databaseUrl('orders') });
  await other.connect();
  try {
    // Another process is in the middle of adding an article.
    await other.query('BEGIN');
    const { rows } = await other.query<{ id: string }>(
      `UPDATE cart SET version = version + 1 WHERE customer_id = $1 AND status = 'OPEN' RETURNING id`,
      [guest.claims?.['sub']],
    );
    await other.query(
      `INSERT INTO cart_line (id, cart_id, variant_id, product_id, quantity, unit_amount, tax_category, weight_grams, category_ids)
       SELECT $2, cart_id, $3, product_id, 1, unit_amount, tax_category, weight_grams, category_ids
       FROM cart_line WHERE cart_id = $1`,
      [rows[0]?.id, newId(), late],
    );
    const merged = merge(guest, user);
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => (await other.query(waiting)).rowCount !== 0);
    await other.query('COMMIT');
    await merged;
  } finally {
    await other.end();
  }
  expect((await cartOf(user))?.lines.map((line) => line.variant.id).sort()).toEqual([first, late].sort());
});

test('a customer who gets their first cart in the middle of a merge keeps both', async () => {
  const [guest, user] = [guestCaller(), userCaller()];
  const a = world.neighbours.variant(1000n);
  const b = world.neighbours.variant(1000n);
  await add(guest, a.id);
  await Promise.all([merge(guest, user), add(user, b.id)]);
  expect((await cartOf(user))?.lines.map((line) => line.variant.id).sort()).toEqual([a.id, b.id].sort());
});

test('merged carts may have more lines than can be put in, and quantities are told where they end', async () => {
  const [guest, user] = [guestCaller(), userCaller()];
  const lines = (count: number) =>
    Array.from({ length: count }, () => ({
      variantId: world.neighbours.variant(1000n, { stock: 5000 }).id,
      quantity: 1,
    }));
  const many = { variantId: world.neighbours.variant(1000n, { stock: 5000 }).id, quantity: 700 };
  await mutate(guest, 'addToCart', { idempotencyKey: newId(), lines: [many, ...lines(80)] });
  await mutate(user, 'addToCart', { idempotencyKey: newId(), lines: [many, ...lines(80)] });
  await merge(guest, user);
  const cart = await cartOf(user);
  expect([cart?.lines.length, cart?.totalQuantity, cart?.warnings]).toEqual([
    ...[161, 1160, [{ code: 'QUANTITY_REDUCED' }]],
  ]);
  const full = await add(user, world.neighbours.variant(1000n).id);
  expect(full.userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  // Told with the next change, and then no more.
  const fewer = await mutate(user, 'setCartLines', { lines: [{ variantId: many.variantId, quantity: 1 }] });
  expect(fewer.warnings).toEqual([{ code: 'QUANTITY_REDUCED', requested: 1400, quantity: 1000 }]);
  expect((await cartOf(user))?.warnings).toEqual([]);
});

test('a guest’s articles in another currency are priced anew, and an empty cart takes the guest’s currency', async () => {
  const [guest, user, fresh] = [guestCaller(), userCaller(), guestCaller()];
  const usd = (caller: Caller): Caller => ({ ...caller, headers: { 'x-currency': 'USD' } });
  const a = world.neighbours.variant(1000n);
  const b = world.neighbours.variant(2000n);
  await add(usd(guest), a.id);
  await merge(guest, user);
  expect((await cartOf(user))?.currencyCode).toBe('USD');
  await add(fresh, b.id);
  world.neighbours.calls.length = 0;
  await merge(fresh, user);
  expect(world.neighbours.calls).toEqual(['VariantsForSale']);
  expect(
    await world.ask(user, '{ cart { currencyCode lines { unitPrice { amount currencyCode } } } }'),
  ).toEqual({
    currencyCode: 'USD',
    lines: [
      { unitPrice: { amount: '10.00', currencyCode: 'USD' } },
      { unitPrice: { amount: '20.00', currencyCode: 'USD' } },
    ],
  });
});

test('a cart that is read says what moved since, and the next change adapts it', async () => {
  const dear = world.neighbours.variant(1000n);
  const scarce = world.neighbours.variant(1000n);
  const caller = guestCaller();
  await mutate(caller, 'addToCart', {
    idempotencyKey: newId(),
    lines: [
      { variantId: dear.id, quantity: 1 },
      { variantId: scarce.id, quantity: 5 },
    ],
  });
  expect((await cartOf(caller))?.warnings).toEqual([]);
  dear.amount = 1100n;
  scarce.stock = 3;
  const seen = await cartOf(caller);
  expect([seen?.warnings, seen?.version, seen?.totalQuantity]).toEqual([
    ...[[{ code: 'PRICE_CHANGED' }, { code: 'QUANTITY_REDUCED' }], 1, 6],
  ]);
  world.neighbours.failOnce('VariantsForSale', 'before');
  const { data, errors } = await world.orders.execute({
    query: '{ cart { version warnings { code } } }',
    variables: {},
    caller,
  });
  expect([data, errors?.length]).toEqual([{ cart: { version: 1, warnings: null } }, 1]);
});

test('an order whose total is not the one that the customer saw is refused, and nothing is ordered or reserved', async () => {
  const { id } = world.neighbours.variant(1000n);
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: id, quantity: 1 }]);
  const place = (expectedTotal: string, key = newId()): Promise<{ order: unknown; userErrors: unknown[] }> =>
    world.ask(
      caller,
      `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { total { amount } }
        userErrors { __typename code ... on TotalChangedError { currentTotal { amount } } } } }`,
      { input: { idempotencyKey: key, expectedVersion: cart.version, expectedTotal } },
    );
  const refused = [
    { __typename: 'TotalChangedError', code: 'TOTAL_CHANGED', currentTotal: { amount: '14.90' } },
  ];
  expect(await place('14.89')).toEqual({ order: null, userErrors: refused });
  expect(world.neighbours.available(id)).toBe(100);
  const key = newId();
  const placed = { order: { total: { amount: '14.90' } }, userErrors: [] };
  expect(await place('14.90', key)).toEqual(placed);
  expect(await place('14.90', key)).toEqual(placed);
  expect((await placeOrder(world, caller, cart.version, newId())).userErrors).toMatchObject([
    { code: 'CART_EMPTY' },
  ]);
});
