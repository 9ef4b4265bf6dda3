import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { systemCode } from './errors.js';

/** Ports from 32768 on are given to outgoing connections on Linux, so a "free" one there may be taken a moment later. */
const LOWEST = 20_000;
const HIGHEST = 32_767;

/** Why we cannot listen there (EADDRINUSE, EACCES ...); undefined when we can. */
export function whyNotFree(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(systemCode(error) ?? error.message));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)));
  });
}

/** A port below 32768 that was free just now; somebody may still be faster, so the caller tries again. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if ((await whyNotFree(port)) === undefined) return port;
  }
  throw new Error(`No free port between ${LOWEST} and ${HIGHEST} in 200 attempts.`);
}
