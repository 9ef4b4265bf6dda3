import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { newId } from '../../shared/ids.js';
import { guestCaller, userCaller } from '../../../tests/testkit/parts.js';
import { address, createWorld, placeOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const mutation = `mutation ($input: SetCartDeliveryInput!) { setCartDelivery(input: $input) {
  cart { version shippingAddress { line1 line2 phone } billingAddress { line1 } } userErrors { code field } } }`;
const set = (caller: Caller, input: object): Promise<Record<string, unknown>> =>
  world.ask(caller, mutation, { input });
const cartOf = (caller: Caller): Promise<{ version: number }> =>
  world.ask(caller, '{ cart { version email shippingAddress { line1 } billingAddress { line1 } } }');

const entry = (line1: string): object => ({
  ...{ ...address, line1, company: null, line2: 'Hinterhaus', state: null, phone: '+4945112345' },
});

/** A customer with two saved addresses and an article in the cart. */
async function customerWithAddresses(): Promise<{ caller: Caller; home: string; office: string }> {
  const [id, home, office] = [newId(), newId(), newId()];
  world.neighbours.customers.set(
    id,
    new Map([
      [home, entry('Hüxstr. 1')],
      [office, entry('Breite Str. 2')],
    ]),
  );
  const caller = userCaller(id);
  const { id: variantId } = world.neighbours.variant(2000n);
  await world.ask(caller, 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { cart { id } } }', {
    input: { idempotencyKey: newId(), lines: [{ variantId, quantity: 1 }] },
  });
  return { caller, home, office };
}

test('saved addresses are copied into the cart, sealed, and stay as they were when the book changes', async () => {
  const { caller, home, office } = await customerWithAddresses();
  const answer = await set(caller, {
    ...{ email: 'anna@example.com', shippingMethodId: methodId },
    ...{ shippingAddressId: home, billingAddressId: office },
  });
  expect(answer).toMatchObject({
    cart: {
      shippingAddress: { line1: 'Hüxstr. 1', line2: 'Hinterhaus', phone: '+4945112345' },
      billingAddress: { line1: 'Breite Str. 2' },
    },
    userErrors: [],
  });
  const [row] = await world.rows<{ shipping_address: Buffer }>(
    `SELECT shipping_address FROM cart WHERE customer_id = $1`,
    caller.claims?.['sub'],
  );
  expect(row?.shipping_address.toString('latin1')).not.toMatch(/str\. 1/);
  world.neighbours.customers.get(String(caller.claims?.['sub']))?.delete(home);
  const { version } = await cartOf(caller);
  const { order } = await placeOrder(world, caller, version, newId());
  expect(
    await world.ask(
      caller,
      'query ($id: ID!) { order(id: $id) { shippingAddress { line1 } billingAddress { line1 } } }',
      { id: order?.id },
    ),
  ).toEqual({ shippingAddress: { line1: 'Hüxstr. 1' }, billingAddress: { line1: 'Breite Str. 2' } });
});

test('an unknown address, and another customer’s, is not found, and nothing is changed', async () => {
  const { caller, home } = await customerWithAddresses();
  const other = await customerWithAddresses();
  const before = await cartOf(caller);
  for (const id of [newId(), other.home, 'home'])
    expect(
      await set(caller, { email: 'new@example.com', shippingAddressId: home, billingAddressId: id }),
    ).toEqual({ cart: null, userErrors: [{ code: 'NOT_FOUND', field: ['billingAddressId'] }] });
  expect(await set(guestCaller(), { shippingAddressId: home })).toEqual({
    cart: null,
    userErrors: [{ code: 'NOT_FOUND', field: ['shippingAddressId'] }],
  });
  expect(await cartOf(caller)).toEqual(before);
});

test('an address and an id together are a mistake of the client', async () => {
  const { caller, home } = await customerWithAddresses();
  const before = await cartOf(caller);
  for (const input of [
    { shippingAddress: address, shippingAddressId: home },
    { billingAddress: address, billingAddressId: home },
  ])
    expect(await world.refused(caller, mutation, { input })).toBe('BAD_USER_INPUT');
  expect(await cartOf(caller)).toEqual(before);
});

test('without ids users is not asked, and an id costs no statement here', async () => {
  const { caller, home } = await customerWithAddresses();
  await set(caller, { shippingAddress: address });
  world.neighbours.calls.length = 0;
  const cost = async (input: object): Promise<number> => {
    const stop = recordStatements();
    await set(caller, input);
    return stop().length;
  };
  const given = await cost({ shippingAddress: address });
  expect(world.neighbours.calls).not.toContain('CustomerAddress');
  expect(await cost({ shippingAddressId: home })).toBe(given);
  expect(world.neighbours.calls).toContain('CustomerAddress');
});
