/** `npm run start:gateway`: the gateway as a process of its own, over subgraphs in others. Any number may run. */
import { systemClock } from '../subgraphs/shared/clock.js';
import { closeRemotes, createRemotes, requireSeparate } from '../subgraphs/shared/http/separate.js';
import { createLog } from '../subgraphs/shared/log.js';
import { run } from '../subgraphs/shared/program.js';
import { startHanseGateway } from './hanse.js';

await run({
  about: `npm run start:gateway: the one public endpoint, over subgraphs that are processes of their own.

It needs HANSE_SERVICE_KEYS, and ORDERS_URL and the like where a subgraph is not at its usual port of this machine.`,
  start: async (config, stops) => {
    requireSeparate(config, 'serviceKeys');
    const log = createLog(config.logLevel, 'gateway');
    const remotes = createRemotes(config, systemClock, log);
    stops.push(() => closeRemotes(remotes));
    const { host, port, countryHeader, trustedProxies } = config;
    const gateway = await startHanseGateway({
      ...{ upstreams: remotes, host, port, countryHeader, trustedProxies, clock: systemClock, log },
    });
    stops.push(() => gateway.stop());
    return (seconds) => `The gateway is up after ${seconds.toFixed(1)} s: ${gateway.url}`;
  },
});
