import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase } from '../../../tests/testkit/server.js';
import { isOutage } from '../database-error.js';
import { openDatabase, type Database } from '../db.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let database: Database;

beforeAll(async () => {
  const { urls } = await createTestDatabase();
  database = openDatabase({ url: urls.orders, schema: 'orders', max: 1, onError: () => undefined });
});
afterAll(() => database.close());

test('a connection that breaks while it goes from one user to the next does not end the process', async () => {
  const first = await database.pool.connect();
  const second = database.pool.connect();
  // As in one packet: the answer that ends the first use, and "terminating connection". The second has the client by
  // now, and had no chance yet to listen for its errors.
  first.release();
  let unheard: unknown;
  try {
    first.emit('error', new Error('terminating connection'));
  } catch (error) {
    unheard = error;
  }
  (await second).release(true);
  expect(unheard).toBeUndefined();
  expect((await database.pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('whatever is asked of a connection that was cut is an outage', async () => {
  const client = await database.pool.connect();
  const ask = (sql: string): Promise<unknown> => client.query(sql).catch((error: unknown) => error);
  const cut = await ask('SELECT pg_terminate_backend(pg_backend_pid())');
  // That the connection has ended is heard a moment later.
  const after = await eventually(
    () => ask('SELECT 1'),
    (answer) => answer instanceof Error && answer.message.includes('not queryable'),
  );
  client.release(true);
  expect([isOutage(cut), isOutage(after)]).toEqual([true, true]);
});
