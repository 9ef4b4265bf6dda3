/** One PostgreSQL per run of the tests. */
import { startTestServer } from './start-server.js';

declare global {
  var hanseTestServer: { stop(): Promise<void> } | undefined;
}

export default async function globalSetup(): Promise<void> {
  globalThis.hanseTestServer = await startTestServer();
}
