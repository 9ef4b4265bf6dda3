/** The shop that is measured: processes of its own, on a database that was filled before. */
import { join } from 'node:path';
import { startProcesses } from '../local/processes.js';
import { databaseUrls } from '../subgraphs/shared/database-urls.js';
import { cpuOfTree, memoryOfTree, residentMemory } from './cpu.js';
import { untilHandled } from './handled.js';
import { createHeaps, heapOption } from './heap.js';
import type { BenchPostgres } from './postgres.js';
import { createProfiles, profileEnvironment } from './profile.js';
import { showErrors, startProgram } from './program.js';
import { startSandbox } from './sandbox.js';

export interface BenchShop {
  url: string;
  /** What was used so far. */
  cpu(): Cpu;
  usage(): Promise<Usage>;
  memory(): Promise<Memory[]>;
  /** Waits until its events are carried and handled. */
  handled(): Promise<void>;
  /** Begins and ends CPU profiles; the files by the processes' names. Only where a folder for them was given. */
  profile?: { begin(): Promise<void>; end(label: string): Promise<Map<string, string>> };
  stop(): Promise<void>;
}

export interface ShopOptions {
  /** Whether the payment sandbox is a process of its own beside an all-in-one shop; it always is of separate processes. */
  sandboxApart?: boolean;
  /** The folder for CPU profiles. */
  profile?: string | undefined;
  /** Of a shop all in one: modules of ours to load before it, and whatever it prints. */
  imports?: readonly string[];
  onLine?: (line: string) => void;
}

/** The name of the payment sandbox' process. */
export const isSandbox = (name: string): boolean => name.startsWith('sandbox');

/** CPU milliseconds: of every process of Hanse by its name, and of Postgres. */
export interface Cpu {
  servers: Record<string, number>;
  postgres: number;
}

export interface Usage extends Cpu {
  /** Sent to Postgres. */
  statements: number;
}

export interface Memory {
  process: string;
  resident: number;
  /** In use after a garbage collection; NaN of what has no such heap. */
  heap: number;
}

export interface ShopPlace {
  folder: string;
  masterKey: Buffer;
  postgres: BenchPostgres;
}

/** The database that is filled; its name is also the prefix of the roles that may use it and its copies. */
export const filledDatabase = 'hanse';

const environment = ({ folder, masterKey }: ShopPlace): Record<string, string> => ({
  HANSE_DATA: join(folder, 'data'),
  HANSE_MASTER_KEY: masterKey.toString('base64'),
  LOG_LEVEL: 'error',
});

interface Measured {
  name: string;
  pid: number | undefined;
}

const cpuOf = (processes: readonly Measured[], postgres: BenchPostgres): Cpu => ({
  servers: Object.fromEntries(
    processes.map(({ name, pid }) => [name, pid === undefined ? NaN : cpuOfTree(pid)]),
  ),
  postgres: cpuOfTree(postgres.pid),
});

async function memoryOf(
  processes: readonly Measured[],
  postgres: BenchPostgres,
  heapOf: (name: string, pid: number) => Promise<number>,
): Promise<Memory[]> {
  const rows: Memory[] = [];
  for (const { name, pid } of processes) {
    if (pid === undefined) continue;
    // Before the collection, which gives memory back.
    const resident = residentMemory(pid);
    rows.push({ process: name, resident, heap: await heapOf(name, pid) });
  }
  return [...rows, { process: 'postgres', resident: memoryOfTree(postgres.pid), heap: NaN }];
}

type Hearing = (name: string, line: string) => void;

/** How the processes of a list are profiled, all but the sandbox; nothing without a folder. */
function profilingOf(
  folder: string | undefined,
  list: () => readonly Measured[],
): { hear: Hearing; part: Pick<BenchShop, 'profile'> } {
  if (folder === undefined) return { hear: () => undefined, part: {} };
  const profiles = createProfiles(folder);
  const running = (): { name: string; pid: number }[] =>
    list().flatMap(({ name, pid }) => (pid === undefined || isSandbox(name) ? [] : [{ name, pid }]));
  return {
    hear: profiles.hear,
    part: {
      profile: { begin: () => profiles.begin(running()), end: (label) => profiles.end(running(), label) },
    },
  };
}

/** As `npm start`, but on our Postgres; fills an empty database with the demonstration first. */
export async function startAllInOne(
  place: ShopPlace,
  { sandboxApart = false, profile, imports = [], onLine }: ShopOptions = {},
): Promise<BenchShop> {
  const { postgres } = place;
  const sandbox = sandboxApart ? await startSandbox(place.folder) : undefined;
  const profiling = profilingOf(profile, () => processes);
  const { option, env } = profileEnvironment(profile);
  const program = await startProgram(
    { ...environment(place), ...sandbox?.env, ...env, DATABASE_URL: postgres.url(filledDatabase) },
    {
      imports,
      nodeOptions: option,
      onLine: (line) => {
        profiling.hear('hanse', line);
        onLine?.(line);
      },
    },
  ).catch(async (error: unknown) => {
    await sandbox?.stop();
    throw error;
  });
  const processes: Measured[] = [
    ...(sandbox ? [{ name: 'sandbox 1', pid: sandbox.pid }] : []),
    { name: 'hanse', pid: program.pid },
  ];
  const cpu = (): Cpu => cpuOf(processes, postgres);
  return {
    url: program.url,
    cpu,
    usage: async () => ({ ...cpu(), statements: await postgres.statements() }),
    memory: () => memoryOf(processes, postgres, async (name) => (isSandbox(name) ? NaN : program.heap())),
    handled: () => untilHandled(postgres.url(filledDatabase)),
    ...profiling.part,
    stop: async () => {
      await program.stop();
      await sandbox?.stop();
    },
  };
}

/** Every subgraph, the relay, the payment sandbox and the gateway in a process of its own, on a copy of the database. */
export async function startSeparate(
  place: ShopPlace,
  database: string,
  redisUrl: string,
  { profile }: ShopOptions = {},
): Promise<BenchShop> {
  const { postgres, masterKey, folder } = place;
  const profiling = profilingOf(profile, () => processes.list());
  const { option, env } = profileEnvironment(profile);
  const heaps = createHeaps();
  const processes = await startProcesses({
    databaseUrls: databaseUrls({
      databaseUrl: postgres.url(database),
      masterKey,
      rolePrefix: filledDatabase,
    }),
    redisUrl,
    masterKey,
    dataFolder: join(folder, 'separate'),
    env: {
      HANSE_PREFIX: `hanse-bench-${process.pid}`,
      LOG_LEVEL: 'error',
      OPENSEARCH_URL: '',
      SMTP_URL: '',
      NODE_OPTIONS: heapOption + option,
      ...env,
    },
    onLine: (name, line) => {
      profiling.hear(name, line);
      heaps.hear(name, line);
      showErrors(name, line);
    },
  });
  const cpu = (): Cpu => cpuOf(processes.list(), postgres);
  return {
    url: processes.gatewayUrls[0] ?? '',
    cpu,
    usage: async () => ({ ...cpu(), statements: await postgres.statements() }),
    memory: () => memoryOf(processes.list(), postgres, heaps.ask),
    handled: () => untilHandled(postgres.url(database)),
    ...profiling.part,
    stop: processes.stop,
  };
}
