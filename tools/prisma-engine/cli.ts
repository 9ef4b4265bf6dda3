#!/usr/bin/env -S node --import tsx
/**
 * What the Prisma CLI starts in place of its native schema engine (prisma.config.ts points it here): the same
 * line-delimited JSON-RPC on standard input and output, answered by the WebAssembly engine.
 */
import { readFileSync } from 'node:fs';
import readline from 'node:readline';
import { createEngine, maintenanceUrl, takePanicMessage, withClient } from './engine.js';

const argv = process.argv.slice(2);
const valuesOf = (name: string): string[] =>
  argv.flatMap((word, i) => (word === name ? [argv[i + 1] ?? ''] : []));

if (argv.includes('--version')) {
  console.log('schema-engine-wasm');
  process.exit(0);
}

const log = (level: 'INFO' | 'ERROR', message: string, code?: string): void => {
  const fields = { message, ...(code ? { error_code: code, is_panic: false } : {}) };
  const line = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine' };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};
const dieOf = (error: unknown): void => {
  log(
    'ERROR',
    takePanicMessage() + (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  process.exit(1);
};
process.on('uncaughtException', dieOf);
process.on('unhandledRejection', dieOf);

/** The CLI passes the datasource as JSON or as base64 of it, by version. */
function parseDatasource(raw: string | undefined): { url?: string; shadowDatabaseUrl?: string } {
  if (!raw) return {};
  try {
    return JSON.parse(raw) as { url?: string };
  } catch {
    return JSON.parse(Buffer.from(raw, 'base64').toString()) as { url?: string };
  }
}
const datasource = parseDatasource(valuesOf('--datasource')[0]);
const url = datasource.url ?? 'postgresql://127.0.0.1:1/none';

async function createDatabase(): Promise<string> {
  const { database, url: admin } = maintenanceUrl(url);
  await withClient(admin, (client) => client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`));
  return database;
}

if (argv.includes('cli')) {
  log('INFO', 'Starting schema engine CLI'); // the Prisma CLI skips the first line
  try {
    if (argv.includes('can-connect-to-database')) await withClient(url, (client) => client.query('SELECT 1'));
    else if (argv.includes('create-database')) await createDatabase();
    else throw new Error(`unsupported: ${argv.join(' ')}`);
    process.exit(0);
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    const prismaCodes: Record<string, string> = { '3D000': 'P1003', '28P01': 'P1000' };
    log('ERROR', (error as Error).message, prismaCodes[code] ?? 'P1001');
    process.exit(1);
  }
}

let engine: ReturnType<typeof createEngine> | undefined;
const getEngine = (): ReturnType<typeof createEngine> =>
  (engine ??= createEngine({
    url,
    ...(datasource.shadowDatabaseUrl ? { shadowDatabaseUrl: datasource.shadowDatabaseUrl } : {}),
    datamodels: valuesOf('--datamodels').map((path) => [path, readFileSync(path, 'utf8')]),
  }));

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

async function answer(request: { id: number; method: string; params: unknown }): Promise<void> {
  const { id, method, params } = request;
  try {
    if (method === 'createDatabase') return send({ id, result: { databaseName: await createDatabase() } });
    const loaded = (await getEngine()).engine as unknown as Record<
      string,
      ((params: unknown) => Promise<unknown>) | undefined
    >;
    const call = loaded[method === 'getDatabaseVersion' ? 'version' : method];
    if (!call) throw new Error(`the schema engine has no method ${method}`);
    const result = (await call.call(loaded, params)) as { stdout?: string } | undefined;
    if (method === 'diff' && result?.stdout != null) {
      send({ id: Date.now(), method: 'print', params: { content: result.stdout } });
    }
    send({ id, result: result ?? {} });
  } catch (error) {
    const { message, code, meta } = error as { message?: string; code?: string; meta?: object };
    const data = {
      is_panic: false,
      message: takePanicMessage() + (message ?? String(error)),
      error_code: code,
      meta: meta ?? {},
    };
    send({
      id,
      error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
    });
  }
}

let pending = Promise.resolve();
readline
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => {
    if (line.trim()) pending = pending.then(() => answer(JSON.parse(line) as Parameters<typeof answer>[0]));
  })
  .on('close', () => void pending.then(() => process.exit(0)));
