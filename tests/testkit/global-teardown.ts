import { dropRun } from './server.js';

export default async function globalTeardown(): Promise<void> {
  await dropRun();
  await globalThis.hanseTestServer?.stop();
}
