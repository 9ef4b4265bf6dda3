/** `npm run chaos`: breaks the shop while it is bought from, and shows that nothing of it is lost (docs/chaos.md). */
import { exitCodes } from '../retailer/ending.js';
import { UsageError } from '../retailer/options.js';
import type { Guard } from './guards/guard.js';
import { guards } from './guards/list.js';
import { guardNamed, listGuards, runGuards } from './guards/main.js';
import { help, readOptions, type Options } from './options.js';
import { planRun } from './plan.js';
import { NoRedis } from './redis.js';
import { describeRun, findings } from './report.js';
import { runChaos } from './run.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** One run with everything in place. */
async function storm({ seed, checkouts, kills, workers, verbose }: Options): Promise<number> {
  say(`Seed ${seed}`);
  const plan = planRun(seed, { checkouts, kills });
  const result = await runChaos(plan, {
    ...{ workers, patienceMs: 60_000, settleMs: 120_000 + checkouts * 100, changes: [], onProgress: say },
    ...(verbose ? { onLine: (name: string, line: string) => say(`${name}: ${line}`) } : {}),
  });
  console.log(describeRun(plan, result));
  const found = findings(result);
  if (found.length === 0) return exitCodes.done;
  console.log(`\n${found.slice(0, 50).join('\n')}`);
  console.log(
    `\nThe same again: npm run chaos -- --seed ${seed} --checkouts ${checkouts} --kills ${kills} --workers ${workers}`,
  );
  return exitCodes.failed;
}

/** Those that are asked for; by number, those whose turn it is on this day. */
function guardsOf({ everyGuard, without, guards: number }: Options): readonly Guard[] {
  if (everyGuard) return guards;
  if (number === null) return without === null ? [] : without.split(',').map(guardNamed);
  const day = Math.floor(Date.now() / 86_400_000);
  const turned = [...guards, ...guards];
  const from = (day * number) % guards.length;
  return turned.slice(from, from + Math.min(number, guards.length));
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(help);
    return exitCodes.done;
  }
  if (options.listGuards) {
    console.log(listGuards());
    return exitCodes.done;
  }
  const wanted = guardsOf(options);
  if (wanted.length > 0) return runGuards(wanted, Math.min(wanted.length, 2), say);
  return storm(options);
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code = '' } = error as { code?: string };
  const usage = error instanceof UsageError || error instanceof NoRedis || code.startsWith('ERR_PARSE_ARGS');
  say(
    usage
      ? `${(error as Error).message}\nnpm run chaos -- --help tells how it is used.`
      : String((error as Error).stack),
  );
  process.exitCode = usage ? exitCodes.usage : exitCodes.failed;
}
