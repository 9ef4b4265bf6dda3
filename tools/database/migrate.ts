/** Applies a subgraph's pending migrations with Prisma's engine, in this process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../subgraphs/shared/root.js';
import { createEngine, takePanicMessage } from '../prisma-engine/engine.js';

const prismaFolder = fileURLToPath(new URL('prisma/', root));

export const migrationsFolder = (subgraph: string): string => join(prismaFolder, subgraph, 'migrations');

/** Names of the migrations that this release has for `subgraph`, in the order in which they are applied. */
export function migrationNames(subgraph: string): string[] {
  const entries = readdirSync(migrationsFolder(subgraph), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

function migrationList(subgraph: string, names: readonly string[]) {
  const folder = migrationsFolder(subgraph);
  return {
    baseDir: folder,
    lockfile: {
      path: 'migration_lock.toml',
      content: readFileSync(join(folder, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: readFileSync(join(folder, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

/**
 * Applies what is pending of `names`, all of this release unless told; the names of what was applied. `url` is that of the
 * subgraph's role.
 */
export async function applyMigrations(
  subgraph: string,
  url: string,
  names = migrationNames(subgraph),
): Promise<string[]> {
  // Without the schema's name the engine makes its table of migrations where search_path says, and then looks for it in
  // public: the next release's migrations would fail.
  const { engine, close } = await createEngine({ url, schema: subgraph });
  try {
    const filters = { externalTables: [], externalEnums: [] };
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationList(subgraph, names),
      filters,
    });
    return appliedMigrationNames;
  } catch (error) {
    throw new Error(
      `The migrations of ${subgraph} failed: ${takePanicMessage()}${(error as Error).message}\n` +
        `Nothing of the failed one was applied. Mend it, then: SUBGRAPH=${subgraph} npx prisma migrate resolve --rolled-back NAME`,
      { cause: error },
    );
  } finally {
    await close();
  }
}
