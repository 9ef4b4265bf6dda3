import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase } from '../../../tests/testkit/server.js';
import { openDatabase, type Database } from '../db.js';

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
