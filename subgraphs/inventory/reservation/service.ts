import {
  badInput,
  conflict,
  notFound,
  Refused,
  withUserErrors,
  type Payload,
  type UserError,
} from '../../shared/errors.js';
import { record } from '../../shared/events/consequences.js';
import { emit } from '../../shared/events/outbox.js';
import { schedule, type Timer } from '../../shared/events/timers.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { normalPostalCode, type OrderLine, type Shortage } from '../allocation/rules.js';
import type { Context } from '../context.js';
import { stockEvents } from '../stock/rules.js';
import { moveStock } from '../stock/movement.js';
import { retryLater } from './lane.js';
import { released } from './moves.js';
import {
  decisionOf,
  sumLines,
  type BackorderedLine,
  type Decision,
  type ReservationRequest,
} from './rules.js';
import { noLongerWaited } from './cancel.js';
import { extendHold } from './hold-store.js';
import {
  endReservations,
  findStatus,
  linesOf,
  noteUnknown,
  reserveBatch,
  type DecidedBatch,
} from './store.js';

/** The consumer that the expiry timers belong to; part of their rows' keys, so never renamed. */
export const timersConsumer = 'timers';

const maxLines = 1_000;
const maxQuantity = 1_000_000;

export interface ReserveInput {
  orderId: string;
  /** Null: it counts for nobody's open reservations. */
  customerId?: string | null | undefined;
  holdUntil: Date;
  lines: OrderLine[];
  destination?: { country: string; postalCode?: string | null | undefined } | null | undefined;
}

export interface Reserved {
  status: 'RESERVED' | 'INSUFFICIENT' | null;
  shortages: Shortage[];
  backordered: BackorderedLine[];
  userErrors: UserError[];
}

function checkRequest({ orderId, customerId, lines }: ReserveInput): void {
  if (!isId(orderId)) throw badInput('orderId is not an id.', ['orderId']);
  if (customerId != null && !isId(customerId)) throw badInput('customerId is not an id.', ['customerId']);
  checkLines(lines);
}

/** Throws `badInput` for lines that no order can have. */
export function checkLines(lines: readonly OrderLine[]): void {
  if (lines.length < 1 || lines.length > maxLines)
    throw badInput(`lines are 1 to ${maxLines}, not ${lines.length}.`, ['lines']);
  lines.forEach(({ variantId, quantity }, i) => {
    if (!isId(variantId)) throw badInput('variantId is not an id.', ['lines', String(i), 'variantId']);
    if (quantity < 1 || quantity > maxQuantity)
      throw badInput(`quantity is 1 to ${maxQuantity}.`, ['lines', String(i), 'quantity']);
  });
}

/** Reserves an order's lines, all or nothing, together with whoever asks at the same time. */
export async function reserveStock(ctx: Context, input: ReserveInput): Promise<Reserved> {
  checkRequest(input);
  const { correlationId } = ctx;
  const { country, postalCode } = input.destination ?? {};
  const destination =
    country === undefined
      ? null
      : { country, postalCode: postalCode == null ? null : normalPostalCode(postalCode) };
  const lines = sumLines(input.lines);
  const { orderId, holdUntil } = input;
  // An order that counts for nobody is the only one of its customer: no cap is below that.
  const customerId = input.customerId ?? orderId;
  const request = { orderId, customerId, holdUntil, lines, destination, correlationId };
  const decision = await ctx.lane.decide(request);
  const refused = (code: string, message: string): Reserved => ({
    status: null,
    shortages: [],
    backordered: [],
    userErrors: [conflict(code, message, ['orderId'])],
  });
  switch (decision.status) {
    case 'RESERVED':
      return { status: 'RESERVED', shortages: [], backordered: decision.backordered, userErrors: [] };
    case 'INSUFFICIENT':
      return {
        status: 'INSUFFICIENT',
        shortages: decision.shortages,
        backordered: [],
        userErrors: [],
      };
    case 'OTHERWISE':
      return refused('RESERVED_OTHERWISE', 'This order asked for other lines before.');
    case 'ENDED':
      return refused('RESERVATION_ENDED', "This order's reservation is over: place a new order.");
    case 'CAPPED':
      return refused(
        'TOO_MANY_RESERVATIONS',
        'As many orders of this customer wait for payment as may: pay or cancel one of them first.',
      );
  }
}

/** Fires when a reservation's time is over. */
export const expiryTimer = (orderId: string, holdUntil: Date): Timer => ({
  consumer: timersConsumer,
  type: 'ReservationExpiry',
  aggregateId: orderId,
  runAt: holdUntil,
});

/** Postgres gave up waiting for a row: nothing is wrong with the request. */
const isLockTimeout = (error: unknown): boolean =>
  /55P03|lock timeout/.test(JSON.stringify([(error as Error).message, (error as { meta?: unknown }).meta]));

/** The lane's work: decides a batch and writes down all that follows from it, in one transaction. */
export async function decideReservations(
  ctx: Context,
  requests: readonly ReservationRequest[],
): Promise<Decision[]> {
  const { allocation: strategy, openReservations: maxOpen } = ctx.config.stock;
  try {
    return await transact(ctx, async (inner) => {
      const batch = await reserveBatch(inner.db, requests, { strategy, maxOpen }, inner.clock());
      const held = requests.filter(({ orderId }) => {
        const decision = batch.decisions.get(orderId);
        return decision?.fresh && decision.status === 'OPEN';
      });
      await record(inner, {
        events: stockEvents(batch.levels, roomsGoneOrBack(batch)),
        timers: held.map(({ orderId, holdUntil }) => expiryTimer(orderId, holdUntil)),
      });
      return requests.map(({ orderId }): Decision => {
        if (batch.capped.has(orderId)) return { status: 'CAPPED' };
        const decision = batch.decisions.get(orderId);
        if (!decision) throw new Error(`No decision for ${orderId}`);
        return decisionOf(decision);
      });
    });
  } catch (error) {
    throw isLockTimeout(error) ? retryLater() : error;
  }
}

/** Variants that could be ordered beyond their stock and can't any more. */
const roomsGoneOrBack = ({ rooms }: DecidedBatch): string[] =>
  rooms.filter(({ before, after }) => before > 0 !== after > 0).map(({ variantId }) => variantId);

/** Gives back what is held for an order that will not be paid; one that never asked can't any more. */
export function releaseStock(
  ctx: Context,
  { orderId }: { orderId: string },
): Promise<Payload<{ released: boolean }>> {
  return withUserErrors(async () => {
    if (!isId(orderId)) throw badInput('orderId is not an id.', ['orderId']);
    return transact(ctx, async (inner) => {
      const now = inner.clock();
      // First: a request for the same order that is still under way then finds that the order is over.
      if ((await noteUnknown(inner.db, [orderId], 'RELEASED', now)) > 0) return { released: false };
      const ended = await endReservations(inner.db, 'release', [orderId], now);
      if (ended.length === 0) {
        if ((await findStatus(inner.db, orderId)) === 'COMMITTED')
          throw new Refused(
            conflict('RESERVATION_COMMITTED', 'The order was paid: cancel it instead.', ['orderId']),
          );
        return { released: false };
      }
      await emit(inner, ...(await moveStock(inner, released(linesOf(ended)), noLongerWaited(ended))));
      return { released: true };
    });
  });
}

/** Holds an open reservation longer; null: it is held for good. */
export function extendReservation(
  ctx: Context,
  { orderId, holdUntil }: { orderId: string; holdUntil: Date },
): Promise<Payload<{ holdUntil: Date | null }>> {
  return withUserErrors(async () => {
    if (!isId(orderId)) throw new Refused(notFound('reservation', ['orderId']));
    return transact(ctx, async (inner) => {
      const until = await extendHold(inner.db, orderId, holdUntil, inner.clock());
      if (until) {
        await schedule(inner, expiryTimer(orderId, until));
        return { holdUntil: until };
      }
      const status = await findStatus(inner.db, orderId);
      if (status === null) throw new Refused(notFound('reservation', ['orderId']));
      if (status !== 'COMMITTED')
        throw new Refused(conflict('RESERVATION_ENDED', 'The reservation is over.', ['orderId']));
      return { holdUntil: null };
    });
  });
}
