// `expand`: ids in an answer are replaced by their objects, along paths such as `latest_charge.balance_transaction`.
import { invalidRequest } from './errors.js';
import type { Unit } from './store.js';
import type { Kind } from './tables.js';

type Json = { [key: string]: unknown };

// Which fields hold an id of what; other fields are not expandable.
const EXPANDABLE: Readonly<Record<string, Kind>> = {
  balance_transaction: 'balance_transaction',
  charge: 'charge',
  customer: 'customer',
  default_payment_method: 'payment_method',
  failure_balance_transaction: 'balance_transaction',
  latest_charge: 'charge',
  payment_intent: 'payment_intent',
  payment_method: 'payment_method',
};

const SOURCES: Readonly<Record<string, Kind>> = { ch: 'charge', re: 'refund', du: 'dispute', po: 'payout' };

/** A movement's source is told by its id. */
function sourceKind(id: unknown): Kind | undefined {
  return typeof id === 'string' ? SOURCES[id.split('_')[0] ?? ''] : undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function refundsOf(unit: Unit, charge: Json): Json {
  const data = unit.all('refund').filter((refund) => refund.charge === charge['id']);
  return {
    object: 'list',
    data: data.reverse(),
    has_more: false,
    url: `/v1/charges/${String(charge['id'])}/refunds`,
  };
}

function expandPath(unit: Unit, node: Json, path: readonly string[], whole: string): void {
  const [field = '', ...rest] = path;
  if (field === 'data' && Array.isArray(node['data'])) {
    for (const item of node['data'] as unknown[]) if (isJson(item)) expandPath(unit, item, rest, whole);
    return;
  }
  if (field === 'refunds' && node['object'] === 'charge') node['refunds'] = refundsOf(unit, node);
  const value = node[field];
  const kind = field === 'source' ? sourceKind(value) : EXPANDABLE[field];
  if (typeof value === 'string' && kind !== undefined) {
    node[field] = structuredClone(unit.find(kind, value) ?? value);
  } else if (!(field in node) || (typeof value === 'string' && kind === undefined)) {
    throw invalidRequest(`This property cannot be expanded (${whole}).`, { param: 'expand' });
  }
  const child = node[field];
  if (rest.length > 0 && isJson(child)) expandPath(unit, child, rest, whole);
}

/** A copy of the answer with the asked paths expanded. */
export function expandAnswer(unit: Unit, body: object, paths: readonly string[]): object {
  if (paths.length === 0) return body;
  const copy = structuredClone(body) as Json;
  for (const path of paths) expandPath(unit, copy, path.split('.'), path);
  return copy;
}
