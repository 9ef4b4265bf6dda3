/** Prisma's command line, one subgraph at a time: `SUBGRAPH=orders npx prisma migrate dev --name ...`. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Read before the CLI looks for its native engine, which it would download.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= fileURLToPath(
  new URL('./tools/prisma-engine/cli.ts', import.meta.url),
);

const subgraph = process.env['SUBGRAPH'];
if (!subgraph) throw new Error('Say which subgraph: SUBGRAPH=orders npx prisma ...');

export default defineConfig({
  schema: `prisma/${subgraph}`,
  migrations: { path: `prisma/${subgraph}/migrations` },
  datasource: { url: process.env[`${subgraph.toUpperCase()}_DATABASE_URL`] ?? '' },
});
