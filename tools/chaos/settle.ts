/** After the faults: waits until nothing is under way any more, letting the shop's time pass in steps. */
import type pg from 'pg';
import { subgraphNames } from '../../subgraphs/list.js';
import type { ShopClock } from './clock.js';

/** What may still be under way, each as a statement that counts it; `$1` is the shop's time. */
const open: Record<string, string> = {
  'orders that wait for their payment': `SELECT count(*)::int AS n FROM orders.orders WHERE order_state = 'PENDING'`,
  'refunds that are asked for': `SELECT count(*)::int AS n FROM orders.order_refund WHERE status = 'REQUESTED'`,
  'payments that have not ended': `
    SELECT count(*)::int AS n FROM payments.payment
    WHERE holds_order AND status NOT IN ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED')`,
  'refunds that the provider works on': `SELECT count(*)::int AS n FROM payments.refund WHERE status = 'PENDING'`,
  'reservations that are open': `SELECT count(*)::int AS n FROM inventory.reservation WHERE status = 'OPEN'`,
  'orders whose money is set aside': `SELECT count(*)::int AS n FROM orders.orders WHERE payment_state = 'AUTHORIZED'`,
  'parcels that wait for a label or are with the carrier': `
    SELECT count(*)::int AS n FROM orders.shipment
    WHERE service IS NOT NULL AND status NOT IN ('DELIVERED', 'RETURNED_TO_SENDER', 'CANCELLED')`,
  'events on their way': subgraphNames
    .map((schema) => `(SELECT count(*) FROM ${schema}.outbox WHERE relayed_at IS NULL)`)
    .join(' + ')
    .replace(/^/, 'SELECT (')
    .concat(')::int AS n'),
  'messages that are due': subgraphNames
    .map((schema) => `(SELECT count(*) FROM ${schema}.inbox WHERE done_at IS NULL AND run_at <= $1)`)
    .join(' + ')
    .replace(/^/, 'SELECT (')
    .concat(')::int AS n'),
};

export type Unsettled = Record<string, number>;

/** What is under way now; empty: the shop is at rest. */
export async function findUnsettled(client: pg.Client, now: Date): Promise<Unsettled> {
  const left: Unsettled = {};
  for (const [what, sql] of Object.entries(open)) {
    const { rows } = await client.query<{ n: number }>(sql, sql.includes('$1') ? [now] : []);
    const n = rows[0]?.n ?? 0;
    if (n > 0) left[what] = n;
  }
  return left;
}

const minute = 60_000;
/** Payments are asked for again after a minute, orders given up after half an hour: steps that let one follow the other. */
const stepMs = 3 * minute;
/** What is left after so many rounds waits for hours: a payment that the provider works on has a day more. */
const manyRounds = 80;
const longStepMs = 30 * minute;
const breathMs = 700;

/** What is still under way when `patienceMs` of real time are over; empty: all settled. */
export async function settle(
  client: pg.Client,
  clock: ShopClock,
  patienceMs: number,
  onProgress: (line: string) => void,
  onRound: () => Promise<unknown> = async () => {},
): Promise<Unsettled> {
  const end = Date.now() + patienceMs;
  for (let round = 0; ; round += 1) {
    const left = await findUnsettled(client, clock.now());
    if (Object.keys(left).length === 0 || Date.now() > end) return left;
    onProgress(
      `Waiting for ${Object.entries(left)
        .map(([what, n]) => `${n} ${what}`)
        .join(', ')}`,
    );
    await onRound();
    clock.jump(round < manyRounds ? stepMs : longStepMs);
    await new Promise((resolve) => setTimeout(resolve, breathMs));
  }
}
