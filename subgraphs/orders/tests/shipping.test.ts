/** Ways of shipping by zone, changed and deactivated by staff. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { address, createWorld, placeOrder, setUpShop, type UserErrorShape, type World } from './world.js';

let world: World;
let methodId: string;
let zoneId: string;
const staff = staffCaller('admin');
type Input = Record<string, unknown>;
const island = { ...address, city: 'Westerland', postalCode: '25980' };

const run = <T>(name: string, fields: string, input: Input, caller: Caller = staff): Promise<T> =>
  world.ask(
    caller,
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) {
      ${fields} userErrors { code field } } }`,
    { input },
  );
interface ZoneAnswer {
  shippingZone: { id: string } | null;
  userErrors: UserErrorShape[];
}
const setZone = (input: Input): Promise<ZoneAnswer> => run('setShippingZone', 'shippingZone { id }', input);
const update = (input: Input): Promise<{ shippingMethod: Input | null; userErrors: UserErrorShape[] }> =>
  run(
    'updateShippingMethod',
    'shippingMethod { name freeAbove { amount } cutoffHour active tiers { zoneId price { amount } } }',
    { id: methodId, ...input },
  );

beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
  const areas = [{ country: 'DE', postalCodes: [{ from: '25946', to: '25999' }] }];
  zoneId = (await setZone({ code: 'islands', name: 'Islands', areas })).shippingZone?.id ?? '';
});
afterAll(() => world.close());

interface CartAnswer {
  cart: { version: number; totals: Record<string, { amount: string } | null> };
  warnings: { code: string }[];
}
const deliver = (caller: Caller, input: Input): Promise<CartAnswer> =>
  run(
    'setCartDelivery',
    `cart { version totals { shipping { amount } total { amount } } } warnings { code }`,
    input,
    caller,
  );
async function cartOf(price: bigint, shippingAddress: object): Promise<Caller> {
  const caller = guestCaller();
  const lines = [{ variantId: world.neighbours.variant(price).id, quantity: 1 }];
  await run('addToCart', 'cart { id }', { idempotencyKey: newId(), lines }, caller);
  await deliver(caller, { email: 'anna@example.com', shippingAddress, shippingMethodId: methodId });
  return caller;
}
const shipping = async (caller: Caller): Promise<string | undefined> =>
  (await world.ask<CartAnswer['cart']>(caller, '{ cart { totals { shipping { amount } } } }')).totals[
    'shipping'
  ]?.amount;

test('a zone has its own price, and a change counts for carts at once and not for orders', async () => {
  const tiers = [{ zoneId, price: '12.00', freeAbove: '500.00' }, { price: '4.90' }];
  expect(await update({ tiers })).toEqual({
    shippingMethod: {
      ...{ name: 'Standard', freeAbove: { amount: '100.00' }, cutoffHour: null, active: true },
      tiers: [
        { zoneId, price: { amount: '12.00' } },
        { zoneId: null, price: { amount: '4.90' } },
      ],
    },
    userErrors: [],
  });
  const onIsland = await cartOf(2000n, island);
  expect(await shipping(onIsland)).toBe('12.00');
  expect(await shipping(await cartOf(2000n, address))).toBe('4.90');
  expect([
    await shipping(await cartOf(10_000n, address)),
    await shipping(await cartOf(10_000n, island)),
  ]).toEqual([...['0.00', '12.00']]);
  const [{ version } = { version: 0 }] = await world.rows<{ version: number }>(
    'SELECT version FROM cart WHERE customer_id = $1',
    onIsland.claims?.['sub'],
  );
  const { order } = await placeOrder(world, onIsland, version, newId());
  await update({ tiers: [{ price: '1.00' }], freeAbove: null, name: 'Parcel' });
  expect(order?.total.amount).toBe('32.00');
  expect(
    await world.ask(onIsland, 'query ($id: ID!) { order(id: $id) { total { amount } shipping { name } } }', {
      id: order?.id,
    }),
  ).toEqual({ total: { amount: '32.00' }, shipping: { name: 'Standard' } });
  expect(await shipping(await cartOf(10_000n, address))).toBe('1.00');
});

test('a method that is taken out is offered no more, warns in carts and takes no order, until it is back', async () => {
  const caller = await cartOf(2000n, address);
  await update({ active: false });
  expect(await world.ask(caller, '{ cart { shippingOptions { price { amount } } } }')).toEqual({
    shippingOptions: [],
  });
  const { cart, warnings } = await deliver(caller, { email: 'anna@example.org' });
  expect(warnings).toEqual([{ code: 'SHIPPING_UNAVAILABLE' }]);
  const refused = await placeOrder(world, caller, cart.version, newId());
  expect([refused.order, refused.userErrors.map(({ code }) => code)]).toEqual([
    null,
    ['SHIPPING_UNAVAILABLE'],
  ]);
  await update({ active: true });
  expect((await placeOrder(world, caller, cart.version, newId())).order).not.toBeNull();
});

test('what is wrong is refused and changes nothing; two changes at once both count', async () => {
  const before = await world.rows('SELECT * FROM shipping_method');
  for (const input of [
    { tiers: [] },
    { tiers: [{ price: '1.001' }] },
    { tiers: [{ price: '1', zoneId: newId() }] },
    { estimatedDaysMin: 9 },
    { countries: [] },
    { cutoffHour: 25 },
  ])
    expect((await update(input)).userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  expect((await update({ id: newId(), name: 'x' })).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await world.rows('SELECT * FROM shipping_method')).toEqual(before);
  await Promise.all([update({ cutoffHour: 12 }), update({ name: 'Both' }), update({ freeAbove: '50' })]);
  expect((await update({})).shippingMethod).toMatchObject({
    ...{ cutoffHour: 12, name: 'Both', freeAbove: { amount: '50.00' } },
  });
});

test('a zone that a price is for stays; another goes, once', async () => {
  const remove = (id: string): Promise<unknown> => run('removeShippingZone', 'removedId', { id });
  await update({ tiers: [{ zoneId, price: '9.00' }, { price: '4.90' }] });
  expect(await remove(zoneId)).toEqual({
    removedId: null,
    userErrors: [{ code: 'ZONE_IN_USE', field: ['id'] }],
  });
  await update({ tiers: [{ price: '4.90' }] });
  const again = await setZone({
    code: 'islands',
    name: 'Isles',
    areas: [{ country: 'DE', regions: ['SH'] }],
  });
  expect(again.shippingZone?.id).toBe(zoneId);
  expect(await remove(zoneId)).toEqual({ removedId: zoneId, userErrors: [] });
  expect(await remove(zoneId)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
  expect((await setZone({ code: 'x', name: 'X', areas: [] })).userErrors).toHaveLength(2);
  expect(await world.ask(staff, '{ shippingZones { code } }')).toEqual([]);
});

test('an option says on which days its parcel comes, and the order keeps what was said', async () => {
  // In the morning: what is said in the last second of a day is another thing in the first of the next.
  const untilNine = (33 * 3_600_000 - (world.parts.clock().getTime() % 86_400_000)) % 86_400_000;
  world.parts.testClock.advance(untilNine);
  const caller = await cartOf(2000n, address);
  const { shippingOptions, version } = await world.ask<{
    version: number;
    shippingOptions: { estimatedDelivery: object }[];
  }>(caller, '{ cart { version shippingOptions { estimatedDelivery { earliest latest } } } }');
  const said = shippingOptions[0]?.estimatedDelivery;
  expect(said).toEqual({
    earliest: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    latest: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
  });
  const { order } = await placeOrder(world, caller, version, newId());
  const query = 'query ($id: ID!) { order(id: $id) { shipping { estimatedDelivery { earliest latest } } } }';
  expect(await world.ask(caller, query, { id: order?.id })).toEqual({
    shipping: { estimatedDelivery: said },
  });
});
