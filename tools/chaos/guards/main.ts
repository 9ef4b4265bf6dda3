/** `npm run chaos -- --without GUARD`, `--every-guard` and `--list-guards`. */
import { rmSync } from 'node:fs';
import { dropRun } from '../../../tests/testkit/server.js';
import { startTestServer } from '../../../tests/testkit/start-server.js';
import { exitCodes } from '../../retailer/ending.js';
import { UsageError } from '../../retailer/options.js';
import { races, type RaceName } from '../races/list.js';
import type { Guard } from './guard.js';
import { guards } from './list.js';
import { runRaces } from './run.js';

const limitMs = 120_000;

export const listGuards = (): string =>
  guards.map(({ name, promise, race }) => `${name.padEnd(34)} ${promise} (${race})`).join('\n');

/** @throws UsageError where there is none of that name */
export function guardNamed(name: string): Guard {
  const guard = guards.find((one) => one.name === name);
  if (!guard) throw new UsageError(`There is no guard ${name}: --list-guards shows them.`);
  return guard;
}

/** What was found without the guard, in one line. */
const firstOf = (found: readonly string[]): string =>
  (found[0] ?? 'NOTHING').replaceAll('\n', ' ').slice(0, 140) +
  (found.length > 1 ? ` (and ${found.length - 1} more)` : '');

/** Takes them out one after the other; first shows that with all in place nothing is found. 0: each was missed. */
export async function runGuards(
  wanted: readonly Guard[],
  workers: number,
  say: (line: string) => void,
): Promise<number> {
  const began = performance.now();
  const { stop } = await startTestServer();
  const builds = new Map<string, string>();
  const wrong: string[] = [];
  try {
    const names = [...new Set(wanted.map(({ race }) => race))];
    say(`${names.length} races with every guard in place`);
    const whole = await runRaces({ names, without: null, builds, limitMs: limitMs * 5 });
    for (const name of Object.keys(races) as RaceName[])
      for (const text of whole[name] ?? []) wrong.push(`with every guard in place, ${name}: ${text}`);
    say(wrong.length === 0 ? 'Nothing was found.' : wrong.join('\n'));
    const left = [...wanted];
    const foundWithout = async (guard: Guard): Promise<string[]> =>
      (await runRaces({ names: [guard.race], without: guard, builds, limitMs }))[guard.race] ?? [];
    const work = async (): Promise<void> => {
      for (let guard = left.shift(); guard; guard = left.shift()) {
        const all = await foundWithout(guard).catch((error: Error) => {
          wrong.push(`${guard.name}: ${error.message}`);
          return [];
        });
        if (all.length === 0) wrong.push(`without ${guard.name} nothing was found`);
        console.log(`${all.length > 0 ? 'red  ' : 'GREEN'} ${guard.name.padEnd(32)} ${firstOf(all)}`);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  } finally {
    for (const folder of builds.values()) rmSync(folder, { recursive: true, force: true });
    await dropRun();
    await stop();
  }
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(
    wrong.length === 0
      ? `\n${wanted.length} guards: each was missed. ${seconds} s`
      : `\n${wrong.join('\n')}\n${seconds} s`,
  );
  return wrong.length === 0 ? exitCodes.done : exitCodes.failed;
}
