import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { newId } from '../../shared/ids.js';
import {
  createWorld,
  fillCart,
  payOrder,
  placedOrder,
  setUpShop,
  type OrderShape,
  type World,
} from './world.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const idOf = (caller: Caller): string => String(caller.claims?.['sub']);

interface Page {
  nodes: OrderShape[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}
const page = `nodes { id number status email shippingAddress { city } items { name variant { id } } shipments { id }
  timeline { kind } notes { text } } pageInfo { hasNextPage endCursor }`;

async function customerWithOrders(count: number): Promise<{ caller: Caller; ids: string[] }> {
  const caller = userCaller();
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) ids.unshift((await placedOrder(world, methodId, { caller })).order.id);
  return { caller, ids };
}

const entities = (caller: Caller, ids: string[], first: number): Promise<{ orders: Page }[]> =>
  world.ask(
    caller,
    `query ($r: [_Any!]!, $n: Int) { _entities(representations: $r) { ... on User { orders(first: $n) { ${page} } } } }`,
    {
      r: ids.map((id) => ({ __typename: 'User', id })),
      n: first,
    },
  );

/** How many statements the work sent. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const stop = recordStatements();
  await work();
  return stop().length;
}

test('a customer’s orders come page by page, the newest first', async () => {
  const { caller, ids } = await customerWithOrders(3);
  const [user] = await entities(caller, [idOf(caller)], 2);
  expect(user?.orders.nodes.map((order) => order.id)).toEqual(ids.slice(0, 2));
  expect(user?.orders.pageInfo.hasNextPage).toBe(true);
  const next = `query ($r: [_Any!]!, $after: String) { _entities(representations: $r) { ... on User { orders(first: 2, after: $after) { ${page} } } } }`;
  const r = [{ __typename: 'User', id: idOf(caller) }];
  const [rest] = await world.ask<{ orders: Page }[]>(caller, next, {
    r,
    after: user?.orders.pageInfo.endCursor,
  });
  expect(rest?.orders).toMatchObject({ nodes: [{ id: ids[2] }], pageInfo: { hasNextPage: false } });
});

test('pages of one and of many customers cost the same statements, whatever is on them', async () => {
  const one = await customerWithOrders(1);
  const many = [await customerWithOrders(2), await customerWithOrders(3), await customerWithOrders(1)];
  const fresh = (): void => world.parts.testClock.advance(120_000);
  const forOne = await statementsOf(() => entities(staff, [idOf(one.caller)], 1));
  fresh();
  const forMany = await statementsOf(() =>
    entities(
      staff,
      many.map(({ caller }) => idOf(caller)),
      20,
    ),
  );
  expect([forOne <= 2, forMany <= 2]).toEqual([true, true]);
  const stop = recordStatements();
  const list = await world.ask<Page>(staff, `{ orders(first: 20) { ${page} } }`);
  const statements = stop();
  if (process.env['SHOW_SQL'])
    console.log(statements.map((statement) => statement.trim().slice(0, 110)).join('\n'));
  expect(list.nodes.length).toBeGreaterThanOrEqual(7);
  expect(statements.length).toBeLessThanOrEqual(2);
  const references = await statementsOf(() =>
    world.ask(
      staff,
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Order { number items { name } } } }',
      {
        r: list.nodes.map(({ id }) => ({ __typename: 'Order', id })),
      },
    ),
  );
  expect(references).toBe(1);
});

test('carts of one and of many users cost the same statements', async () => {
  const carts: Awaited<ReturnType<typeof fillCart>>[] = [];
  for (let i = 0; i < 6; i += 1) {
    const { id: variantId } = world.neighbours.variant(1000n);
    carts.push(await fillCart(world, methodId, [{ variantId, quantity: i + 1 }], userCaller()));
  }
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { cart {
    id email totalQuantity lines { quantity variant { id } } shippingAddress { city } shippingMethod { code }
    totals { total { amount } tax { amount } } shippingOptions { price { amount } } } } } }`;
  const cost = async (some: typeof carts): Promise<number> => {
    // Without a cart: it is asked for as well.
    const nobody = newId();
    const r = [...some.map(({ caller }) => idOf(caller)), nobody].map((id) => ({ __typename: 'User', id }));
    const stop = recordStatements();
    const users = await world.ask<{ cart: object | null }[]>(staff, query, { r });
    const statements = stop();
    expect(users).toEqual([
      ...some.map(({ cart }) => ({
        cart: expect.objectContaining({
          ...{ id: cart.id, lines: cart.lines, email: 'anna@example.com' },
          ...{
            shippingAddress: { city: 'Lübeck' },
            shippingMethod: { code: 'standard' },
            totals: cart.totals,
          },
        }),
      })),
      { cart: null },
    ]);
    return statements.length;
  };
  // The carts with their lines, the ways of shipping, what prices depend on; the customers' keys are known here.
  expect([await cost(carts.slice(0, 2)), await cost(carts)]).toEqual([3, 3]);
});

test('staff find orders by status, customer and number; customers list none but their own', async () => {
  const { caller, ids } = await customerWithOrders(2);
  await payOrder(world, caller, ids[0] ?? '', 'pm_card', newId());
  const find = async (filter: Record<string, unknown>): Promise<string[]> => {
    const { nodes } = await world.ask<Page>(
      staff,
      `query ($f: OrderFilter) { orders(filter: $f) { ${page} } }`,
      { f: filter },
    );
    return nodes.map(({ id }) => id);
  };
  expect(await find({ customerId: idOf(caller) })).toEqual(ids);
  expect(await find({ customerId: idOf(caller), status: 'PAID' })).toEqual(ids.slice(0, 1));
  const { number } = await world.ask<OrderShape>(staff, 'query ($id: ID!) { order(id: $id) { number } }', {
    id: ids[1],
  });
  expect(await find({ number })).toEqual(ids.slice(1));
  expect(await find({ number: 'H-000-000000-0' })).toEqual([]);
  expect(await world.refused(caller, '{ orders { nodes { id } } }')).toBe('FORBIDDEN');
  expect(await world.refused(staff, '{ orders(first: 101) { nodes { id } } }')).toBe('BAD_USER_INPUT');
  expect(
    await world.ask(guestCaller(), 'query ($id: ID!) { order(id: $id) { id } }', { id: ids[0] }),
  ).toBeNull();
  expect(await world.ask(caller, '{ order(id: "no id") { id } }')).toBeNull();
});

test('staff list what they have set', async () => {
  const rates = await world.ask<unknown[]>(
    staff,
    '{ taxRates { country taxCategory rateBasisPoints name } }',
  );
  expect(rates).toEqual([
    { country: 'DE', taxCategory: 'REDUCED', rateBasisPoints: 700, name: 'USt. 7 %' },
    { country: 'DE', taxCategory: 'STANDARD', rateBasisPoints: 1900, name: 'USt. 19 %' },
  ]);
  const methods = await world.ask<unknown[]>(
    staff,
    '{ shippingMethods { code freeAbove { amount } tiers { maxWeightGrams price { amount } } } }',
  );
  expect(methods).toEqual([
    {
      code: 'standard',
      freeAbove: { amount: '100.00' },
      tiers: [
        { maxWeightGrams: 5000, price: { amount: '4.90' } },
        { maxWeightGrams: null, price: { amount: '9.90' } },
      ],
    },
  ]);
  expect(await world.refused(userCaller(), '{ taxRates { id } }')).toBe('FORBIDDEN');
});

test('dead letters are listed and retried by staff', async () => {
  const id = newId();
  const at = world.parts.clock();
  await world.rows(
    `INSERT INTO dead_letter (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at, payload, attempts, last_error, died_at)
     VALUES ('payments', $1, 'PaymentFailed', 1, 'Payment', $1, 1, 'test', $2, '{}', 12, 'It broke.', $2)`,
    ...[id, at],
  );
  const letters = '{ ordersDeadLetters { nodes { id type attempts lastError } } }';
  expect(await world.ask(staff, letters)).toMatchObject({
    nodes: [{ id: `payments:${id}`, attempts: 12, lastError: 'It broke.' }],
  });
  const retry = 'mutation ($ids: [ID!]!) { retryOrdersDeadLetters(input: { ids: $ids }) { retriedIds } }';
  expect(await world.ask(staff, retry, { ids: [`payments:${id}`] })).toEqual({
    retriedIds: [`payments:${id}`],
  });
  expect(await world.ask(staff, letters)).toEqual({ nodes: [] });
  expect(await world.refused(staffCaller('manager'), retry, { ids: [] })).toBe('FORBIDDEN');
});
