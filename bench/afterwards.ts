/** Whether what was measured was right: speed that loses an order is none. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { untilHandled } from './handled.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What `npm run verify` says where something is violated; undefined where all holds. */
async function verify(databaseUrl: string): Promise<string | undefined> {
  // Timers that come again and again may have come due at this moment.
  const child = spawn(process.execPath, ['--import', 'tsx', 'tools/verify/main.ts', '--grace', '10'], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], VERIFY_DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return code === 0 ? undefined : `npm run verify ended with ${code}:\n${output}`;
}

interface Unpaid {
  order_state: string;
  payment_state: string;
  orders: number;
}

/** What does not hold in a database in which orders were placed and paid since then; nothing else is at work in it. */
export async function checkAfterwards(databaseUrl: string, since: Date): Promise<string[]> {
  await untilHandled(databaseUrl);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Unpaid>(
      `SELECT order_state, payment_state, count(*)::float AS orders FROM orders.orders
       WHERE placed_at >= $1 AND payment_state <> 'PAID' GROUP BY 1, 2`,
      [since],
    );
    const unpaid = rows.map(
      ({ orders, order_state, payment_state }) =>
        `${orders} orders are not PAID but ${payment_state} (${order_state})`,
    );
    const violated = await verify(databaseUrl);
    return violated === undefined ? unpaid : [...unpaid, violated];
  } finally {
    await client.end();
  }
}
