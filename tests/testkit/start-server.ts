/** One PostgreSQL for many databases: that of DATABASE_URL, or an embedded one without durability; in it a migrated template. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../local/postgres/server.js';
import { prepareDatabase } from '../../tools/database/prepare.js';
import { testMasterKey, withDatabase, type TestServer } from './server.js';

/** Starts it and says where it is in HANSE_TEST_SERVER, for this process and those that it starts. */
export async function startTestServer(): Promise<{ server: TestServer; stop(): Promise<void> }> {
  const run = `hanse_test_${process.pid}_${Date.now().toString(36)}`;
  const external = process.env['DATABASE_URL'];
  const postgres = external
    ? undefined
    : await startPostgres({
        dataFolder: mkdtempSync(join(tmpdir(), 'hanse-test-')),
        durable: false,
        settings: { max_connections: '300' },
      });
  const server: TestServer = {
    adminUrl: external ?? postgres?.adminUrl ?? '',
    template: `${run}_template`,
    rolePrefix: run,
  };
  await prepareDatabase({
    adminUrl: withDatabase(server.adminUrl, server.template),
    masterKey: testMasterKey,
    rolePrefix: server.rolePrefix,
  });
  process.env['HANSE_TEST_SERVER'] = JSON.stringify(server);
  return {
    server,
    stop: async () => {
      if (!postgres) return;
      await postgres.stop();
      rmSync(postgres.folder, { recursive: true, force: true });
    },
  };
}
