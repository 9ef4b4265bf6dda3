/**
 * Prisma's own schema engine, as the WebAssembly build that npm carries, over adapter-pg. The Prisma CLI wants a native
 * binary that it downloads; a self-hosted product must install and migrate with no network beyond the npm registry.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

export type SchemaEngine = Awaited<ReturnType<typeof wasm.SchemaEngine.new>>;

/** Node has it; its type lies in the DOM library, which is not ours. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

declare global {
  var PRISMA_WASM_PANIC_REGISTRY: { message: string; set_message(message: string): void } | undefined;
}

let loading: Promise<void> | undefined;

/** The engine's time limits (10 s for its advisory lock) are never taken back: they must not keep the process alive. */
const withoutTimers = ([name, part]: [string, unknown]): [string, unknown] => [
  name,
  name.startsWith('__wbg_setTimeout_')
    ? (callback: () => void, ms: number) => setTimeout(callback, ms).unref()
    : part,
];

/** Instantiates the module once; by hand, because Node 20 cannot import a .wasm file. */
function loadWasm(): Promise<void> {
  return (loading ??= (async () => {
    globalThis.PRISMA_WASM_PANIC_REGISTRY = {
      message: '',
      set_message(message) {
        this.message = message;
      },
    };
    const path = createRequire(import.meta.url)
      .resolve('@prisma/schema-engine-wasm')
      .replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
    const { instance } = await WebAssembly.instantiate(readFileSync(path), {
      './schema_engine_bg.js': Object.fromEntries(Object.entries(wasm).map(withoutTimers)),
    });
    wasm.__wbg_set_wasm(instance.exports);
    (instance.exports['__wbindgen_start'] as () => void)();
  })());
}

/** What the engine said when it panicked: the thrown error alone does not tell. */
export function takePanicMessage(): string {
  const message = globalThis.PRISMA_WASM_PANIC_REGISTRY?.message ?? '';
  if (globalThis.PRISMA_WASM_PANIC_REGISTRY) globalThis.PRISMA_WASM_PANIC_REGISTRY.message = '';
  return message;
}

export interface EngineOptions {
  /** Connection URL of the subgraph's role, whose `search_path` is its schema. */
  url: string;
  shadowDatabaseUrl?: string;
  /** The schema that is migrated or compared; `search_path` must name it too, for the migrations themselves. */
  schema?: string;
  /** Pairs of path and text of the schema files. */
  datamodels?: [path: string, text: string][];
}

/** An engine on one database, and what ends it: the engine itself leaves its connections open. */
export async function createEngine(
  options: EngineOptions,
): Promise<{ engine: SchemaEngine; close(): Promise<void> }> {
  await loadWasm();
  const adapters = new MigrationAdapterFactory(options);
  const factory = bindMigrationAwareSqlAdapterFactory(adapters);
  const engine = await wasm.SchemaEngine.new({ datamodels: options.datamodels }, () => {}, factory);
  return {
    engine,
    close: async () => {
      engine.free();
      await adapters.close();
    },
  };
}

/** Runs `work` with a client on `url` and closes it. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The server's maintenance database beside the one that `url` names. */
export function maintenanceUrl(url: string): { database: string; url: string } {
  const parsed = new URL(url);
  const database = decodeURIComponent(parsed.pathname.slice(1));
  parsed.pathname = '/postgres';
  return { database, url: parsed.toString() };
}

const OID_CHAR = 18;
const OID_TEXT = 25;

interface Queryable {
  queryRaw(query: SqlQuery): Promise<SqlResultSet>;
  performIO(query: SqlQuery): Promise<{ fields?: { dataTypeID: number }[] }>;
  underlyingDriver?(): { query(script: string): Promise<unknown> };
  executeScript?(script: string): Promise<void>;
  startTransaction?(...parameters: unknown[]): Promise<Queryable>;
}

/**
 * Two repairs that migrations need. adapter-pg refuses Postgres' one-byte "char", which the catalog queries return: it
 * goes on as Character. And it splits scripts at every ';', which breaks plpgsql bodies and leaves a failed migration
 * half applied: scripts are sent whole, so that Postgres runs each in one implicit transaction.
 */
function repaired<T extends Queryable>(adapter: T): T {
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = Object.getPrototypeOf(adapter).queryRaw as Queryable['queryRaw'];
  adapter.queryRaw = async (query) => {
    const result = await performIO(query);
    const chars = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === OID_CHAR ? [i] : []));
    for (const field of result.fields ?? []) if (field.dataTypeID === OID_CHAR) field.dataTypeID = OID_TEXT;
    const answer = await queryRaw.call(
      Object.assign(Object.create(adapter), { performIO: async () => result }),
      query,
    );
    for (const i of chars) answer.columnTypes[i] = ColumnTypeEnum.Character;
    return answer;
  };
  if (adapter.underlyingDriver) {
    const driver = adapter.underlyingDriver();
    adapter.executeScript = async (script) => void (await driver.query(script));
  }
  if (adapter.startTransaction) {
    const startTransaction = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (...parameters) => repaired(await startTransaction(...parameters));
  }
  return adapter;
}

async function connect(url: string, schema?: string): Promise<SqlDriverAdapter> {
  const options = schema === undefined ? {} : { schema };
  const adapter = await new PrismaPg({ connectionString: url, max: 2 }, options).connect();
  return repaired(adapter as unknown as Queryable) as unknown as SqlDriverAdapter;
}

class MigrationAdapterFactory {
  readonly provider = 'postgres' as const;
  readonly adapterName = '@prisma/adapter-pg';

  private readonly open: SqlDriverAdapter[] = [];

  constructor(private readonly options: EngineOptions) {}

  async connect(): Promise<SqlDriverAdapter> {
    const adapter = await connect(this.options.url, this.options.schema);
    this.open.push(adapter);
    return adapter;
  }

  async close(): Promise<void> {
    for (const adapter of this.open.splice(0)) await adapter.dispose();
  }

  /** A throw-away database in which `migrate dev` replays the migrations; with the role's own schema in it. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    if (this.options.shadowDatabaseUrl) return connect(this.options.shadowDatabaseUrl);
    const maintenance = maintenanceUrl(this.options.url);
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID().replaceAll('-', '')}`;
    await withClient(maintenance.url, (client) => client.query(`CREATE DATABASE "${name}"`));
    const url = new URL(this.options.url);
    url.pathname = `/${name}`;
    await withClient(url.toString(), async (client) => {
      const path =
        (await client.query<{ search_path: string }>('SHOW search_path')).rows[0]?.search_path ?? '';
      if (/^\w+$/.test(path)) await client.query(`CREATE SCHEMA IF NOT EXISTS "${path}"`);
    });
    const adapter = await connect(url.toString());
    const dispose = adapter.dispose.bind(adapter);
    adapter.dispose = async () => {
      await dispose();
      await withClient(maintenance.url, (client) =>
        client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
      );
    };
    return adapter;
  }
}
