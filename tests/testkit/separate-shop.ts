/** A whole shop as a story's, every part of it a process of its own, as built for production; several of each where wanted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProcesses, type Processes, type Service } from '../../local/processes.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import { systemClock } from '../../subgraphs/shared/clock.js';
import { closeRemotes, createRemotes, type Remotes } from '../../subgraphs/shared/http/separate.js';
import { newId } from '../../subgraphs/shared/ids.js';
import { createLog } from '../../subgraphs/shared/log.js';
import { buildTo } from '../../tools/build.js';
import { createClient } from './client.js';
import { createTestDatabase, testMasterKey, type TestDatabase } from './server.js';
import type { StoryShop } from './story-shop.js';

export interface SeparateShop extends StoryShop {
  processes: Processes;
  subgraphs: Remotes;
  database: TestDatabase;
}

/** Needs a Redis: processes tell each other of changes through it. */
export const redisUrl = process.env['REDIS_URL'];

/** Visitors go to one gateway after the other, as a load balancer sends them. */
export async function startSeparateShop(
  copies: Partial<Record<Service, number>> = {},
): Promise<SeparateShop> {
  if (!redisUrl) throw new Error('REDIS_URL is missing.');
  const dataFolder = mkdtempSync(join(tmpdir(), 'hanse-separate-'));
  const database = await createTestDatabase();
  const built = fileURLToPath(new URL('../../.hanse/test-build/', import.meta.url));
  await buildTo(built);
  const processes = await startProcesses({
    databaseUrls: database.urls,
    redisUrl,
    masterKey: testMasterKey,
    dataFolder,
    copies,
    built,
    env: { HANSE_PREFIX: `hanse-test-${newId()}` },
  });
  const log = createLog('silent', 'test');
  const subgraphs = createRemotes(readConfig(processes.env), systemClock, log);
  let turn = 0;
  return {
    processes,
    subgraphs,
    database,
    visitor: () => createClient(processes.gatewayUrls[turn++ % processes.gatewayUrls.length] ?? ''),
    close: async () => {
      await closeRemotes(subgraphs);
      await processes.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}
