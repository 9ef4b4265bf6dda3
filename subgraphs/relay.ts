/** `npm run start:relay`: carries events between the subgraphs, as a process of its own. Any number may run. */
import { subgraphNames } from './list.js';
import { createBus } from './shared/bus.js';
import { systemClock } from './shared/clock.js';
import { startRelay } from './shared/events/relay.js';
import { createWake } from './shared/events/wake.js';
import { requireDatabase, requireSeparate } from './shared/http/separate.js';
import { createLog } from './shared/log.js';
import { announcePresence } from './shared/presence.js';
import { run } from './shared/program.js';

await run({
  about: `npm run start:relay: carries events between the subgraphs.

It needs REDIS_URL, and RELAY_DATABASE_URL, or DATABASE_URL with HANSE_MASTER_KEY.`,
  start: async (config, stops) => {
    requireSeparate(config, 'redisUrl');
    const url = requireDatabase(config, 'relay');
    const log = createLog(config.logLevel, 'relay');
    const presence = await announcePresence({ url, hasRedis: true, log });
    stops.push(() => presence.stop());
    const bus = createBus({ redisUrl: config.redisUrl, prefix: config.prefix, log });
    stops.push(() => bus.close());
    const wake = createWake(bus, (error) => log.warn({ err: error }, 'a wake-up was lost'));
    const relay = startRelay({
      ...{ url, schemas: subgraphNames, wake, clock: systemClock, log },
      // One that has never run has not said which events it wants.
      waitForConsumers: true,
    });
    stops.push(() => relay.stop());
    return (seconds) => `The relay is up after ${seconds.toFixed(1)} s.`;
  },
});
