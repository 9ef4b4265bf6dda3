/** What a subgraph is given in a test: a database of its own, a clock that can be set, doors to the other subgraphs. */
import { randomUUID } from 'node:crypto';
import type { SubgraphName } from '../../subgraphs/list.js';
import { createBus } from '../../subgraphs/shared/bus.js';
import type { Door } from '../../subgraphs/shared/call.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import { createWake } from '../../subgraphs/shared/events/wake.js';
import { newId } from '../../subgraphs/shared/ids.js';
import { createLive } from '../../subgraphs/shared/live.js';
import { createLog } from '../../subgraphs/shared/log.js';
import type { Parts } from '../../subgraphs/shared/parts.js';
import type { Role } from '../../subgraphs/shared/viewer.js';
import { createTestDatabase, testMasterKey, type TestDatabase } from './server.js';

export interface TestClock {
  now: () => Date;
  /** Real time goes on from there. */
  advance(ms: number): void;
}

export function createTestClock(): TestClock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    advance: (ms) => void (ahead += ms),
  };
}

export interface TestParts extends Parts {
  testClock: TestClock;
  database: TestDatabase;
  close(): Promise<void>;
}

/** The tests' outside world: Redis, OpenSearch and the rest where their variables are set, else in memory. */
export async function createTestParts(
  doors: Partial<Record<SubgraphName, Door>> = {},
  env: Record<string, string> = {},
): Promise<TestParts> {
  const database = await createTestDatabase();
  const testClock = createTestClock();
  const log = createLog(process.env['LOG_LEVEL'] ?? 'silent', 'test');
  const read = readConfig({ ...process.env, PORT: '0', PAYMENTS_PORT: '0', ...env });
  const config = { ...read, masterKey: testMasterKey, prefix: `hanse-test-${randomUUID()}` };
  const bus = createBus({ redisUrl: config.redisUrl, prefix: config.prefix, log });
  return {
    config,
    log,
    clock: testClock.now,
    testClock,
    newId,
    live: createLive(bus),
    wake: createWake(bus, (error) => log.error({ err: error }, 'a wake-up was lost')),
    database,
    databaseUrl: (subgraph) => database.urls[subgraph],
    doorTo: (subgraph) => {
      const door = doors[subgraph];
      if (!door) throw new Error(`This test gave no door to ${subgraph}.`);
      return door;
    },
    close: () => bus.close(),
  };
}

const caller = (claims: Caller['claims']): Caller => ({ claims, headers: {}, correlationId: randomUUID() });

export const anonymousCaller = (): Caller => caller(null);
export const guestCaller = (id: string = newId()): Caller => caller({ kind: 'guest', sub: id, sid: newId() });
export const userCaller = (id: string = newId(), ...roles: Role[]): Caller =>
  caller({ kind: 'user', sub: id, sid: newId(), roles: ['customer', ...roles] });
export const staffCaller = (...roles: Role[]): Caller => userCaller(newId(), ...roles);
