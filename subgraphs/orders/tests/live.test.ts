import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { createWorld, payOrder, placedOrder, setUpShop, type World } from './world.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

type Stream = AsyncIterableIterator<{ data?: Record<string, unknown> | null }>;
const watch = async (caller: Caller, orderId: string): Promise<Stream | { errors?: readonly unknown[] }> =>
  (await world.orders.subscribe({
    query: 'subscription ($id: ID!) { orderUpdated(orderId: $id) { order { status version } } }',
    variables: { id: orderId },
    caller,
  })) as Stream;

test('a live order begins with what it is, and comes again after each change, with the change in it', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const stream = (await watch(caller, order.id)) as Stream;
  const next = async (): Promise<unknown> =>
    ((await stream.next()) as IteratorYieldResult<{ data: unknown }>).value.data;
  expect(await next()).toEqual({ orderUpdated: { order: { status: 'PENDING', version: 1 } } });
  const second = next();
  await payOrder(world, caller, order.id, 'pm_card', newId());
  await world.deliver('live', 'OrderUpdated', {
    orderId: order.id,
    customerId: String(caller.claims?.['sub']),
  });
  expect(await second).toEqual({ orderUpdated: { order: { status: 'PAID', version: 2 } } });
  const third = next();
  await world.deliver('live', 'PaymentUpdated', {
    paymentId: newId(),
    orderId: order.id,
    status: 'SUCCEEDED',
  });
  expect(await third).toEqual({ orderUpdated: { order: { status: 'PAID', version: 2 } } });
  await stream.return?.();
});

test('another customer’s order cannot be watched, nor one that does not exist', async () => {
  const { order } = await placedOrder(world, methodId);
  for (const id of [order.id, newId(), 'no id'])
    expect(await watch(guestCaller(), id)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
});

test('the subgraph starts its consumers, whose timers cancel an unpaid order by themselves', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const stream = (await watch(caller, order.id)) as Stream;
  await stream.next();
  const change = stream.next();
  world.parts.testClock.advance(31 * 60_000);
  await world.orders.start();
  await world.orders.ready();
  await eventually(
    () =>
      world.ask<{ status: string }>(caller, 'query ($id: ID!) { order(id: $id) { status } }', {
        id: order.id,
      }),
    ({ status }) => status === 'CANCELLED',
  );
  // Without a relay the event stays in the outbox: told by hand, the stream shows it.
  await world.deliver('live', 'OrderUpdated', {
    orderId: order.id,
    customerId: String(caller.claims?.['sub']),
  });
  expect(((await change) as IteratorYieldResult<{ data: unknown }>).value.data).toMatchObject({
    orderUpdated: { order: { status: 'CANCELLED' } },
  });
  await stream.return?.();
});
