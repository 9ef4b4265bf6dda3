/**
 * A program for server.test.ts, as Hanse is one: starts a server, tells where in a line of JSON, and stops it at
 * SIGTERM or, after it asked it something a last time, at SIGINT. Arguments: data folder, "stay" or "leave".
 */
import pg from 'pg';
import { startPostgres } from './server.js';

const [, , dataFolder = '', manner] = process.argv;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const server = await startPostgres({ dataFolder });
const idle = setInterval(() => undefined, 60_000);
if (manner === 'leave') clearInterval(idle);

process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => {
  setTimeout(async () => {
    const client = new pg.Client({ connectionString: server.adminUrl });
    await client.connect();
    const { rows } = await client.query<{ answer: number }>('SELECT 42 AS answer');
    say({ drained: rows[0]?.answer });
    await client.end();
    await stop();
  }, 300);
});
say({ adminUrl: server.adminUrl, pid: server.pid, folder: server.folder });

async function stop(): Promise<void> {
  clearInterval(idle);
  await server.stop();
  say({ stopped: true });
}
