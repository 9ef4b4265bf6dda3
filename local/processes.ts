/**
 * Hanse as separate processes on this machine, any number of each, every one started anew when it ends: what a container
 * platform does, for the tests, the benchmarks and `npm run start:distributed`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subgraphNames, type SubgraphName } from '../subgraphs/list.js';
import type { DatabaseUrls } from '../subgraphs/shared/database-urls.js';
import { webhookEvents } from '../subgraphs/payments/webhook/rules.js';
import { serverOptions } from './node-options.js';
import { findFreePort } from './postgres/port.js';

export type Service = SubgraphName | 'gateway' | 'relay' | 'sandbox';

export interface ProcessesOptions {
  databaseUrls: DatabaseUrls;
  redisUrl: string;
  masterKey: Buffer;
  /** Of the payment sandbox and of mails. */
  dataFolder: string;
  /** How many of each; one when absent. */
  copies?: Partial<Record<Service, number>>;
  /** The port of the first gateway; a free one when absent. */
  gatewayPort?: number | undefined;
  /** Where `buildTo` built it; from the sources when absent, which starts much more slowly. */
  built?: string;
  /** More variables, for all. */
  env?: Record<string, string>;
  /** Whatever a process prints, line by line. */
  onLine?: (process: string, line: string) => void;
}

export interface RunningProcess {
  /** `orders 2` */
  name: string;
  service: Service;
  /** Undefined between its end and its next start. */
  pid: number | undefined;
}

export interface Processes {
  gatewayUrls: string[];
  /** The variables that a further process of Hanse needs to reach these. */
  env: Record<string, string>;
  list(): RunningProcess[];
  /** `kill -9`; it is started anew at once. Waits until it serves again, for a minute at most where others are away. */
  kill(name: string): Promise<void>;
  /** Waits until that one serves, for a minute at most where it ends again and again. */
  serving(name: string): Promise<void>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

const programs: Partial<Record<Service, string>> = {
  gateway: 'gateway/main',
  relay: 'subgraphs/relay',
  sandbox: 'local/stripe/main',
};

function commandOf(service: Service, built: string | undefined): string[] {
  const program = programs[service] ?? 'subgraphs/main';
  const parameters = programs[service] ? [] : [service];
  return built
    ? [...serverOptions, join(built, `${program}.js`), ...parameters]
    : [...serverOptions, '--import', 'tsx', join(root, `${program}.ts`), ...parameters];
}

/** Printed by every process when it serves. */
const isUp = /is up after|"url"/;

interface Supervised extends RunningProcess {
  up: Promise<void>;
  stop(): Promise<void>;
}

function supervise(
  service: Service,
  name: string,
  command: string[],
  env: Record<string, string>,
  onLine: (process: string, line: string) => void,
): Supervised {
  let stopping = false;
  let child: ChildProcess;
  let output: string;
  const supervised: Supervised = { name, service, pid: undefined, up: Promise.resolve(), stop };

  function start(): Promise<void> {
    output = '';
    child = spawn(process.execPath, command, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    supervised.pid = child.pid;
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        const text = chunk.toString();
        output = (output + text).slice(-10_000);
        for (const line of text.split('\n')) if (line.trim()) onLine(name, line);
        if (isUp.test(output)) resolve();
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('exit', (code, signal) => {
        supervised.pid = undefined;
        reject(new Error(`${name} ended (${signal ?? code}):\n${output}`));
        if (stopping) return;
        supervised.up = new Promise((next) => setTimeout(next, 100)).then(() =>
          stopping ? undefined : start(),
        );
        supervised.up.catch(() => {});
      });
    });
  }

  async function stop(): Promise<void> {
    stopping = true;
    if (supervised.pid === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(late);
  }

  supervised.up = start();
  supervised.up.catch(() => {});
  return supervised;
}

/** How long one that ends again while it starts, since what it needs is away, is waited for. */
const patienceMs = 60_000;

async function serving(one: Supervised): Promise<void> {
  for (const end = Date.now() + patienceMs; ;) {
    try {
      return await one.up;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Starts everything; all serve when the promise resolves. On a failure what had started is ended again. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const { databaseUrls, copies = {}, onLine = () => {} } = options;
  const services: Service[] = ['sandbox', 'relay', ...subgraphNames, 'gateway'];
  const places = services.flatMap((service) =>
    Array.from({ length: copies[service] ?? 1 }, (_, i) => ({
      service,
      name: `${service} ${i + 1}`,
      port: 0,
    })),
  );
  for (const place of places) {
    const wanted = place.name === 'gateway 1' ? options.gatewayPort : undefined;
    place.port = wanted ?? (await findFreePort());
  }
  const portsOf = (service: Service): number[] =>
    places.filter((place) => place.service === service).map(({ port }) => port);
  const webhookPort = await findFreePort();
  const webhookSecret = 'whsec_hanse';
  const secretKey = 'sk_test_hanse';

  const shared: Record<string, string> = {
    HANSE_SERVICE_KEYS: `local:${randomBytes(32).toString('base64')}`,
    REDIS_URL: options.redisUrl,
    HANSE_DATA: options.dataFolder,
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_API_BASE: `http://127.0.0.1:${portsOf('sandbox')[0]}`,
    ...Object.fromEntries(
      subgraphNames.map((name) => [
        `${name.toUpperCase()}_URL`,
        portsOf(name)
          .map((port) => `http://127.0.0.1:${port}`)
          .join(','),
      ]),
    ),
    ...options.env,
  };
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'OPENSEARCH_URL', 'SMTP_URL', 'LOG_LEVEL'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Record<string, string>;

  /** Each process gets what it needs and no more: the gateway no master key, a subgraph no other's database. */
  const envOf = ({ service, port, name }: (typeof places)[number]): Record<string, string> => {
    const env = { ...inherited, ...shared, PORT: String(port) };
    if (service === 'gateway') return env;
    if (service === 'relay') return { ...env, RELAY_DATABASE_URL: databaseUrls.relay };
    if (service === 'sandbox')
      return {
        ...env,
        STRIPE_SANDBOX_PORT: String(port),
        STRIPE_SANDBOX_DATA: join(options.dataFolder, 'stripe'),
        STRIPE_WEBHOOK_EVENTS: webhookEvents.join(','),
        STRIPE_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}/webhooks/stripe`,
      };
    return {
      ...env,
      HANSE_MASTER_KEY: options.masterKey.toString('base64'),
      [`${service.toUpperCase()}_DATABASE_URL`]: databaseUrls[service],
      ...(name === 'payments 1' ? { PAYMENTS_PORT: String(webhookPort) } : {}),
    };
  };

  const running = places.map((place) =>
    supervise(place.service, place.name, commandOf(place.service, options.built), envOf(place), onLine),
  );
  const stop = async (): Promise<void> => {
    // The gateway first, so that nothing new comes in; then what it stands on.
    await Promise.all(running.filter(({ service }) => service === 'gateway').map((one) => one.stop()));
    await Promise.all(running.map((one) => one.stop()));
  };
  try {
    await Promise.all(running.map(({ up }) => up));
  } catch (error) {
    await stop();
    throw error;
  }
  const named = (name: string): Supervised => {
    const one = running.find((candidate) => candidate.name === name);
    if (!one) throw new Error(`There is no process ${name}.`);
    return one;
  };
  return {
    gatewayUrls: portsOf('gateway').map((port) => `http://127.0.0.1:${port}/graphql`),
    env: shared,
    list: () => running.map(({ name, service, pid }) => ({ name, service, pid })),
    kill: async (name) => {
      const one = named(name);
      if (one.pid !== undefined) process.kill(one.pid, 'SIGKILL');
      while (one.pid !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      await serving(one);
    },
    serving: (name) => serving(named(name)),
    stop,
  };
}
