import { afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../tests/testkit/server.js';
import { createLog } from '../log.js';
import { announcePresence, type Presence } from '../presence.js';
import { eventually, patienceMs as patience } from '../../../tests/testkit/eventually.js';

let database: TestDatabase;
const present: Presence[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const one of present.splice(0)) await one.stop();
});

async function announce(hasRedis: boolean, patienceMs = 0): Promise<Presence> {
  const options = { url: database.urls.relay, hasRedis, log: createLog('silent', 'test'), patienceMs };
  const one = await announcePresence(options);
  present.push(one);
  return one;
}

test('any number with Redis, and one alone without', async () => {
  await announce(true);
  const second = await announce(true);
  await expect(announce(false)).rejects.toThrow('REDIS_URL is missing, and another Hanse process');
  await second.stop();
  await present[0]?.stop();
  await announce(false, patience);
  await expect(announce(false)).rejects.toThrow('more than one needs Redis');
  await expect(announce(true)).rejects.toThrow('a Hanse process that has no REDIS_URL');
});

test('one that is just ending is waited for', async () => {
  const first = await announce(false);
  const second = announce(false, patience);
  await first.stop();
  await second;
});

test('whoever loses the connection takes its place again', async () => {
  await announce(false);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  const presence = `FROM pg_stat_activity WHERE application_name = 'hanse-presence' AND datname = current_database()`;
  const { rows } = await admin.query<{ pid: number }>(`SELECT pid, pg_terminate_backend(pid) ${presence}`);
  // By another connection, which holds the lock: the old one is listed for a moment.
  const place = `SELECT pid ${presence} AND pid <> ALL($1) AND pid IN
    (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`;
  await eventually(async () => (await admin.query(place, [rows.map(({ pid }) => pid)])).rowCount !== 0);
  await admin.end();
  await expect(announce(true)).rejects.toThrow('no REDIS_URL');
});
