import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../db.js';
import { event } from '../events/outbox.js';
import { record } from '../events/consequences.js';
import { relayBell } from '../events/wake.js';
import { transact, transactOne } from '../transaction.js';
import { createFoundation, type Foundation } from './foundation.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let foundation: Foundation;
beforeAll(async () => {
  foundation = await createFoundation();
});
afterAll(() => foundation.close());

test('two transactions that lock the same rows in opposite order both succeed: the victim is run again', async () => {
  const { context, db, parts } = foundation;
  const ids = [parts.newId(), parts.newId()];
  for (const id of ids) await db.aggregateSequence.create({ data: { aggregateId: id, lastSeq: 0 } });
  let runs = 0;
  let locked = 0;
  const bump = (order: string[]): Promise<void> =>
    transact(context, async (inner) => {
      runs += 1;
      for (const id of order) {
        await inner.db
          .$executeRaw`UPDATE aggregate_sequence SET last_seq = last_seq + 1 WHERE aggregate_id = ${id}::uuid`;
        locked += 1;
        // Neither takes its second row before the other has its first.
        await eventually(() => locked >= 2);
      }
    });
  await Promise.all([bump(ids), bump([...ids].reverse())]);
  expect(runs).toBeGreaterThan(2);
  const rows = await db.aggregateSequence.findMany({ where: { aggregateId: { in: ids } } });
  expect(rows.map((row) => row.lastSeq)).toEqual([2, 2]);
});

test('a transaction inside a transaction joins it', async () => {
  const { context, db, parts } = foundation;
  const id = parts.newId();
  const stop = recordStatements();
  await expect(
    transact(context, async (outer) => {
      await transact(outer, (inner) =>
        inner.db.aggregateSequence.create({ data: { aggregateId: id, lastSeq: 0 } }),
      );
      throw new Error('undone');
    }),
  ).rejects.toThrow('undone');
  const control = stop().filter((one) => /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/.test(one));
  expect(control).toEqual(['BEGIN', 'ROLLBACK']);
  expect(await db.aggregateSequence.count({ where: { aggregateId: id } })).toBe(0);
});

test('one statement is a transaction without being told so: no BEGIN, and the relay wakes', async () => {
  const { context, parts } = foundation;
  const orderId = parts.newId();
  let rings = 0;
  const silence = await parts.wake.listen(relayBell('orders'), () => (rings += 1));
  const stop = recordStatements();
  const updated = event('OrderUpdated', orderId, { orderId, customerId: parts.newId() });
  await transactOne(context, (inner) => record(inner, { events: [updated] }));
  expect(stop().map((one) => one.trim().slice(0, 4))).toEqual(['WITH']);
  // Over Redis a ring takes its time.
  await eventually(() => rings > 0);
  silence();
  expect(rings).toBe(1);
});
