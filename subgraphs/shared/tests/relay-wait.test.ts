import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { startConsumers, type Consumer, type ConsumerContext } from '../events/inbox.js';
import { emit, event } from '../events/outbox.js';
import { startRelay } from '../events/relay.js';
import { createFoundation, type Foundation } from './foundation.js';
import { eventually } from '../../../tests/testkit/eventually.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A shop of orders alone, which has not started, with a relay and an event that waits; what the relay's log says. */
async function tellEarly(): Promise<{ foundation: Foundation; orderId: string; lines: unknown[] }> {
  const foundation = await createFoundation();
  stops.push(() => foundation.close());
  const { parts, context } = foundation;
  const lines: unknown[] = [];
  const write = (line: string): void => {
    const { msg, waitsFor } = JSON.parse(line) as { msg: string; waitsFor?: string[] };
    lines.push([msg, waitsFor]);
  };
  const relay = startRelay({
    url: parts.database.urls.relay,
    schemas: ['orders'],
    wake: parts.wake,
    clock: parts.clock,
    log: pino({ level: 'info' }, { write }),
    pollMs: 10,
    waitForConsumers: true,
  });
  stops.push(() => relay.stop());
  const orderId = parts.newId();
  await emit(context, event('OrderUpdated', orderId, { orderId, customerId: parts.newId() }));
  await eventually(() => lines.length > 0);
  // Many polls: none moves the event, none says it again.
  for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await notRelayed(foundation)).toBe(1);
  expect(lines).toEqual([waits]);
  return { foundation, orderId, lines };
}

const notRelayed = ({ db }: Foundation): Promise<number> =>
  db.outboxEvent.count({ where: { relayedAt: null } });
const waits = [
  'events stay in the outboxes until these subgraphs have started for the first time',
  ['orders'],
];
const goesOn = ['every subgraph has started once: events are carried now', undefined];

test('what is told before a subgraph first starts reaches it when it does', async () => {
  const { foundation, orderId, lines } = await tellEarly();
  const seen: string[] = [];
  const consumer: Consumer<ConsumerContext> = {
    name: 'late',
    mode: 'transaction',
    handlers: {
      OrderUpdated: async (_context, batch) => void seen.push(...batch.map((one) => one.payload.orderId)),
    },
  };
  const running = await startConsumers({
    schema: 'orders',
    consumers: [consumer],
    createContext: () => foundation.context,
    pollMs: 10,
  });
  stops.push(() => running.stop());
  await eventually(() => seen.length > 0);
  expect(seen).toEqual([orderId]);
  expect(await notRelayed(foundation)).toBe(0);
  expect(lines).toEqual([waits, goesOn]);
});

test('nobody waits for a subgraph that has started and handles no event', async () => {
  const { foundation, lines } = await tellEarly();
  const running = await startConsumers({
    schema: 'orders',
    consumers: [],
    createContext: () => foundation.context,
  });
  stops.push(() => running.stop());
  await eventually(async () => (await notRelayed(foundation)) === 0);
  expect(lines).toEqual([waits, goesOn]);
});
