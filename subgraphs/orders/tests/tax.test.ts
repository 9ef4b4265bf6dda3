/** Taxes by region, prices without tax, and taxes from a service. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { address, createWorld, placeOrder, setUpShop, type UserErrorShape, type World } from './world.js';

let world: World;
let remote: World;
let service: Server;
/** What the tax service says next; null: it is broken. */
let rates: string[] | null = null;
const staff = staffCaller('admin');

beforeAll(async () => {
  service = createServer((_request, response) => {
    const lines = rates?.map((rate) => ({ rate, name: 'Service tax' }));
    response.writeHead(lines ? 200 : 503).end(JSON.stringify({ lines }));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  world = await createWorld();
  remote = await createWorld({ TAX_SERVICE_URL: `http://127.0.0.1:${port}/` });
  for (const one of [world, remote]) {
    await setUpShop(one);
    await createMethod(one);
  }
  await setRate({ country: 'US', taxCategory: 'STANDARD', rate: '0', name: 'No sales tax' });
  await setRate({ country: 'US', region: 'New York', taxCategory: 'STANDARD', rate: '8.875', name: 'NY' });
});
afterAll(async () => {
  await world.close();
  await remote.close();
  await new Promise((resolve) => service.close(resolve));
});

type Input = Record<string, unknown>;
interface RateAnswer {
  taxRate: { id: string; region: string | null; rate: string; rateBasisPoints: number } | null;
  userErrors: UserErrorShape[];
}
const setRate = (input: Input): Promise<RateAnswer> =>
  world.ask(
    staff,
    `mutation ($input: SetTaxRateInput!) { setTaxRate(input: $input) {
      taxRate { id region rate rateBasisPoints } userErrors { code field } } }`,
    { input },
  );
const createMethod = (one: World): Promise<unknown> =>
  one.ask(
    staff,
    `mutation ($input: CreateShippingMethodInput!) { createShippingMethod(input: $input) { userErrors { code } } }`,
    {
      input: {
        ...{ idempotencyKey: newId(), code: 'usd', name: 'Parcel', carrier: 'UPS', service: 'Ground' },
        ...{ countries: ['US'], currencyCode: 'USD', tiers: [{ price: '5.00' }] },
        ...{ estimatedDaysMin: 2, estimatedDaysMax: 4 },
      },
    },
  );

const usd = (): Caller => ({ ...guestCaller(), headers: { 'x-currency': 'USD' } });
const totals =
  'pricesIncludeTax totals { subtotal { amount } net { amount } tax { amount } total { amount } }';

/** A cart of three pieces at 19.99 dollars that goes to the state; its version and totals. */
async function cartTo(one: World, caller: Caller, state: string): Promise<{ version: number }> {
  const { id } = one.neighbours.variant(1999n);
  const lines = [{ variantId: id, quantity: 3 }];
  await one.ask(caller, 'mutation ($i: AddToCartInput!) { addToCart(input: $i) { userErrors { code } } }', {
    i: { idempotencyKey: newId(), lines },
  });
  const [method] = await one.rows<{ id: string }>(`SELECT id FROM shipping_method WHERE code = 'usd'`);
  const { cart } = await one.ask<{ cart: { version: number } }>(
    caller,
    `mutation ($i: SetCartDeliveryInput!) { setCartDelivery(input: $i) { cart { version ${totals} } } }`,
    {
      i: {
        email: 'anna@example.com',
        shippingAddress: { ...address, city: 'New York', state, postalCode: '10001', country: 'US' },
        shippingMethodId: method?.id,
      },
    },
  );
  return cart;
}

test('tax of a region is added to prices without tax, per line, and the order keeps it so', async () => {
  const caller = usd();
  const cart = await cartTo(world, caller, 'ny');
  // 59.97 × 8.875 % = 5.3223..., 5.00 × 8.875 % = 0.44375
  expect(cart).toMatchObject({
    pricesIncludeTax: false,
    totals: {
      ...{ subtotal: { amount: '59.97' }, net: { amount: '64.97' } },
      ...{ tax: { amount: '5.76' }, total: { amount: '70.73' } },
    },
  });
  const { order, userErrors } = await placeOrder(world, caller, cart.version, newId());
  expect([order?.total.amount, userErrors]).toEqual(['70.73', []]);
  const kept = await world.ask(
    caller,
    `query ($id: ID!) { order(id: $id) { pricesIncludeTax items { unitPrice { amount } net { amount }
       tax { amount } total { amount } taxRate taxRateBasisPoints taxName }
       taxes { name rate rateBasisPoints net { amount } tax { amount } } } }`,
    { id: order?.id },
  );
  expect(kept).toEqual({
    pricesIncludeTax: false,
    items: [
      {
        ...{ unitPrice: { amount: '19.99' }, net: { amount: '59.97' }, tax: { amount: '5.32' } },
        ...{ total: { amount: '65.29' }, taxRate: '8.875', taxRateBasisPoints: 888, taxName: 'NY' },
      },
    ],
    taxes: [
      ...[
        {
          name: 'NY',
          rate: '8.875',
          rateBasisPoints: 888,
          net: { amount: '64.97' },
          tax: { amount: '5.76' },
        },
      ],
    ],
  });
});

test('another region has the country’s rate; one that nobody knows is not sold to', async () => {
  const oregon = usd();
  expect(await cartTo(world, oregon, 'Oregon')).toMatchObject({ totals: { tax: { amount: '0.00' } } });
  const nowhere = usd();
  const cart = await cartTo(world, nowhere, 'Nu York');
  expect(cart).toMatchObject({ totals: { tax: null, total: { amount: '64.97' } } });
  const { order, userErrors } = await placeOrder(world, nowhere, cart.version, newId());
  expect([order, userErrors.map(({ code }) => code)]).toEqual([null, ['NO_TAX_RATE']]);
  expect(world.neighbours.calls.at(-1)).toBe('ReleaseStock');
  expect(await world.rows('SELECT 1 FROM orders WHERE customer_id = $1', nowhere.claims?.['sub'])).toEqual(
    [],
  );
});

test('a rate is set by percent or hundredths of it, once per country and region, and taken away', async () => {
  const set = async (more: Input): Promise<unknown> => {
    const input = { country: 'US', region: 'NJ', taxCategory: 'REDUCED', name: 'NJ', ...more };
    const { taxRate, userErrors } = await setRate(input);
    return taxRate ?? userErrors.map(({ code }) => code);
  };
  const first = (await set({ rate: '6.625' })) as { id: string };
  expect(first).toEqual({ id: first.id, region: 'NJ', rate: '6.625', rateBasisPoints: 663 });
  expect(await set({ rateBasisPoints: 700, region: 'new jersey' })).toMatchObject({
    id: first.id,
    rate: '7',
  });
  const wrong = [
    {},
    { rate: '1', rateBasisPoints: 1 },
    { rate: '100.1' },
    { rate: '1', region: 'XX' },
    { rate: '1', name: ' ' },
  ];
  for (const input of wrong) expect(await set(input)).toEqual(['INVALID_INPUT']);
  const [row] = await world.rows(`SELECT rate_ppm, name FROM tax_rate WHERE region = 'NJ'`);
  expect(row).toEqual({ rate_ppm: 70_000, name: 'NJ' });
  const remove = (): Promise<unknown> =>
    world.ask(
      staff,
      'mutation ($input: RemoveTaxRateInput!) { removeTaxRate(input: $input) { removedId userErrors { code } } }',
      { input: { id: first.id } },
    );
  expect(await remove()).toEqual({ removedId: first.id, userErrors: [] });
  expect(await remove()).toEqual({ removedId: null, userErrors: [{ code: 'NOT_FOUND' }] });
  expect(await world.rows(`SELECT 1 FROM tax_rate WHERE region = 'NJ'`)).toEqual([]);
});

test('a service that is configured says the taxes; while it is away nothing is decided, and the same key goes on', async () => {
  const caller = usd();
  rates = ['10', '20.5'];
  const cart = await cartTo(remote, caller, 'anywhere');
  // 59.97 × 10 % = 5.997, 5.00 × 20.5 % = 1.025
  expect(cart).toMatchObject({ totals: { tax: { amount: '7.03' }, total: { amount: '72.00' } } });
  rates = null;
  expect(await remote.ask(caller, `{ cart { ${totals} } }`)).toMatchObject({
    totals: { tax: null, total: { amount: '64.97' } },
  });
  const key = newId();
  await expect(placeOrder(remote, caller, cart.version, key)).rejects.toThrow('RETRY_LATER');
  expect(remote.neighbours.reservations.size).toBe(0);
  rates = ['10', '20.5'];
  const { order, userErrors } = await placeOrder(remote, caller, cart.version, key);
  expect([order?.total.amount, userErrors]).toEqual(['72.00', []]);
});
