// stripe-mock, Stripe's own: it checks every request against their OpenAPI description and answers fixtures.

import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { installFromGo } from './install.mjs';
import { freePort, startServer, waitUntil } from './server.mjs';

const MODULE = {
  module: 'github.com/stripe/stripe-mock',
  version: 'v0.203.0',
  program: 'stripe-mock',
  sum: 'h1:EzW7nb/fphqcAkgVRHAaC88OaAZo6SBWSl54cflDTio=',
};

/** Go's own place first: Debian's is too old for some modules. */
const go = ['/usr/local/go/bin/go', '/usr/bin/go'].find((one) => existsSync(one)) ?? '/usr/bin/go';

/** @type {import('./list.mjs').Part} */
export const stripeMock = {
  name: `stripe-mock ${MODULE.version}`,
  variable: 'STRIPE_MOCK_URL',
  needs: () => [{ program: go, package: 'golang-go' }],
  start: async (folder) => {
    // A copy, since who runs it can't enter our cache.
    const program = path.join(folder, MODULE.program);
    copyFileSync(await installFromGo(go, MODULE, folder), program);
    const port = await freePort();
    const server = startServer({
      // Both named: what is not named listens to the world.
      command: [
        ...[program, '-http-addr', `127.0.0.1:${port}`],
        ...['-https-addr', `127.0.0.1:${await freePort()}`],
      ],
      folder,
      log: path.join(folder, 'log'),
      user: 'nobody',
      stopSignal: 'SIGTERM',
    });
    const url = `http://127.0.0.1:${port}`;
    const ready = async () => {
      const headers = { authorization: 'Bearer sk_test_123' };
      const answer = await fetch(`${url}/v1/balance`, { headers, signal: AbortSignal.timeout(5_000) });
      return answer.ok;
    };
    return { server, ready: () => waitUntil(server, ready, 60), url };
  },
};
