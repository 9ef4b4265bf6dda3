import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, userCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller } from '../../shared/caller.js';
import { createWorld, placedOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
const service = serviceCaller('users', 'test');
const day = 86_400_000;
beforeAll(async () => {
  world = await createWorld({ GUEST_ACCESS_TIME: '10d' });
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const issue = (orderId: string): Promise<string | null> =>
  world.ask(service, 'mutation ($orderId: ID!) { issueOrderAccess(orderId: $orderId) }', { orderId });
const query = `query ($number: String!, $accessToken: String!) {
  guestOfOrderAccess(number: $number, accessToken: $accessToken) }`;
const guestOf = (number: string, accessToken: string): Promise<string | null> =>
  world.ask(service, query, { number, accessToken });

test('a token leads to its own order alone, is stored as a hash, and ends in time', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const other = await placedOrder(world, methodId);
  const token = (await issue(order.id)) ?? '';
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(await guestOf(order.number, token)).toBe(caller.claims?.sub);
  expect(await guestOf(other.order.number, token)).toBeNull();
  expect(await guestOf(order.number, 'x')).toBeNull();
  const rows = await world.rows(
    `SELECT encode(token_hash, 'hex') AS hash FROM order_access WHERE order_id = $1`,
    order.id,
  );
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
  world.parts.testClock.advance(10 * day + 1);
  expect(await guestOf(order.number, token)).toBeNull();
});

test('tokens of earlier mails stay, twenty at most', async () => {
  const { order } = await placedOrder(world, methodId);
  const tokens: string[] = [];
  for (let i = 0; i < 22; i += 1) {
    tokens.push((await issue(order.id)) ?? '');
    world.parts.testClock.advance(1);
  }
  const led = await Promise.all(tokens.map((token) => guestOf(order.number, token)));
  expect(led.map((guest) => guest !== null)).toEqual(tokens.map((_token, i) => i >= 2));
});

test('a customer signs in instead', async () => {
  const customer = userCaller();
  const { order } = await placedOrder(world, methodId, { caller: customer });
  expect(await issue(order.id)).toBeNull();
  const rotated = await world.ask(
    customer,
    `mutation ($input: RotateOrderAccessInput!) { rotateOrderAccess(input: $input) { accessToken userErrors { code } } }`,
    { input: { orderId: order.id } },
  );
  expect(rotated).toEqual({ accessToken: null, userErrors: [{ code: 'NOT_A_GUEST' }] });
});

test('an order that its guest took along to an account is not reached by the mail any more', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const token = (await issue(order.id)) ?? '';
  await world.ask(
    service,
    `mutation ($input: MergeGuestCartInput!) { mergeGuestCart(input: $input) { userErrors { code } } }`,
    { input: { guestId: caller.claims?.sub, customerId: userCaller().claims?.sub } },
  );
  expect(await guestOf(order.number, token)).toBeNull();
});

test('only services ask', async () => {
  expect(await world.refused(guestCaller(), query, { number: 'x', accessToken: 'y' })).toBe('FORBIDDEN');
});
