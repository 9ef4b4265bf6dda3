/** Runs races in a shop that is built without a guard, or with all of them, as a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildTo } from '../../build.js';
import type { RaceName } from '../races/list.js';
import type { RacesRan } from '../races/program.js';
import type { Guard } from './guard.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = 'tools/chaos/races/program';

/** The shop without the guard could not be built, or did not start: nothing was shown. */
export class NothingShown extends Error {
  override readonly name = 'NothingShown';
}

export interface RunRaces {
  names: readonly RaceName[];
  /** Null: all are in place. */
  without: Guard | null;
  /** Where the built shop is kept from one run to the next, when nothing in it is changed. */
  builds: Map<string, string>;
  limitMs: number;
}

/** Builds into the checkout, where the packages that are not built in are found. */
async function built({ without, builds }: RunRaces): Promise<{ folder: string; drop: () => void }> {
  const changes = without?.changes ?? [];
  const kept = changes.length === 0 ? builds.get('whole') : undefined;
  if (kept) return { folder: kept, drop: () => undefined };
  const unique = mkdtempSync(join(tmpdir(), 'hanse-races-'));
  rmSync(unique, { recursive: true });
  const folder = join(root, '.hanse', basename(unique));
  await buildTo(folder, { programs: [`${program}.ts`], changes });
  if (changes.length === 0) builds.set('whole', folder);
  return {
    folder,
    drop: () => (changes.length > 0 ? rmSync(folder, { recursive: true, force: true }) : undefined),
  };
}

function execute(folder: string, { names, without, limitMs }: RunRaces): Promise<RacesRan['found']> {
  const child = spawn(process.execPath, [join(folder, `${program}.js`), ...names], {
    cwd: root,
    env: {
      ...process.env,
      HANSE_CHAOS_SQL: without?.sql ?? '',
      LOG_LEVEL: process.env['CHAOS_LOG_LEVEL'] ?? 'silent',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors, late] = ['', '', false];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-5_000)));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limitMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      const line = output.trim().split('\n').at(-1) ?? '';
      if (line.startsWith('{"found"')) resolve((JSON.parse(line) as RacesRan).found);
      else if (late && names.some((name) => errors.includes(name)))
        resolve({ [names[0] as RaceName]: [`it did not end within ${limitMs / 1_000} s`] });
      else
        reject(
          new NothingShown(
            `The races did not run (${without?.name ?? 'all guards in place'}):\n${errors}${output.slice(-2_000)}`,
          ),
        );
    });
  });
}

/** What each race has found. @throws NothingShown */
export async function runRaces(options: RunRaces): Promise<RacesRan['found']> {
  const { folder, drop } = await built(options);
  try {
    return await execute(folder, options);
  } finally {
    drop();
  }
}
