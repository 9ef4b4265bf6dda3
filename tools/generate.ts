/**
 * Makes everything that is generated: Prisma clients, resolver types, typed operations, the supergraph and the
 * GraphiQL bundle. `npm ci` runs it; parts whose sources have not changed are skipped.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subgraphNames } from '../subgraphs/list.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

function run(command: string, parameters: string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...parameters], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${parameters.join(' ')} failed:\n${output}`)),
    );
  });
}

const stampFile = join(root, 'node_modules', '.hanse-generated.json');
const stamps: Record<string, string> = existsSync(stampFile)
  ? (JSON.parse(readFileSync(stampFile, 'utf8')) as Record<string, string>)
  : {};

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(path, entry.name)) : [join(path, entry.name)]))
    .sort();
}

/** Runs `work` unless `sources` are as they were when it last ran and all of `output` is there. */
async function step(
  name: string,
  sources: string[],
  output: string | string[],
  work: () => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256');
  for (const file of [...sources, 'package-lock.json']) hash.update(file).update(readFileSync(file));
  const stamp = hash.digest('hex');
  if (stamps[name] === stamp && [output].flat().every((file) => existsSync(file))) return;
  const started = Date.now();
  await work();
  stamps[name] = stamp;
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamps, null, 1));
  console.log(`${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

for (const name of subgraphNames) {
  const target = `prisma/${name}/foundation.prisma`;
  if (
    !existsSync(target) ||
    readFileSync(target, 'utf8') !== readFileSync('prisma/foundation.prisma', 'utf8')
  ) {
    copyFileSync('prisma/foundation.prisma', target);
  }
}
for (const name of subgraphNames) {
  const sources = filesUnder(`prisma/${name}`).filter((file) => file.endsWith('.prisma'));
  await step(`Prisma client of ${name}`, sources, `subgraphs/${name}/prisma.generated/client.ts`, () =>
    run('node_modules/prisma/build/index.js', ['generate'], {
      SUBGRAPH: name,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    }),
  );
}

const sdl = filesUnder('schema').filter((file) => !/(supergraph|api)\.graphql$/.test(file));
const operations = subgraphNames
  .flatMap((name) => filesUnder(`subgraphs/${name}/operations`))
  .filter((file) => file.endsWith('.graphql'));
const clientSources = ['schema/api.graphql', ...filesUnder('client/operations')];
const mappers = subgraphNames
  .map((name) => `subgraphs/${name}/mappers.ts`)
  .filter((file) => existsSync(file));
const lastOutput = `subgraphs/${subgraphNames.findLast((name) => existsSync(`subgraphs/${name}/mappers.ts`)) ?? 'users'}/resolver-types.generated.ts`;
await step(
  'Resolver types and typed operations',
  [...sdl, ...operations, ...clientSources, ...mappers, 'codegen.ts'],
  [lastOutput, 'client/operations.generated.ts'],
  () =>
    run('node_modules/@graphql-codegen/cli/esm/bin.js', ['--config', 'codegen.ts'], {
      NODE_OPTIONS: '--import tsx',
    }),
);

const graphiql = 'gateway/graphiql.generated';
if (existsSync('tools/build-graphiql.ts')) {
  await step('GraphiQL', ['tools/build-graphiql.ts'], graphiql, async () => {
    const { buildGraphiql } = (await import('./build-graphiql.js')) as {
      buildGraphiql: (folder: string) => Promise<void>;
    };
    await buildGraphiql(graphiql);
  });
}
