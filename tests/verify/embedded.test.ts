/** `npm run verify` on the built-in PostgreSQL of a data folder, which may run or not, and as whom it reads. */
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLocalDatabase } from '../../local/database.js';
import { keepMasterKey } from '../../local/master-key.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import type { DatabaseUrls } from '../../subgraphs/shared/database-urls.js';
import type { Stops } from '../../subgraphs/shared/program.js';
import { withClient } from '../../tools/prisma-engine/engine.js';
import { verify } from './command.js';

let folder: string;
let urls: DatabaseUrls;
const stops: Stops = [];
async function stop(): Promise<void> {
  for (const end of stops.splice(0)) await end();
}

/** What `npm start` makes before it starts the shop: a database in a data folder, and a key. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hanse-verify-'));
  // PostgreSQL's user must get through it when root runs this.
  chmodSync(folder, 0o755);
  const config = readConfig({ HANSE_DATA: folder });
  const masterKey = keepMasterKey(folder);
  urls = await openLocalDatabase({ config, masterKey, stops, onProgress: () => undefined });
});
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the database of a shop that runs is read as the reading role, and goes on', async () => {
  const { code, stdout, stderr } = await verify([], { HANSE_DATA: folder });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`hanse on 127.0.0.1:${new URL(urls.verify).port} as hanse_verify, `);
  await withClient(urls.verify, (client) => client.query('SELECT'));
});

test('of DATABASE_URL too it takes the reading role, and without the key asks as who is named there', async () => {
  const HANSE_MASTER_KEY = keepMasterKey(folder).toString('base64');
  const known = await verify(['--only', 'persons'], { DATABASE_URL: urls.orders, HANSE_MASTER_KEY });
  expect([known.code, known.stdout]).toEqual([0, expect.stringContaining(' as hanse_verify, ')]);
  const { code, stdout, stderr } = await verify(['--only', 'persons'], { DATABASE_URL: urls.orders });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^The database refused: permission denied for schema \w+\. .* DATABASE_URL\.\n$/);
});

test('the reading role writes nothing', async () => {
  const writes = [
    "INSERT INTO catalog.brand (id, handle, name) VALUES (gen_random_uuid(), 'b', 'B')",
    'UPDATE payments.payment SET order_id = order_id',
    'DELETE FROM orders.orders',
    'CREATE TABLE public.mine (n int)',
  ];
  await withClient(urls.verify, async (client) => {
    for (const write of writes) await expect(client.query(write)).rejects.toMatchObject({ code: '25006' });
    // Nor when the second lock is opened: it was granted nothing.
    await client.query('SET default_transaction_read_only = off');
    for (const write of writes) await expect(client.query(write)).rejects.toMatchObject({ code: '42501' });
  });
});

test('a database that does not run does for the check, with the fault that is in it', async () => {
  // A root, and a child of it whose lineage begins elsewhere.
  await withClient(urls.catalog, async (client) => {
    const insert = (id: string, handle: string, parent: string | null, lineage: string[]): Promise<unknown> =>
      client.query(
        `INSERT INTO catalog.category (id, handle, name, parent_id, lineage, path, created_at)
         VALUES ($1, $2, $2, $3, $4, $2, now())`,
        [id, handle, parent, lineage],
      );
    const [root, child] = [randomUUID(), randomUUID()];
    await insert(root, 'root', null, [root]);
    await insert(child, 'child', root, [randomUUID(), root, child]);
  });
  await stop();
  await expect(withClient(urls.verify, (client) => client.query('SELECT'))).rejects.toThrow('ECONNREFUSED');

  const { code, stdout, stderr } = await verify([], { HANSE_DATA: folder });
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toContain('\ncatalogue.lineage: violated.');
  expect(stdout).toContain(' as hanse_verify, ');
  expect(existsSync(join(folder, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
});

test('where no shop was started none is made, and the folder is named with a way out', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'hanse-verify-'));
  const { code, stdout, stderr } = await verify([], { HANSE_DATA: empty });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`There is no database in ${empty}: no shop was started there.`);
  expect(stderr).toContain('Set HANSE_DATA, DATABASE_URL or VERIFY_DATABASE_URL.');
  expect(readdirSync(empty)).toEqual([]);
  rmSync(empty, { recursive: true });
});
