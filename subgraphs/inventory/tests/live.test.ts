import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { startRelay } from '../../shared/events/relay.js';
import {
  createInventoryTest,
  createWarehouse,
  deliver,
  reserved,
  staff,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
let relay: { stop(): Promise<void> };
beforeAll(async () => {
  t = await createInventoryTest();
  // Loads Prisma's engine, which Jest does not let the loops do between two tests.
  await createWarehouse(t);
  const { wake, clock, log } = t.parts;
  relay = startRelay({
    url: t.parts.database.urls.relay,
    schemas: ['inventory'],
    wake,
    clock,
    log,
    pollMs: 50,
  });
  await t.inventory.start();
});
afterAll(async () => {
  await relay.stop();
  await t.close();
});

interface Event {
  id: string;
  status: string;
}

async function watch(variantIds: string[]) {
  const stream = await t.inventory.subscribe({
    query:
      'subscription ($ids: [ID!]!) { availabilityChanged(variantIds: $ids) { variant { id availability { status } } } }',
    variables: { ids: variantIds },
    caller: anonymousCaller(),
  });
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
  const next = async (): Promise<Event> => {
    const { value } = (await stream.next()) as IteratorResult<ExecutionResult, undefined>;
    const { variant } = (
      value?.data as { availabilityChanged: { variant: { id: string; availability: Event } } }
    ).availabilityChanged;
    return { id: variant.id, status: variant.availability.status };
  };
  return { next, stream };
}

test('who watches variants sees each of them at once, and each again when it changes', async () => {
  const home = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 2 });
  const b = await stockVariant(t, { [home]: 2 });
  const { next, stream } = await watch([a, b, a]);
  expect([await next(), await next()]).toEqual([
    { id: a, status: 'IN_STOCK' },
    { id: b, status: 'IN_STOCK' },
  ]);
  await reserved(t, { [b]: 2 });
  let event: Event;
  do event = await next();
  while (event.status !== 'OUT');
  expect(event.id).toBe(b);
  await reserved(t, { [a]: 2 });
  do event = await next();
  while (event.status !== 'OUT' || event.id === b);
  expect(event.id).toBe(a);
  const last = stream.next();
  await stream.return?.();
  expect(await last).toEqual({ done: true, value: undefined });
});

test('nobody watches nothing, or too much', async () => {
  for (const ids of [[], Array.from({ length: 101 }, () => t.parts.newId())]) {
    await expect(watch(ids)).rejects.toThrow('BAD_USER_INPUT');
  }
});

interface StockEvent {
  variant: string;
  levels: [number, number][];
}

async function watchLevels(variantIds: string[], warehouseId: string | null = null, caller = staff()) {
  const stream = await t.inventory.subscribe({
    query: `subscription ($ids: [ID!]!, $warehouseId: ID) {
      stockLevelChanged(variantIds: $ids, warehouseId: $warehouseId) { variant { id } levels { onHand reserved } } }`,
    variables: { ids: variantIds, warehouseId },
    caller,
  });
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
  const next = async (): Promise<StockEvent> => {
    const { value } = (await stream.next()) as IteratorResult<ExecutionResult, undefined>;
    const { variant, levels } = (
      value?.data as {
        stockLevelChanged: { variant: { id: string }; levels: { onHand: number; reserved: number }[] };
      }
    ).stockLevelChanged;
    return { variant: variant.id, levels: levels.map((one) => [one.onHand, one.reserved]) };
  };
  /** The first event that shows these levels: signals may come together or twice. */
  const until = async (levels: [number, number][]): Promise<StockEvent> => {
    for (;;) {
      const event = await next();
      if (JSON.stringify(event.levels) === JSON.stringify(levels)) return event;
    }
  };
  return { next, until, stream };
}

test('staff who watch levels see them at once, and again with every reservation and sale', async () => {
  const [home, away] = [await createWarehouse(t, { code: 'A' }), await createWarehouse(t, { code: 'B' })];
  const a = await stockVariant(t, { [home]: 5, [away]: 1 });
  const all = await watchLevels([a]);
  const here = await watchLevels([a], home);
  expect(await all.next()).toEqual({
    variant: a,
    levels: [
      [5, 0],
      [1, 0],
    ],
  });
  expect(await here.next()).toEqual({ variant: a, levels: [[5, 0]] });
  const orderId = await reserved(t, { [a]: 2 });
  expect(await here.until([[5, 2]])).toMatchObject({ variant: a });
  // What can be sold does not change by a sale: the levels do.
  await deliver(t, 'OrderPaid', orderId, 2, {
    ...{ orderId, customerId: orderId, amount: '1', currencyCode: 'EUR' },
    lines: [{ variantId: a, productId: a, quantity: 2 }],
  });
  expect(await here.until([[3, 0]])).toMatchObject({ variant: a });
  await all.until([
    [3, 0],
    [1, 0],
  ]);
  await Promise.all([all.stream.return?.(), here.stream.return?.()]);
});

test('levels are for staff alone', async () => {
  const a = t.parts.newId();
  await expect(watchLevels([a], null, anonymousCaller())).rejects.toThrow('UNAUTHENTICATED');
  await expect(watchLevels([])).rejects.toThrow('BAD_USER_INPUT');
  await expect(watchLevels([a], 'no id')).rejects.toThrow('BAD_USER_INPUT');
});
