/** What stands in the database, as numbers that can be compared: rows, sums of whole numbers, states, events by type. */
import type pg from 'pg';

export type Fingerprint = Record<string, number>;

const schemas = ['orders', 'inventory', 'payments'];
/** Who called and what is still to be handled is no effect. */
const others = ['idempotency_key', 'inbox', 'outbox', '_prisma_migrations', 'subscription'];

/** One statement for all tables of a schema: rows of `what` and `n`. */
async function statementFor(client: pg.Client, schema: string): Promise<string> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(
    `SELECT t.table_name AS table, c.column_name AS column, c.data_type AS type
     FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
     WHERE t.table_schema = $1 AND t.table_type = 'BASE TABLE' ORDER BY 1, 2`,
    [schema],
  );
  const columns = rows.filter(({ table }) => !others.includes(table));
  const tables = [...new Set(columns.map(({ table }) => table))];
  const counts = tables.map((table) => `SELECT '${schema}.${table} rows', count(*) FROM ${schema}.${table}`);
  const sums = columns
    .filter(({ type }) => ['smallint', 'integer', 'bigint'].includes(type))
    .map(
      ({ table, column }) =>
        `SELECT '${schema}.${table}.${column}', coalesce(sum("${column}"), 0) FROM ${schema}.${table}`,
    );
  const states = columns
    .filter(({ column, type }) => type === 'text' && /^(status|.*_state)$/.test(column))
    .map(
      ({ table, column }) =>
        `SELECT '${schema}.${table}.${column} ' || "${column}", count(*) FROM ${schema}.${table} GROUP BY 1`,
    );
  const events = `SELECT '${schema} event ' || type, count(*) FROM ${schema}.outbox GROUP BY 1`;
  return [...counts, ...sums, ...states, events].join(' UNION ALL ');
}

export async function fingerprint(client: pg.Client): Promise<Fingerprint> {
  const found: Fingerprint = {};
  for (const schema of schemas) {
    const { rows } = await client.query<[string, string]>({
      text: await statementFor(client, schema),
      rowMode: 'array',
    });
    for (const [what, n] of rows) found[what] = Number(n);
  }
  return found;
}

/** What has become more or less; without what has stayed. */
export function difference(before: Fingerprint, after: Fingerprint): Fingerprint {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changes = names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, by]) => by !== 0));
}
