/** Asks questions of one database, all of the same moment. */
import type pg from 'pg';
import type { Question } from './questions/question.js';

export interface Answer {
  name: string;
  holds: string;
  /** How many things were looked at. */
  looked: number;
  violations: number;
  /** What does not agree yet, and moved so lately that it may still be under way. */
  inFlight: number;
  /** The first of the violations: ids and the figures that disagree. */
  rows: Record<string, unknown>[];
  ms: number;
}

export interface Asking {
  /** The moment to ask for: now, by the shop's clock, less the grace for what is under way. */
  at: Date;
  /** At most so many rows of each question. */
  rows: number;
  onProgress?: (question: Question, position: number) => void;
}

interface Found {
  violations: number;
  inFlight: number;
  rows: Record<string, unknown>[] | null;
}

const counted = (looksAt: string): string =>
  `SELECT count(*)::float AS looked, $1::timestamptz AS at FROM ${looksAt}`;

/** Counts in the database: where all is wrong, not all rows are to be carried here. `json` keeps the columns' order. */
const found = (sql: string): string => `
  WITH found AS MATERIALIZED (SELECT row_to_json(q) AS row FROM (${sql}) q),
  judged AS (SELECT row, coalesce((row->>'moved_at')::timestamptz > $1, false) AS moving FROM found)
  SELECT count(*) FILTER (WHERE NOT moving)::float AS violations, count(*) FILTER (WHERE moving)::float AS "inFlight",
    (SELECT json_agg(row) FROM (SELECT row FROM judged WHERE NOT moving LIMIT $2) first) AS rows
  FROM judged`;

/** When it moved has been judged: what is shown are ids and figures. */
const shown = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'moved_at'));

/** Asks one after the other on a client that may read every schema, in the transaction that runs, if any. */
export async function ask(
  client: pg.Client,
  questions: readonly Question[],
  asking: Asking,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [i, question] of questions.entries()) {
    asking.onProgress?.(question, i + 1);
    const { name, holds, looksAt, sql } = question;
    const began = performance.now();
    const all = await client.query<{ looked: number }>(counted(looksAt), [asking.at]);
    const { rows } = await client.query<Found>(found(sql), [asking.at, asking.rows]);
    const [first] = rows;
    answers.push({
      ...{ name, holds, looked: all.rows[0]?.looked ?? 0 },
      ...{ violations: first?.violations ?? 0, inFlight: first?.inFlight ?? 0 },
      rows: (first?.rows ?? []).map(shown),
      ms: Math.round(performance.now() - began),
    });
  }
  return answers;
}

/** As `ask`, of one snapshot of the database: what is written meanwhile is not seen, and nothing can be written. */
export async function askSnapshot(
  client: pg.Client,
  questions: readonly Question[],
  asking: Asking,
): Promise<Answer[]> {
  // Sums over whole tables: room to hash them, and no time lost on compiling.
  await client.query(
    `BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off`,
  );
  try {
    return await ask(client, questions, asking);
  } finally {
    await client.query('ROLLBACK');
  }
}
