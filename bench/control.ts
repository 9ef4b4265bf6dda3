/**
 * What the machine gives at best at this hour: an HTTP server that does nothing, and a question to Postgres that asks
 * nothing. Figures of Hanse as multiples of these can be compared between machines.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createAsker } from './ask.js';
import { CategoriesDocument } from '../client/operations.generated.js';
import { cpuOfTree } from './cpu.js';
import { runLoad, type Load } from './load.js';
import type { BenchPostgres } from './postgres.js';

export interface Control {
  load: Load;
  /** CPU milliseconds of one: of the HTTP server, or of Postgres. */
  cpu: number;
}

export interface Controls {
  http: Control;
  postgres: Control;
}

interface Timing {
  clients: number;
  seconds: number;
}

async function measure(
  pid: number,
  { clients, seconds }: Timing,
  once: () => Promise<unknown>,
): Promise<Control> {
  await runLoad({ clients, seconds: seconds / 5, work: () => once });
  const before = cpuOfTree(pid);
  const load = await runLoad({ clients, seconds, work: () => once });
  return { load, cpu: (cpuOfTree(pid) - before) / load.operations };
}

async function measureHttp(timing: Timing): Promise<Control> {
  const server = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('control-server.ts', import.meta.url))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.stdout.once('data', (chunk: Buffer) =>
        resolve((JSON.parse(chunk.toString()) as { port: number }).port),
      );
      void ended.then(() => reject(new Error('The control server ended.')));
    });
    const asker = createAsker(`http://127.0.0.1:${port}/`, timing.clients);
    const control = await measure(server.pid ?? 0, timing, () => asker.ask(CategoriesDocument, {}));
    await asker.close();
    return control;
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

async function measurePostgres(postgres: BenchPostgres, timing: Timing): Promise<Control> {
  const pool = new pg.Pool({ connectionString: postgres.url('postgres'), max: timing.clients });
  try {
    return await measure(postgres.pid, timing, () => pool.query({ name: 'one', text: 'SELECT 1' }));
  } finally {
    await pool.end();
  }
}

export const measureControls = async (postgres: BenchPostgres, timing: Timing): Promise<Controls> => ({
  http: await measureHttp(timing),
  postgres: await measurePostgres(postgres, timing),
});
