/** `npm run start:separate`: every part of Hanse as a process of its own, all on this machine, kept running. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { subgraphNames } from '../subgraphs/list.js';
import { systemClock } from '../subgraphs/shared/clock.js';
import { ConfigError, readConfig, type Config } from '../subgraphs/shared/config.js';
import { closeRemotes, createRemotes, requireSeparate } from '../subgraphs/shared/http/separate.js';
import { createLog } from '../subgraphs/shared/log.js';
import { run, type Stops } from '../subgraphs/shared/program.js';
import { buildTo } from '../tools/build.js';
import { openLocalDatabase } from './database.js';
import { startDemo, type DemoAccounts } from './demo/demo.js';
import { keepMasterKey } from './master-key.js';
import { PostgresStartError } from './postgres/errors.js';
import { startProcesses, type Processes, type Service } from './processes.js';

const services: readonly Service[] = ['gateway', 'relay', ...subgraphNames];

const about = `npm run start:separate -- [--copies orders=2,gateway=2] [--kill-every SECONDS]

Starts every part of Hanse as a process of its own on this machine, as it is built for production, and starts anew what
ends. It needs REDIS_URL; without DATABASE_URL the built-in PostgreSQL stands in, and the payment sandbox for Stripe.

  --copies SERVICE=N,...   how many of each: ${services.join(', ')}; one unless told
  --kill-every SECONDS     ends one of them, any, the hard way (kill -9) at this pace: to see that nothing gets lost`;

function readOptions(): { copies: Partial<Record<Service, number>>; killEveryMs: number | undefined } {
  const { values } = parseArgs({ options: { copies: { type: 'string' }, 'kill-every': { type: 'string' } } });
  const copies: Partial<Record<Service, number>> = {};
  for (const one of values.copies?.split(',') ?? []) {
    const [name, count = ''] = one.split('=');
    const service = services.find((known) => known === name);
    if (!service || !/^[1-9]\d?$/.test(count))
      throw new ConfigError([`--copies has "${one}". Example: --copies orders=2,gateway=2`]);
    copies[service] = Number(count);
  }
  const seconds = values['kill-every'];
  if (seconds !== undefined && !/^[1-9]\d*$/.test(seconds))
    throw new ConfigError([
      `--kill-every is "${seconds}" and no number of seconds. Example: --kill-every 60`,
    ]);
  return { copies, killEveryMs: seconds === undefined ? undefined : Number(seconds) * 1000 };
}

const say = (line: string): void => console.log(`  ${line}`);

/** Kills one process after the other, any of them; the result ends it. */
function killAtRandom(processes: Processes, everyMs: number): () => void {
  const timer = setInterval(() => {
    const alive = processes.list().filter(({ pid }) => pid !== undefined);
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (!victim) return;
    const began = performance.now();
    say(`${new Date().toISOString()} kill -9 ${victim.name}`);
    processes.kill(victim.name).then(
      () =>
        say(
          `${new Date().toISOString()} ${victim.name} serves again after ${Math.round(performance.now() - began)} ms`,
        ),
      (error: unknown) => say(`${victim.name} did not come back: ${String(error)}`),
    );
  }, everyMs);
  return () => clearInterval(timer);
}

async function startAll(
  config: Config,
  stops: Stops,
): Promise<{ processes: Processes; demo: DemoAccounts | undefined }> {
  requireSeparate(config, 'redisUrl');
  const { copies, killEveryMs } = readOptions();
  const dataFolder = resolve(config.dataFolder);
  const masterKey = config.masterKey ?? keepMasterKey(dataFolder);
  // Ten and more for each process.
  const maxConnections = 300;
  const databaseUrls = await openLocalDatabase({ config, masterKey, stops, onProgress: say, maxConnections });
  const built = join(dataFolder, 'built');
  say('Building');
  await buildTo(built);
  say('Starting the processes');
  const processes = await startProcesses({
    databaseUrls,
    redisUrl: config.redisUrl ?? '',
    masterKey,
    dataFolder,
    copies,
    gatewayPort: config.port || undefined,
    built,
    env: { HANSE_PREFIX: config.prefix, LOG_LEVEL: config.logLevel },
    onLine: (name, line) => {
      if (!/is up after|"url"|SIGTERM/.test(line)) console.log(`${name}: ${line}`);
    },
  });
  stops.push(() => processes.stop());
  const remotes = createRemotes(readConfig(processes.env), systemClock, createLog(config.logLevel, 'demo'));
  const demo = config.demo
    ? await startDemo({ subgraphs: remotes, onProgress: say }).finally(() => closeRemotes(remotes))
    : undefined;
  if (killEveryMs !== undefined) {
    const stopKilling = killAtRandom(processes, killEveryMs);
    stops.push(async () => stopKilling());
  }
  return { processes, demo };
}

await run({
  about,
  isForPeople: (error) => error instanceof PostgresStartError,
  start: async (config, stops) => {
    console.log('Starting Hanse as separate processes');
    const { processes, demo } = await startAll(config, stops);
    return (seconds) =>
      [
        `\nHanse is up after ${seconds.toFixed(1)} s, as ${processes.list().length} processes.\n`,
        ...processes.gatewayUrls.map((url) => `  Gateway   ${url}`),
        ...(demo?.accounts ?? []).map(
          ({ email, password, role }) => `  ${email.padEnd(26)} ${password.padEnd(30)} ${role}`,
        ),
        '\nCtrl-C ends all of it.\n',
      ].join('\n');
  },
});
