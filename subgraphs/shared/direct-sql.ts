/**
 * Raw statements on their own way: straight to `pg`, with the templates, the values and the results of Prisma's
 * `$queryRaw`. Its way through Prisma's interpreter takes three times the CPU (decision 0016), and a checkout sends dozens.
 */
import { createHash } from 'node:crypto';
import { Decimal, Sql as Fragment, sqltag } from '@prisma/client/runtime/client';
import pg from 'pg';
import type { Sql } from './db.js';

type Connection = Pick<pg.Client, 'query'>;

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

/** `$queryRaw` and its like on a pool, or on the one connection of a transaction (`open-transaction.ts`). */
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
