/** `npm run demo`: fills an empty shop of separate processes with the demonstration catalogue and accounts. */
import { systemClock } from '../../subgraphs/shared/clock.js';
import { closeRemotes, createRemotes, requireSeparate } from '../../subgraphs/shared/http/separate.js';
import { createLog } from '../../subgraphs/shared/log.js';
import { run } from '../../subgraphs/shared/program.js';
import { startDemo } from './demo.js';

await run({
  about: `npm run demo: fills an empty shop with the demonstration catalogue, accounts and orders. Safe to repeat.

It needs HANSE_SERVICE_KEYS, and ORDERS_URL and the like where a subgraph is not at its usual port of this machine.`,
  start: async (config, stops) => {
    requireSeparate(config, 'serviceKeys');
    const remotes = createRemotes(config, systemClock, createLog(config.logLevel, 'demo'));
    stops.push(() => closeRemotes(remotes));
    const demo = await startDemo({ subgraphs: remotes, onProgress: (line) => console.log(`  ${line}`) });
    for (const stop of stops.splice(0)) await stop();
    return () =>
      demo
        ? demo.accounts.map(({ email, password, role }) => `${email}  ${password}  ${role}`).join('\n')
        : 'The shop has goods of its own: nothing was done.';
  },
});
