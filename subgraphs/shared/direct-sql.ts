/**
 * Raw statements on their own way: straight to `pg`, with the templates, the values and the results of Prisma's
 * `$queryRaw`. Its way through Prisma's interpreter takes three times the CPU (decision 0016), and a checkout sends dozens.
 */
import { createHash } from 'node:crypto';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Decimal, Sql as Fragment, sqltag } from '@prisma/client/runtime/client';
import pg from 'pg';
import type { Sql } from './db.js';

type Connection = Pick<pg.Pool, 'query'>;

/** Statement names by text, so that Postgres keeps the plan: about a quarter less work per read (platform.md). */
const hashOf = (text: string): string => createHash('sha1').update(text).digest('base64url').slice(0, 24);

const names = new Map<string, string>();

/** The name under which every connection knows this statement. */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    if (names.size > 5_000) names.clear();
    names.set(text, (name = hashOf(text)));
  }
  return name;
}

const { builtins } = pg.types;
const int8Array = 1016;
const bytes = pg.types.getTypeParser(builtins.BYTEA) as (value: string) => Buffer;
const digits = pg.types.getTypeParser(int8Array as typeof builtins.INT8) as unknown as (
  value: string,
) => string[];
const parsers = new Map<number, (value: string) => unknown>([
  [builtins.INT8, BigInt],
  [int8Array, (value) => digits(value).map(BigInt)],
  [builtins.BYTEA, (value) => new Uint8Array(bytes(value))],
  [builtins.NUMERIC, (value) => new Decimal(value)],
  // A day has no time zone: midnight of UTC, as Prisma has it.
  [builtins.DATE, (value) => new Date(`${value}T00:00:00Z`)],
]);
const types = {
  getTypeParser: (oid: number, format?: string) =>
    (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format as 'text'),
};

/** Times as UTC: `pg` would write them in the process' time zone. */
function valueOf(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(valueOf);
  return ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** The texts of templates without fragments; those of one place in the code are the same object each time. */
const texts = new WeakMap<object, string>();

function statementOf(template: TemplateStringsArray, values: unknown[]): { text: string; values: unknown[] } {
  if (values.some((value) => value instanceof Fragment)) {
    const { text, values: flat } = sqltag(template, ...values);
    return { text, values: flat };
  }
  let text = texts.get(template);
  if (text === undefined) {
    text = template.reduce((before, part, i) => `${before}$${i}${part}`);
    texts.set(template, text);
  }
  return { text, values };
}

/** `$queryRaw` and its like on a pool, or on the one connection of a transaction. */
export function directSql(connection: Connection): Sql {
  const send = (text: string, values: unknown[]) =>
    connection.query({ name: statementName(text), text, values: values.map(valueOf), types });
  return {
    $queryRaw: async <T>(template: TemplateStringsArray, ...parameters: unknown[]) => {
      const { text, values } = statementOf(template, parameters);
      return (await send(text, values)).rows as T;
    },
    $executeRaw: async (template, ...parameters) => {
      const { text, values } = statementOf(template, parameters);
      return (await send(text, values)).rowCount ?? 0;
    },
    $queryRawUnsafe: async <T>(text: string, ...values: unknown[]) => (await send(text, values)).rows as T,
  };
}

/** Lets the raw statements of a Prisma client go their own way. */
export function withDirectSql<Client extends Sql>(client: Client, pool: pg.Pool): Client {
  return Object.assign(client, directSql(pool));
}

/** A connection takes one statement at a time, and a transaction's loaders may send two. */
function oneAfterTheOther(connection: Connection): Connection {
  let last: Promise<unknown> = Promise.resolve();
  const query = (config: pg.QueryConfig): Promise<pg.QueryResult> => {
    const next = last.then(() => connection.query(config));
    last = next.catch(() => undefined);
    return next;
  };
  return { query: query as Connection['query'] };
}

/** The same of a transaction. Not by assigning: what is set on Prisma's transaction is set on its client. */
function directTransaction<Db extends Sql>(db: Db, connection: Connection): Db {
  const direct: Record<string | symbol, unknown> = { ...directSql(oneAfterTheOther(connection)) };
  return new Proxy(db, { get: (target, name) => direct[name] ?? Reflect.get(target, name) });
}

const opening = new AsyncLocalStorage<{ connection?: Connection }>();

/** A pool that tells who opens a transaction which connection it was given. */
export class ListenedPool extends pg.Pool {
  override connect = ((heard?: unknown) => {
    const connect = pg.Pool.prototype.connect as (heard?: unknown) => Promise<pg.PoolClient>;
    const place = opening.getStore();
    if (heard !== undefined || !place || place.connection) return connect.call(this, heard);
    return connect.call(this).then((client) => (place.connection = client));
  }) as pg.Pool['connect'];
}

/**
 * Runs `open`, which opens a transaction of a Prisma client on a `ListenedPool` and calls `direct` with it first.
 */
export const openingTransaction = <T>(
  open: (direct: <Db extends Sql>(db: Db) => Db) => Promise<T>,
): Promise<T> => {
  const place: { connection?: Connection } = {};
  return opening.run(place, () =>
    open((db) => (place.connection ? directTransaction(db, place.connection) : db)),
  );
};
