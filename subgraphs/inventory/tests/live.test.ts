import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { startRelay } from '../../shared/events/relay.js';
import {
  createInventoryTest,
  createWarehouse,
  reserved,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
let relay: { stop(): Promise<void> };
beforeAll(async () => {
  t = await createInventoryTest();
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
