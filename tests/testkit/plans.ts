/** What Postgres would do for a statement in a shop whose tables are new, when it makes the plan that connections keep. */
import { subgraphNames } from '../../subgraphs/list.js';
import { openDatabase } from '../../subgraphs/shared/db.js';
import type { TestParts } from './parts.js';

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: Node[];
}

/** One row, or one for each of what staff set up. */
const small = [
  'terms',
  'promotion',
  'tax_rate',
  'shipping',
  'warehouse',
  'event_subscription',
  'brand',
  'category',
  'signing_key',
];

/**
 * The parts of a plan that read all of a table or of an index that grows with the shop. Where only the `first` few rows in an
 * index's own order are asked for, it need not be read by a key.
 */
function wholeReads(node: Node, first = false): string[] {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index, Plans: plans = [] } = node;
  const stays = first && !/Sort|Aggregate|Hash/.test(type);
  const below = plans.flatMap((plan) => wholeReads(plan, stays || type === 'Limit'));
  const name = index ?? table ?? '';
  if (small.some((one) => name.startsWith(one))) return below;
  const isIndex = /^(Index|Bitmap Index)/.test(type);
  const isWhole = type === 'Seq Scan' || (isIndex && !node['Index Cond'] && !first);
  return isWhole ? [`${type} ${name}`, ...below] : below;
}

const parameters = (statement: string): string => {
  const last = Math.max(0, ...[...statement.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  return last === 0 ? '' : `(${Array.from({ length: last }, () => 'NULL').join(', ')})`;
};

/** Of statements of any subgraph, what each would read as a whole; those that read by key are left out. */
export async function readsOfWholeTables(
  parts: TestParts,
  statements: readonly string[],
): Promise<{ statement: string; reads: string[] }[]> {
  const found: { statement: string; reads: string[] }[] = [];
  for (const schema of subgraphNames) {
    const { pool, close } = openDatabase({
      url: parts.databaseUrl(schema),
      schema,
      onError: () => undefined,
    });
    const client = await pool.connect();
    for (const statement of new Set(statements)) {
      try {
        await client.query(`PREPARE one AS ${statement}`);
      } catch {
        continue; // Another subgraph's.
      }
      const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Node }[] }>(
        `EXPLAIN (FORMAT JSON) EXECUTE one${parameters(statement)}`,
      );
      const reads = rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => wholeReads(Plan)));
      if (reads.length > 0) found.push({ statement: statement.replace(/\s+/g, ' ').trim(), reads });
      await client.query('DEALLOCATE one');
    }
    client.release();
    await close();
  }
  return found;
}
