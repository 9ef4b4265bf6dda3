/**
 * Reservations that break: fewer pieces are there than are reserved, since a count found fewer or some were lost. The newest
 * unpaid orders lose theirs, in the transaction that notes it.
 */
import { clientError } from '../../shared/errors.js';
import type { NewEvent } from '../../shared/events/outbox.js';
import { holdPoliciesOfOrders } from '../backorder/service.js';
import type { Context } from '../context.js';
import type { LevelKey, StockLevel, StockMove } from '../stock/rules.js';
import { lockStock, readStock } from '../stock/service.js';
import { noLongerWaited } from './cancel.js';
import { released } from './moves.js';
import { newestFirst, type Breakable, type Deficit } from './rules.js';
import { findBreakable, lockBreakable } from './break-store.js';
import { endReservations, linesOf } from './store.js';

const keyOf = ({ variantId, warehouseId }: LevelKey): string => `${variantId}/${warehouseId}`;

/** Somebody reserved meanwhile what would have to be broken: the whole transaction is to be run again. */
export class Overtaken extends Error {}

const attempts = 5;

/** Runs `work` again where it was overtaken; throws RETRY_LATER where that goes on. */
export async function untilNotOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      if (attempt === attempts)
        throw clientError(
          'RETRY_LATER',
          'Too much is being reserved at the moment. Nothing was changed: try again.',
        );
    }
  }
}

export interface LockedForBreaking {
  levels: Map<string, StockLevel>;
  /** Pieces of a level that must be left: where it has a deficit those of orders whose payment is told, else all reserved. */
  keptOn(key: LevelKey): number;
  /** Ends what has to end, so that on no level more is reserved than stays; gives what to write and tell with it. */
  breakUp(): Promise<Broken>;
}

export interface Broken {
  moves: StockMove[];
  events: NewEvent[];
  /** Variants for which fewer pieces wait now. */
  freed: string[];
}

/**
 * Locks levels of which pieces may go, after the reservations that may break with that: those are found by a look without
 * locks at what `deficitsOf` says, since they must be locked first (policies, reservations, levels, as everybody).
 */
export async function lockForBreaking(
  ctx: Context,
  keys: readonly LevelKey[],
  deficitsOf: (levels: ReadonlyMap<string, StockLevel>) => Deficit[],
): Promise<LockedForBreaking> {
  const variantIds = [...new Set(keys.map((key) => key.variantId))];
  const likely = await likelyToBreak(ctx, variantIds, deficitsOf);
  await holdPoliciesOfOrders(ctx, likely, variantIds);
  const alsoInvolved = likely.length === 0 ? [] : await lockBreakable(ctx.db, likely);
  const involved = await lockStock(ctx, [...new Set([...variantIds, ...alsoInvolved])]);
  const levels = byKey(involved);
  // Under the levels' locks nothing more can be reserved: this is what there is.
  const deficits = deficitsOf(levels);
  const now = deficits.length === 0 ? [] : await findBreakable(ctx.db, deficits);
  const locked = new Set(likely);
  return {
    levels,
    keptOn: (key) => (levels.get(keyOf(key))?.reserved ?? 0) - piecesOn(now, key),
    breakUp: async () => {
      const orderIds = newestFirst(now, deficits);
      if (orderIds.length === 0) return { moves: [], events: [], freed: [] };
      if (orderIds.some((id) => !locked.has(id))) throw new Overtaken();
      const ended = await endReservations(ctx.db, 'expire', orderIds, ctx.clock());
      return {
        moves: released(linesOf(ended)),
        events: ended.map(({ orderId }) => ({
          type: 'ReservationExpired',
          aggregateId: orderId,
          payload: { orderId },
        })),
        freed: noLongerWaited(ended),
      };
    },
  };
}

const piecesOn = (reservations: readonly Breakable[], key: LevelKey): number =>
  reservations
    .flatMap((one) => one.lines)
    .filter((line) => keyOf(line) === keyOf(key))
    .reduce((sum, line) => sum + line.quantity, 0);

const byKey = (levels: readonly StockLevel[]): Map<string, StockLevel> =>
  new Map(levels.map((level) => [keyOf(level), level]));

/** What would break if nobody reserved or gave back anything meanwhile. */
async function likelyToBreak(
  ctx: Context,
  variantIds: readonly string[],
  deficitsOf: (levels: ReadonlyMap<string, StockLevel>) => Deficit[],
): Promise<string[]> {
  const deficits = deficitsOf(byKey(await readStock(ctx, variantIds)));
  return deficits.length === 0 ? [] : newestFirst(await findBreakable(ctx.db, deficits), deficits);
}
