/**
 * The reservation of stock as a pure model (design, section 6): one order after the other, each all or nothing, decided once.
 * Written from what is promised, not from the code that it is compared with.
 */
import { allocate as allocation, type FreeLevel } from '../../subgraphs/inventory/allocation/rules.js';

export interface Line {
  variantId: string;
  quantity: number;
}
export interface Held extends Line {
  warehouseId: string;
}
export type Status = 'OPEN' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED';

interface ModelOrder {
  status: Status;
  /** What it asked for, summed and sorted; null where it never asked. */
  asked: Line[] | null;
  shortages: { variantId: string; requested: number; available: number }[];
  held: Held[];
  holdUntil: number;
  /** Nothing is sold to it any more. */
  over: boolean;
}

export interface Model {
  /** Pieces by variant and warehouse. */
  levels: Map<string, Map<string, { onHand: number; reserved: number }>>;
  orders: Map<string, ModelOrder>;
}

export const cloned = (model: Model): Model => structuredClone(model);

export function emptyModel(stock: readonly Held[]): Model {
  const levels: Model['levels'] = new Map();
  for (const { variantId, warehouseId, quantity } of stock) {
    const own = levels.get(variantId) ?? new Map<string, { onHand: number; reserved: number }>();
    levels.set(variantId, own.set(warehouseId, { onHand: quantity, reserved: 0 }));
  }
  return { levels, orders: new Map() };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One line per variant, by variant. */
export function summed(lines: readonly Line[]): Line[] {
  const ids = [...new Set(lines.map((line) => line.variantId))].sort(compare);
  return ids.map((variantId) => ({
    variantId,
    quantity: lines.reduce((sum, line) => (line.variantId === variantId ? sum + line.quantity : sum), 0),
  }));
}

/** Pieces that can be taken, by variant and warehouse. */
const freeIn = ({ levels }: Model): FreeLevel[] =>
  [...levels].flatMap(([variantId, own]) =>
    [...own].map(([warehouseId, { onHand, reserved }]) => ({
      ...{ variantId, warehouseId, available: onHand - reserved },
    })),
  );

/** Which warehouses an order is served from is inventory's own pure rule, which has a test of its own. */
const allocate = (model: Model, lines: readonly Line[]): ReturnType<typeof allocation> =>
  allocation(freeIn(model), lines, { strategy: 'FEWEST_PARCELS' });

/** Changes the levels of what is held by so many times its pieces. */
function move(model: Model, held: readonly Held[], onHand: number, reserved: number): void {
  for (const { variantId, warehouseId, quantity } of held) {
    const level = model.levels.get(variantId)?.get(warehouseId);
    if (!level) throw new Error('Nothing lies there.');
    level.onHand += onHand * quantity;
    level.reserved += reserved * quantity;
  }
}

const isSame = (a: readonly Line[] | null, b: readonly Line[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const blank = (status: Status): ModelOrder => ({
  ...{ status, asked: null, shortages: [], held: [], holdUntil: 0, over: false },
});

/** The schema's words; no article of the model is sold before it is there. */
export type Answer =
  | { status: 'RESERVED'; backordered: never[] }
  | { status: 'INSUFFICIENT'; shortages: ModelOrder['shortages'] }
  | { status: 'OTHERWISE' }
  | { status: 'ENDED' };
const reservedAnswer = (): Answer => ({ status: 'RESERVED', backordered: [] });

/** Decides an order's request, or repeats what was decided; the answer's words are those of the schema. */
export function reserve(model: Model, id: string, wanted: readonly Line[], holdUntil: number): Answer {
  const lines = summed(wanted);
  const known = model.orders.get(id);
  if (known) {
    if (known.status === 'RELEASED' || known.status === 'EXPIRED') return { status: 'ENDED' };
    if (!isSame(known.asked, lines)) return { status: 'OTHERWISE' };
    return known.status === 'REFUSED'
      ? { status: 'INSUFFICIENT', shortages: known.shortages }
      : reservedAnswer();
  }
  const decided = allocate(model, lines);
  if ('allocated' in decided) {
    const held = decided.allocated;
    move(model, held, 0, 1);
    model.orders.set(id, { ...blank('OPEN'), asked: lines, held, holdUntil });
    return reservedAnswer();
  }
  const { shortages } = decided;
  model.orders.set(id, { ...blank('REFUSED'), asked: lines, shortages });
  return { status: 'INSUFFICIENT', shortages };
}

/** Lets the pieces of an open order go. */
function free(model: Model, order: ModelOrder, status: 'RELEASED' | 'EXPIRED'): void {
  move(model, order.held, 0, -1);
  order.held = [];
  order.status = status;
}

/** The order will not be paid: 'released', 'nothing' or the refusal's code. */
export function release(model: Model, id: string): string {
  const order = model.orders.get(id);
  if (!order) model.orders.set(id, blank('RELEASED'));
  if (order?.status === 'COMMITTED') return 'RESERVATION_COMMITTED';
  if (order?.status !== 'OPEN') return 'nothing';
  free(model, order, 'RELEASED');
  return 'released';
}

/** Until when it is held now; null for good; or the refusal's code. */
export function extend(model: Model, id: string, holdUntil: number): number | null | string {
  const order = model.orders.get(id);
  if (!order) return 'NOT_FOUND';
  if (order.status === 'COMMITTED') return null;
  if (order.status !== 'OPEN') return 'RESERVATION_ENDED';
  order.holdUntil = Math.max(order.holdUntil, holdUntil);
  return order.holdUntil;
}

export function expire(model: Model, now: number): void {
  for (const order of model.orders.values())
    if (order.status === 'OPEN' && order.holdUntil <= now) free(model, order, 'EXPIRED');
}

/** The order was paid: what is held is sold; what has gone back is taken again if it is there, else never. */
export function commit(model: Model, id: string, lines: readonly Line[]): void {
  const order = model.orders.get(id) ?? blank('EXPIRED');
  model.orders.set(id, order);
  if (order.status === 'COMMITTED' || order.over) return;
  if (order.status === 'OPEN') move(model, order.held, -1, -1);
  else {
    const decided = allocate(model, summed(lines));
    order.over = 'shortages' in decided;
    if ('shortages' in decided) return;
    move(model, decided.allocated, -1, 0);
    order.held = decided.allocated;
  }
  order.status = 'COMMITTED';
}

/** The order was cancelled: what is held or was sold comes back, and nothing is sold to it later. */
export function cancel(model: Model, id: string): void {
  const order = model.orders.get(id) ?? blank('RELEASED');
  model.orders.set(id, order);
  order.over = true;
  if (order.status === 'OPEN') free(model, order, 'RELEASED');
  else if (order.status === 'COMMITTED') {
    move(model, order.held, 1, 0);
    order.held = [];
    order.status = 'RELEASED';
  }
}

/** What can be seen of it from outside, in a fixed order. */
export function visible({ levels, orders }: Model): unknown {
  const pieces = [...levels].flatMap(([variantId, own]) =>
    [...own].map(
      ([warehouseId, { onHand, reserved }]) => `${variantId} ${warehouseId} ${onHand} ${reserved}`,
    ),
  );
  const states = [...orders].map(([id, { status, held }]) => {
    const parts = held.map((one) => `${one.variantId} ${one.warehouseId} ${one.quantity}`).sort();
    return `${id} ${status} ${parts.join(', ')}`;
  });
  return { pieces: pieces.sort(), states: states.sort() };
}
