/**
 * Changes of an open reservation (docs/decisions/0017): first what the order may become is held beside what it has, all or
 * nothing; when orders has told what it has become, what nobody needs any more is let go. So a change never oversells, a
 * refused one leaves the reservation as it was, and one whose order cannot be written leaves nothing to fetch back.
 */
import { badInput, conflict } from '../../shared/errors.js';
import { emit } from '../../shared/events/outbox.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import {
  allocate,
  nearness,
  type AllocatedLine,
  type OrderLine,
  type Shortage,
} from '../allocation/rules.js';
import { takeWaiting } from '../backorder/rules.js';
import {
  holdPolicies,
  holdPoliciesOfOrders,
  startWaiting,
  stopWaiting,
  whenExpected,
} from '../backorder/service.js';
import type { Context } from '../context.js';
import { moveStock } from '../stock/movement.js';
import { lockStock } from '../stock/service.js';
import { addressesOf } from '../warehouse/service.js';
import { excess, missing, waitingFor } from './change-rules.js';
import { held, released, returned } from './moves.js';
import { remainingLines, sumLines, takeBack } from './rules.js';
import { checkLines, type Reserved } from './service.js';
import {
  addLines,
  endChange,
  findChange,
  findOpenChanges,
  insertChange,
  noteLinesSeq,
} from './change-store.js';
import { findCancellations, lockReservation, reduceLines, type LockedReservation } from './store.js';

export interface ChangeInput {
  orderId: string;
  changeId: string;
  lines: readonly OrderLine[];
  destination?: { country: string; postalCode?: string | null | undefined } | null | undefined;
}

const refused = (code: string, message: string): Reserved => ({
  ...{ status: null, shortages: [], backordered: [] },
  userErrors: [conflict(code, message, ['changeId'])],
});

/** Reserves what an order may become beside what it has, all or nothing, once per change. */
export async function changeReservation(ctx: Context, input: ChangeInput): Promise<Reserved> {
  if (!isId(input.orderId)) throw badInput('orderId is not an id.', ['orderId']);
  if (!isId(input.changeId)) throw badInput('changeId is not an id.', ['changeId']);
  checkLines(input.lines);
  const { orderId, changeId } = input;
  const lines = sumLines(input.lines);
  return transact(ctx, async (inner) => {
    const rooms = await holdPolicies(
      inner,
      lines.map((line) => line.variantId),
    );
    const reservation = await lockReservation(inner.db, orderId);
    const known = await findChange(inner.db, changeId);
    if (known && known.shortages.length > 0) return insufficient(known.shortages);
    if (known?.endedAt) return refused('CHANGE_ENDED', 'This change was given up.');
    if (known && JSON.stringify(known.lines) !== JSON.stringify(lines))
      return refused('CHANGED_OTHERWISE', 'This change asked for other lines before.');
    if (reservation?.status !== 'OPEN')
      return refused('RESERVATION_ENDED', "This order's reservation is not open any more.");
    const shortages = known ? [] : await grow(inner, { ...input, lines }, reservation, rooms);
    return shortages.length > 0 ? insufficient(shortages) : reserved(inner, orderId, lines);
  });
}

const insufficient = (shortages: Shortage[]): Reserved => ({
  ...{ status: 'INSUFFICIENT', shortages, backordered: [], userErrors: [] },
});

async function reserved(ctx: Context, orderId: string, lines: readonly OrderLine[]): Promise<Reserved> {
  const now = await lockReservation(ctx.db, orderId);
  const waiting = waitingFor(now?.lines ?? [], now?.waiting ?? [], lines);
  const times = await whenExpected(
    ctx,
    waiting.map((line) => line.variantId),
  );
  const backordered = waiting.map((line) => ({ ...line, expectedAt: times.get(line.variantId) ?? null }));
  return { status: 'RESERVED', shortages: [], backordered, userErrors: [] };
}

/** Adds what the reservation is short of, or notes what there is not enough of and adds nothing; gives that. */
async function grow(
  ctx: Context,
  { orderId, changeId, lines, destination }: ChangeInput,
  { lines: has, waiting }: LockedReservation,
  rooms: ReadonlyMap<string, number>,
): Promise<Shortage[]> {
  const more = missing([...has, ...waiting], lines);
  const now = ctx.clock();
  const levels =
    more.length === 0
      ? []
      : await lockStock(
          ctx,
          more.map((line) => line.variantId),
        );
  const free = levels
    .filter((level) => level.active)
    .map((level) => ({ ...level, available: level.onHand - level.reserved }));
  const nearnessOf = await nearnessTo(ctx, destination, free);
  const allocation = allocate(free, more, { strategy: ctx.config.stock.allocation, rooms, nearnessOf });
  const shortages = 'shortages' in allocation ? asWhole(allocation.shortages, lines) : [];
  await insertChange(ctx.db, { changeId, orderId, lines, shortages }, now);
  if ('shortages' in allocation) return shortages;
  const { allocated, backordered } = allocation;
  await addLines(ctx.db, orderId, allocated, now);
  await waitForMore(ctx, orderId, waiting, backordered);
  await emit(
    ctx,
    ...(await moveStock(
      ctx,
      held(allocated.map((line) => ({ ...line, orderId }))),
      backordered.map((line) => line.variantId),
    )),
  );
  return [];
}

/** How near each of the levels' warehouses is to where the order goes; all alike where the shop does not ask. */
async function nearnessTo(
  ctx: Context,
  destination: ChangeInput['destination'],
  levels: readonly { warehouseId: string }[],
): Promise<(warehouseId: string) => number> {
  if (ctx.config.stock.allocation !== 'NEAREST' || !destination) return () => 0;
  const to = { country: destination.country, postalCode: destination.postalCode ?? null };
  const addresses = await addressesOf(ctx, [...new Set(levels.map((level) => level.warehouseId))]);
  const near = new Map([...addresses].map(([id, address]) => [id, nearness(address, to)]));
  return (warehouseId) => near.get(warehouseId) ?? 0;
}

/** As the order asked: with what it has already. */
const asWhole = (shortages: readonly Shortage[], lines: readonly OrderLine[]): Shortage[] =>
  shortages.map(({ variantId, requested, available }) => {
    const whole = lines.find((line) => line.variantId === variantId)?.quantity ?? requested;
    return { variantId, requested: whole, available: available + whole - requested };
  });

/** Who waits for more waits anew with all of it, as the last: an order must not keep a place and grow in it. */
async function waitForMore(
  ctx: Context,
  orderId: string,
  waiting: readonly OrderLine[],
  more: readonly OrderLine[],
): Promise<void> {
  const before = waiting.filter((one) => more.some((line) => line.variantId === one.variantId));
  await stopWaiting(ctx, orderId, before);
  await startWaiting(
    ctx,
    sumLines([...before, ...more]).map((line) => ({ ...line, orderId })),
  );
}

export interface ChangedOrder extends ChangeInput {
  /** Number of the event among those of its order. */
  aggregateSeq: number;
}

/**
 * The change is over, and `lines` is what the order has: what is held beyond it, and beyond what other open changes may make
 * of it, goes back. Later news than this have counted already what it says.
 */
export async function endReservationChange(ctx: Context, order: ChangedOrder): Promise<void> {
  await transact(ctx, async (inner) => {
    const { orderId, changeId, aggregateSeq } = order;
    const now = inner.clock();
    await holdPoliciesOfOrders(inner, [orderId]);
    const reservation = await lockReservation(inner.db, orderId);
    await endChange(inner.db, { changeId, orderId }, now);
    if (!reservation || aggregateSeq <= reservation.linesSeq) return;
    const { status } = reservation;
    if (status !== 'OPEN' && status !== 'COMMITTED') return;
    await noteLinesSeq(inner.db, orderId, aggregateSeq, now);
    await cut(inner, order, reservation, status);
  });
}

async function cut(
  ctx: Context,
  { orderId, aggregateSeq, lines }: ChangedOrder,
  { lines: has, waiting }: LockedReservation,
  status: 'OPEN' | 'COMMITTED',
): Promise<void> {
  const later = (await findCancellations(ctx.db, [orderId])).filter((one) => one.aggregateSeq > aggregateSeq);
  const order = remainingLines(
    lines,
    later.flatMap((one) => one.lines),
  );
  const tooMuch = excess([...has, ...waiting], order, await findOpenChanges(ctx.db, orderId));
  const { waiting: noMore, rest } = takeWaiting(waiting, tooMuch);
  await stopWaiting(ctx, orderId, noMore);
  const taken = takeBack(has, rest).map((line): AllocatedLine & { orderId: string } => ({
    ...line,
    orderId,
  }));
  if (taken.length > 0) await reduceLines(ctx.db, orderId, taken);
  const moves = status === 'OPEN' ? released(taken) : returned(ctx.newId, taken);
  const fewer = noMore.map((line) => line.variantId);
  await emit(ctx, ...(await moveStock(ctx, moves, fewer)));
}
