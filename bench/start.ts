/** `npm run bench -- start`: how long `npm start` takes until it serves, and what it holds in memory then. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { movedFolder } from '../local/postgres/place.js';
import { memoryOfTree, residentMemory, treeOf } from './cpu.js';
import { startProgram } from './program.js';
import type { Stops } from './stops.js';

export interface Start {
  /** `first`: no data yet, so a database and the demonstration shop are made; `second`: they are there. */
  kind: 'first' | 'second';
  seconds: number;
  /** Bytes, when it has just come up: of Hanse's process, of its heap after a collection, of its PostgreSQL. */
  resident: number;
  heap: number;
  postgres: number;
}

async function measureStart(kind: Start['kind'], folder: string, stops: Stops): Promise<Start> {
  const program = await startProgram({ HANSE_DATA: folder });
  const stop = stops.add(program.stop);
  const resident = residentMemory(program.pid);
  const postmaster = treeOf(program.pid).find(({ command }) => command === 'postgres');
  const postgres = postmaster ? memoryOfTree(postmaster.pid) : NaN;
  const heap = await program.heap();
  await stop();
  return { kind, seconds: program.seconds, resident, heap, postgres };
}

/** Each run begins with an empty folder and starts twice on it. */
export async function measureStarts(
  runs: number,
  stops: Stops,
  say: (text: string) => void,
): Promise<Start[]> {
  const starts: Start[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'hanse-bench-start-'));
    await chmod(folder, 0o755); // PostgreSQL's user passes through where we are root
    const data = join(folder, 'data');
    const remove = stops.add(async () => {
      // Where PostgreSQL's user could not reach our folder its data went elsewhere.
      for (const one of [folder, movedFolder(resolve(data, 'postgres'))])
        await rm(one, { recursive: true, force: true, maxRetries: 5 });
    });
    for (const kind of ['first', 'second'] as const) {
      say(`${kind} start, ${run} of ${runs}`);
      starts.push(await measureStart(kind, data, stops));
    }
    await remove();
  }
  return starts;
}
