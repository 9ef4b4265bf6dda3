/** What the clients were told against what the shop has, when all is over. */
import type pg from 'pg';
import type { Goods } from './goods.js';
import type { StaffMove, Told } from './ledger.js';

export interface OrderRow {
  id: string;
  number: string;
  customerId: string;
  state: string;
  paymentState: string;
  gross: number;
  paid: number;
  refunded: number;
  charges: number;
  fulfilment: string;
  cancelled: Record<string, number>;
}

export interface StockRow {
  variantId: string;
  onHand: number;
  sold: number;
}

export interface Violation {
  /** `lost`, `oversold` ... */
  kind: 'lost' | 'oversold' | 'charged twice' | 'more than asked for' | 'wrong answer' | 'stock';
  text: string;
}

export interface Judgement {
  violations: Violation[];
  orders: number;
  paidOrders: number;
  /** Calls whose answer never came, and for which the shop has decided one way or the other. */
  unknownsResolved: number;
  /** Orders that were paid and whose goods were gone: the money went back. */
  madeGood: number;
}

const readOrders = async (client: pg.Client): Promise<OrderRow[]> =>
  (
    await client.query<OrderRow>(`
      SELECT o.id, o.number, o.customer_id AS "customerId", o.order_state AS state, o.payment_state AS "paymentState", o.fulfilment_state AS fulfilment,
        o.gross::int AS gross, o.paid_amount::int AS paid, o.refunded_amount::int AS refunded,
        (SELECT count(*)::int FROM payments.payment p WHERE p.order_id = o.id AND p.captured_amount > p.refunded_amount) AS charges,
        (SELECT coalesce(json_object_agg(i.id, i.cancelled_quantity), '{}') FROM orders.order_item i
         WHERE i.order_id = o.id) AS cancelled
      FROM orders.orders o`)
  ).rows;

const readStock = async (client: pg.Client): Promise<StockRow[]> =>
  (
    await client.query<StockRow>(`
      SELECT s.variant_id AS "variantId", sum(s.on_hand)::int AS "onHand", (
        SELECT coalesce(sum(i.quantity - i.cancelled_quantity), 0)::int
        FROM orders.order_item i JOIN orders.orders o ON o.id = i.order_id
        WHERE i.variant_id = s.variant_id AND o.order_state IN ('CONFIRMED', 'COMPLETED')) AS sold
      FROM inventory.stock_level s GROUP BY s.variant_id`)
  ).rows;

/** What of one customer's book does not stand in the shop. */
export function judgeTold(told: Told, order: OrderRow | undefined): Violation[] {
  const who = `checkout ${told.checkout} (${told.story})`;
  const found: Violation[] = told.faults.map((text) => ({ kind: 'wrong answer', text: `${who}: ${text}` }));
  const say = (kind: Violation['kind'], text: string): void =>
    void found.push({ kind, text: `${who}: ${text}` });
  if (told.orderId === null) return found;
  if (!order) {
    say('lost', `order ${told.orderId} was placed and is not there`);
    return found;
  }
  if (order.number !== told.number || order.gross !== told.total)
    say('lost', `order ${order.id} is not the one that was placed`);
  const standing = `${order.state}, ${order.paymentState}, paid ${order.paid}, refunded ${order.refunded}`;
  if (told.paid && order.paid === 0) say('lost', `order ${order.id} was paid and is ${standing}`);
  if (told.cancelled && (order.state !== 'CANCELLED' || order.refunded !== order.paid))
    say('lost', `order ${order.id} was cancelled and is ${standing}`);
  // Without a word of the customer a paid order is either sent or, where its goods were gone, given back whole.
  const stands = order.state === 'CONFIRMED' || order.state === 'COMPLETED' || order.refunded === order.paid;
  if (told.paid && !told.calledOff && !stands) say('lost', `order ${order.id} was paid and is ${standing}`);
  if (order.refunded < told.refunded) say('lost', `a refund of order ${order.id}: it is ${standing}`);
  for (const [item, pieces] of told.cancelledPieces)
    if (order.state !== 'CANCELLED' && (order.cancelled[item] ?? 0) !== pieces)
      say('lost', `${pieces} pieces of item ${item} were cancelled, and ${order.cancelled[item]} are`);
  if (told.shipped && order.fulfilment !== 'DELIVERED')
    say('lost', `order ${order.id} arrived and is ${order.fulfilment}`);
  if (order.charges > 1) say('charged twice', `order ${order.id} has ${order.charges} payments`);
  if (order.paid - order.refunded > order.gross)
    say('charged twice', `order ${order.id} is ${standing} of ${order.gross}`);
  return found;
}

/** An order has one intent behind it: of a customer there are at most as many as they asked for. */
export function judgeNumbers(book: readonly Told[], orders: readonly OrderRow[]): Violation[] {
  const asked = new Map<string, number>();
  for (const { customerId, placings } of book)
    if (customerId) asked.set(customerId, (asked.get(customerId) ?? 0) + placings);
  const have = new Map<string, number>();
  for (const { customerId } of orders) have.set(customerId, (have.get(customerId) ?? 0) + 1);
  return [...have].flatMap(([customerId, count]) =>
    count > (asked.get(customerId) ?? 0)
      ? [
          {
            kind: 'more than asked for' as const,
            text: `customer ${customerId} has ${count} orders of ${asked.get(customerId) ?? 0}`,
          },
        ]
      : [],
  );
}

/** What was there and came, less what was sold, is what is there. */
export function judgeStock(
  goods: Goods,
  moves: readonly StaffMove[],
  stock: readonly StockRow[],
): Violation[] {
  return goods.articles.flatMap(({ variantId, stock: opening }): Violation[] => {
    const row = stock.find((one) => one.variantId === variantId);
    if (!row) return [{ kind: 'stock', text: `article ${variantId} has no stock` }];
    const own = moves.filter((move) => move.variantId === variantId);
    const sum = (list: readonly StaffMove[]): number => list.reduce((total, { delta }) => total + delta, 0);
    const sure = opening.reduce((a, b) => a + b, 0) + sum(own.filter((move) => !move.unknown));
    const open = own.filter((move) => move.unknown);
    const least = sure + sum(open.filter(({ delta }) => delta < 0));
    const most = sure + sum(open.filter(({ delta }) => delta > 0));
    const text = `article ${variantId}: ${least} to ${most} supplied, ${row.sold} sold, ${row.onHand} there`;
    if (row.sold > most) return [{ kind: 'oversold', text }];
    const supplied = row.sold + row.onHand;
    return supplied < least || supplied > most ? [{ kind: 'stock', text }] : [];
  });
}

export async function judge(
  client: pg.Client,
  goods: Goods,
  book: readonly Told[],
  moves: readonly StaffMove[],
): Promise<Judgement> {
  const orders = await readOrders(client);
  const byId = new Map(orders.map((order) => [order.id, order]));
  const violations = [
    ...book.flatMap((told) => judgeTold(told, byId.get(told.orderId ?? ''))),
    ...judgeNumbers(book, orders),
    ...judgeStock(goods, moves, await readStock(client)),
  ];
  const calledOff = new Set(book.flatMap(({ orderId, calledOff: off }) => (off && orderId ? [orderId] : [])));
  const isPaid = ({ paid, refunded, state }: OrderRow): boolean => paid > refunded && state !== 'CANCELLED';
  return {
    violations,
    orders: orders.length,
    paidOrders: orders.filter(isPaid).length,
    unknownsResolved: book.filter(({ unknown }) => unknown !== null).length,
    madeGood: orders.filter(
      ({ id, paid, refunded, state }) =>
        paid > 0 && refunded === paid && state === 'CANCELLED' && !calledOff.has(id),
    ).length,
  };
}
