/** When all that follows from what was asked has happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { subgraphNames } from '../subgraphs/list.js';

const waiting = `SELECT ${subgraphNames
  .map(
    (schema) =>
      `(SELECT count(*) FROM ${schema}.outbox WHERE relayed_at IS NULL)
       + (SELECT count(*) FROM ${schema}.inbox WHERE done_at IS NULL AND run_at <= now())`,
  )
  .join(' + ')} AS messages`;
const lookMs = 500;
const patienceMs = 300_000;

/**
 * Waits until nothing is left of what followed: no event to carry, no message due. What a request causes is its cost, also
 * where it comes late. After five minutes it is left to `npm run verify` to say what hangs.
 */
export async function untilHandled(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (let waited = 0; waited < patienceMs; waited += lookMs) {
      const { rows } = await client.query<{ messages: string }>(waiting);
      if (rows[0]?.messages === '0') return;
      await sleep(lookMs);
    }
  } finally {
    await client.end();
  }
}
