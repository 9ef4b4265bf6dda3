/** `npm run start:orders` and the like: one subgraph as a process of its own. Any number of the same may run. */
import { subgraphNames, subgraphs, type SubgraphName } from './list.js';
import { loadSubgraph } from './load.js';
import { createBus } from './shared/bus.js';
import { systemClock } from './shared/clock.js';
import type { Config } from './shared/config.js';
import { createWake } from './shared/events/wake.js';
import { closeRemotes, createRemotes, requireDatabase, requireSeparate } from './shared/http/separate.js';
import { startSubgraphServer } from './shared/http/server.js';
import { newId } from './shared/ids.js';
import { createLive } from './shared/live.js';
import { createLog } from './shared/log.js';
import { announcePresence } from './shared/presence.js';
import { run, type Stops } from './shared/program.js';

async function start(name: SubgraphName, config: Config, stops: Stops): Promise<number> {
  requireSeparate(config, 'redisUrl', 'serviceKeys', 'masterKey');
  const { masterKey = Buffer.alloc(0), serviceKeys: keys, host, port } = config;
  const url = requireDatabase(config, name);
  const create = await loadSubgraph(name);
  const log = createLog(config.logLevel, name);
  const clock = systemClock;
  const presence = await announcePresence({ url, hasRedis: true, log });
  stops.push(() => presence.stop());
  const bus = createBus({ redisUrl: config.redisUrl, prefix: config.prefix, log });
  stops.push(() => bus.close());
  const remotes = createRemotes(config, clock, log);
  stops.push(() => closeRemotes(remotes));
  const subgraph = await create({
    config: { ...config, masterKey },
    log,
    clock,
    newId,
    live: createLive(bus),
    wake: createWake(bus, (error) => log.warn({ err: error }, 'a wake-up was lost')),
    databaseUrl: () => url,
    doorTo: (other) => remotes[other],
  });
  stops.push(() => subgraph.stop());
  // Its consumers are known before it is said to be ready.
  await subgraph.start();
  const isFirst = bus.isFirst;
  const server = await startSubgraphServer({ subgraph, host, port, keys, isFirst, clock, log });
  stops.push(() => server.stop());
  return server.port;
}

const isName = (text: string | undefined): text is SubgraphName =>
  subgraphNames.some((name) => name === text);

const [, , name] = process.argv;
if (isName(name)) {
  await run({
    about: `npm run start:${name}: the subgraph ${name} as a process of its own.

It needs HANSE_MASTER_KEY, HANSE_SERVICE_KEYS, REDIS_URL, and
${name.toUpperCase()}_DATABASE_URL or DATABASE_URL.`,
    defaultPort: subgraphs.find((one) => one.name === name)?.port ?? 0,
    start: async (config, stops) => {
      const port = await start(name, config, stops);
      return (seconds) => `${name} is up after ${seconds.toFixed(1)} s on ${config.host}:${port}.`;
    },
  });
} else {
  console.error(`Say which subgraph: ${subgraphNames.map((one) => `npm run start:${one}`).join(', ')}.`);
  process.exitCode = 2;
}
