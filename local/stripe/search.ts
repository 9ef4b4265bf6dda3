// Stripe's search: clauses of field, operator and value, joined by AND or by OR.
import { z } from 'zod';
import { invalidRequest } from './errors.js';
import { integer, text } from './params.js';
import type { Unit } from './store.js';

export const searchParams = z.strictObject({ query: text, limit: integer.optional(), page: text.optional() });

export interface Searchable {
  id: string;
  created: number;
  metadata: Record<string, string> | null;
}

interface Clause {
  negated: boolean;
  field: string;
  metadataKey: string | undefined;
  operator: string;
  value: string;
}

const CLAUSE =
  /^(-?)([a-z_]+)(?:\[(?:'([^']*)'|"([^"]*)")\])?(:|~|>=|<=|>|<)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+|null))/;
const FIELDS = new Set(['amount', 'created', 'currency', 'customer', 'metadata', 'payment_intent', 'status']);

function badQuery(query: string): Error {
  return invalidRequest(`We were unable to parse your search query: ${query}`, { param: 'query' });
}

function parseQuery(query: string): { clauses: Clause[]; joint: 'AND' | 'OR' } {
  const clauses: Clause[] = [];
  let joint: 'AND' | 'OR' | undefined;
  let rest = query.trim();
  for (;;) {
    const match = CLAUSE.exec(rest);
    const [all = '', minus, field = '', single, double, operator = ''] = match ?? [];
    if (!match || !FIELDS.has(field)) throw badQuery(query);
    const value = (match[6] ?? match[7] ?? match[8] ?? '').replaceAll(/\\(.)/g, '$1');
    clauses.push({ negated: minus === '-', field, metadataKey: single ?? double, operator, value });
    rest = rest.slice(all.length).trimStart();
    if (rest === '') return { clauses, joint: joint ?? 'AND' };
    const word = /^(AND|OR)\s+/i.exec(rest);
    const next = word?.[1]?.toUpperCase() ?? 'AND';
    if (joint !== undefined && joint !== next) throw badQuery(query);
    joint = next === 'OR' ? 'OR' : 'AND';
    rest = word ? rest.slice(word[0].length) : rest;
  }
}

function matches(row: Searchable, clause: Clause): boolean {
  const { field, metadataKey, operator, value, negated } = clause;
  const held: unknown =
    metadataKey === undefined ? row[field as keyof Searchable] : row.metadata?.[metadataKey];
  return compare(held, operator, value) !== negated;
}

function compare(held: unknown, operator: string, value: string): boolean {
  if (held === undefined || held === null) return value === 'null';
  if (operator === ':') return String(held) === value;
  if (operator === '~') return String(held).includes(value);
  const [left, right] = [Number(held), Number(value)];
  if (operator === '>') return left > right;
  if (operator === '<') return left < right;
  return operator === '>=' ? left >= right : left <= right;
}

/** The page of rows that match, newest first. An object appears only `lagMs` after it was made, as Stripe warns. */
export function searchRows<R extends Searchable>(
  unit: Unit,
  rows: readonly R[],
  params: z.output<typeof searchParams>,
  url: string,
  lagMs: number,
) {
  const { clauses, joint } = parseQuery(params.query);
  const found = rows
    .filter((row) => lagMs === 0 || row.created * 1000 + lagMs <= unit.nowMs)
    .filter((row) =>
      joint === 'AND' ? clauses.every((c) => matches(row, c)) : clauses.some((c) => matches(row, c)),
    )
    .toReversed();
  const from = Number(params.page ?? 0);
  const to = from + (params.limit ?? 10);
  const hasMore = found.length > to;
  return {
    object: 'search_result' as const,
    url,
    has_more: hasMore,
    next_page: hasMore ? String(to) : null,
    data: found.slice(from, to),
  };
}
