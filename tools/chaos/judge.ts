/** What the clients were told against what the shop has, when all is over. */
import type pg from 'pg';
import type { Label } from '../../local/carrier/parcels.js';
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
  /** Pieces per item that came back. */
  returned: Record<string, number>;
}

export interface StockRow {
  variantId: string;
  onHand: number;
  /** To orders that stand, without what they wait for and what came back to stock. */
  sold: number;
  /** Between two warehouses. */
  onTheWay: number;
}

export interface Violation {
  /** `lost`, `oversold` ... */
  kind: 'lost' | 'oversold' | 'charged twice' | 'more than asked for' | 'wrong answer' | 'stock' | 'label';
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
  /** How often what happens after a sale, and in the warehouses, was done to its end. */
  reached: Record<string, number>;
}

const readOrders = async (client: pg.Client): Promise<OrderRow[]> =>
  (
    await client.query<OrderRow>(`
      SELECT o.id, o.number, o.customer_id AS "customerId", o.order_state AS state, o.payment_state AS "paymentState", o.fulfilment_state AS fulfilment,
        o.gross::int AS gross, o.paid_amount::int AS paid, o.refunded_amount::int AS refunded,
        (SELECT count(*)::int FROM payments.payment p WHERE p.order_id = o.id AND p.captured_amount > p.refunded_amount) AS charges,
        (SELECT coalesce(json_object_agg(i.id, i.cancelled_quantity), '{}') FROM orders.order_item i
         WHERE i.order_id = o.id) AS cancelled,
        (SELECT coalesce(json_object_agg(b.item, b.pieces), '{}') FROM (
           SELECT l->>'itemId' AS item, sum((l->>'quantity')::int)::int AS pieces
           FROM orders.order_return r, jsonb_array_elements(coalesce(nullif(r.received, 'null'), '[]')) l
           WHERE r.order_id = o.id AND r.status = 'RECEIVED' GROUP BY 1) b) AS returned
      FROM orders.orders o`)
  ).rows;

const readReached = async (client: pg.Client): Promise<Record<string, number>> =>
  (
    await client.query<{ what: string; n: number }>(`
      SELECT 'captures' AS what, count(*)::int AS n FROM payments.payment
      WHERE capture_method = 'MANUAL' AND captured_amount > 0
      UNION ALL SELECT 'let off in part', count(*)::int FROM payments.payment
      WHERE capture_method = 'MANUAL' AND captured_amount BETWEEN 1 AND amount - 1
      UNION ALL SELECT 'voids', count(*)::int FROM payments.payment
      WHERE capture_method = 'MANUAL' AND status = 'CANCELLED' AND provider_intent_id IS NOT NULL
      UNION ALL SELECT 'returns', count(*)::int FROM orders.order_return WHERE status = 'RECEIVED'
      UNION ALL SELECT 'labels', count(*)::int FROM orders.shipment WHERE label_id IS NOT NULL
      UNION ALL SELECT 'labels given back', count(*)::int FROM orders.shipment
      WHERE service IS NOT NULL AND status = 'CANCELLED'
      UNION ALL SELECT 'waited for stock', count(*)::int FROM inventory.backorder
      UNION ALL SELECT 'got it later', count(*)::int FROM inventory.backorder WHERE filled > 0
      UNION ALL SELECT 'transfers', count(*)::int FROM inventory.stock_transfer WHERE status = 'RECEIVED'
      UNION ALL SELECT 'transfers back', count(*)::int FROM inventory.stock_transfer
      WHERE status = 'CANCELLED' AND shipped_at IS NOT NULL`)
  ).rows.reduce<Record<string, number>>((all, { what, n }) => ({ ...all, [what]: n }), {});

const readStock = async (client: pg.Client): Promise<StockRow[]> =>
  (
    await client.query<StockRow>(`
      SELECT s.variant_id AS "variantId", sum(s.on_hand)::int AS "onHand", (
        SELECT coalesce(sum(i.quantity - i.cancelled_quantity - coalesce(b.pieces, 0)), 0)::int
        FROM orders.order_item i JOIN orders.orders o ON o.id = i.order_id
        LEFT JOIN (
          SELECT (l->>'itemId')::uuid AS item, sum((l->>'quantity')::int)::int AS pieces
          FROM orders.order_return r, jsonb_array_elements(coalesce(nullif(r.received, 'null'), '[]')) l
          WHERE r.status = 'RECEIVED' AND (l->>'restocked')::bool GROUP BY 1) b ON b.item = i.id
        WHERE i.variant_id = s.variant_id AND o.order_state IN ('CONFIRMED', 'COMPLETED')) - (
        SELECT coalesce(sum(w.quantity - w.filled - w.ended), 0)::int
        FROM inventory.backorder w JOIN inventory.reservation r USING (order_id)
        WHERE w.variant_id = s.variant_id AND r.status = 'COMMITTED') AS sold, (
        SELECT coalesce(sum(l.quantity - l.received - l.written_off - l.returned), 0)::int
        FROM inventory.stock_transfer_line l JOIN inventory.stock_transfer t ON t.id = l.transfer_id
        WHERE l.variant_id = s.variant_id AND t.status = 'IN_TRANSIT') AS "onTheWay"
      FROM inventory.stock_level s GROUP BY s.variant_id`)
  ).rows;

const arrived = new Set(['DELIVERED', 'PARTIALLY_RETURNED', 'RETURNED']);

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
  for (const [item, pieces] of told.returnedPieces)
    if ((order.returned[item] ?? 0) !== pieces)
      say('lost', `${pieces} pieces of item ${item} came back, and ${order.returned[item] ?? 0} did`);
  if (told.shipped && !arrived.has(order.fulfilment))
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
    const text = `article ${variantId}: ${least} to ${most} supplied, ${row.sold} sold, ${row.onHand} there, ${row.onTheWay} on their way`;
    if (row.sold > most) return [{ kind: 'oversold', text }];
    const supplied = row.sold + row.onHand + row.onTheWay;
    return supplied < least || supplied > most ? [{ kind: 'stock', text }] : [];
  });
}

/** What the carrier sold, against what orders knows: one label that stands per parcel that stands, none besides. */
export async function judgeLabels(client: pg.Client, labels: readonly Label[]): Promise<Violation[]> {
  const { rows } = await client.query<{ id: string; labels: number }>(`
    SELECT id::text AS id, CASE WHEN status = 'CANCELLED' THEN 0 ELSE 1 END AS labels
    FROM orders.shipment WHERE service IS NOT NULL
    UNION ALL SELECT id::text, 1 FROM orders.order_return WHERE label_url IS NOT NULL`);
  const wanted = new Map(rows.map((row) => [row.id, row.labels]));
  const bought = new Map([...wanted.keys()].map((id) => [id, 0]));
  for (const { request, cancelledAt } of labels)
    bought.set(request.reference, (bought.get(request.reference) ?? 0) + (cancelledAt === null ? 1 : 0));
  return [...bought].flatMap(([id, count]): Violation[] =>
    count === (wanted.get(id) ?? 0)
      ? []
      : [{ kind: 'label', text: `parcel ${id} has ${count} labels and should have ${wanted.get(id) ?? 0}` }],
  );
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
    reached: await readReached(client),
    paidOrders: orders.filter(isPaid).length,
    unknownsResolved: book.filter(({ unknown }) => unknown !== null).length,
    madeGood: orders.filter(
      ({ id, paid, refunded, state }) =>
        paid > 0 && refunded === paid && state === 'CANCELLED' && !calledOff.has(id),
    ).length,
  };
}
