import { badInput, Refused, withUserErrors, type Payload, type UserError } from '../../shared/errors.js';
import { emit } from '../../shared/events/outbox.js';
import { idempotent } from '../../shared/idempotency.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { TransactionType } from '../ledger/rules.js';
import type { LevelKey, StockLevel } from '../stock/rules.js';
import {
  lockForBreaking,
  untilNotOvertaken,
  type Broken,
  type LockedForBreaking,
} from '../reservation/break.js';
import type { Deficit } from '../reservation/rules.js';
import { moveStock } from '../stock/movement.js';
import { checkLevels, ensureStockLevels, getLevels } from '../stock/service.js';
import {
  changesOfCounts,
  deficitsOfChanges,
  deficitsOfCounts,
  keyOf,
  problemsOfChanges,
  problemsOfLevels,
  type Change,
  type Count,
} from './rules.js';

/** What is written to the ledger with each change. */
interface Note {
  reason: string;
  reference?: string | null | undefined;
  note?: string | null | undefined;
}

export interface CountInput extends Note {
  idempotencyKey: string;
  quantities: Count[];
}

export interface ChangeInput extends Note {
  idempotencyKey: string;
  type: TransactionType;
  changes: Change[];
}

function checkNote({ reason, reference, note }: Note): void {
  if (reason.trim() === '' || reason.length > 200)
    throw badInput('reason has 1 to 200 characters.', ['reason']);
  if ((reference ?? '').length > 200) throw badInput('reference has at most 200 characters.', ['reference']);
  if ((note ?? '').length > 2_000) throw badInput('note has at most 2000 characters.', ['note']);
}

const refuseIfAny = (problems: readonly UserError[]): void => {
  if (problems.length > 0) throw new Refused(...problems);
};

/** The levels, made where they are not there yet, locked with what may break. */
async function lockLevelsToChange(
  ctx: Context,
  keys: readonly LevelKey[],
  deficitsOf: (levels: ReadonlyMap<string, StockLevel>) => Deficit[],
): Promise<LockedForBreaking> {
  await ensureStockLevels(ctx, keys);
  return lockForBreaking(ctx, keys, deficitsOf);
}

async function post(
  ctx: Context,
  type: TransactionType,
  { reason, reference, note }: Note,
  changes: readonly Change[],
  broken: Broken,
): Promise<void> {
  const actorId = ctx.viewer.kind === 'user' ? ctx.viewer.id : null;
  const moves = changes.map(({ variantId, warehouseId, delta }) => ({
    variantId,
    warehouseId,
    onHand: delta,
    reserved: 0,
    entry: { id: ctx.newId(), type, reason, reference: reference ?? null, note: note ?? null, actorId },
  }));
  await emit(ctx, ...(await moveStock(ctx, [...broken.moves, ...moves], broken.freed)), ...broken.events);
}

/** Sets what was counted, all of it or nothing; the differences go into the ledger. */
export function setInventoryQuantities(
  ctx: Context,
  input: CountInput,
): Promise<Payload<{ levels: StockLevel[] }>> {
  const { idempotencyKey: key, ...rest } = input;
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    checkNote(input);
    await checkLevels(ctx, 'quantities', input.quantities, true);
    const call = { owner: ctx.viewer.id ?? '', operation: 'setInventoryQuantities', key, input: rest };
    await untilNotOvertaken(() =>
      idempotent(ctx, call, async (inner) => {
        const { quantities } = input;
        const locked = await lockLevelsToChange(inner, quantities, (levels) =>
          deficitsOfCounts(levels, quantities),
        );
        const { changes, problems } = changesOfCounts(locked.levels, quantities, locked.keptOn);
        refuseIfAny(problems);
        await post(inner, 'ADJUSTMENT', input, changes, await locked.breakUp());
        return {};
      }),
    );
    return { levels: await getLevels(ctx, input.quantities) };
  });
}

/** Adds and takes away pieces, all of the changes or none, each with its entry in the ledger. */
export function adjustInventoryQuantities(
  ctx: Context,
  input: ChangeInput,
): Promise<Payload<{ levels: StockLevel[] }>> {
  const { idempotencyKey: key, ...rest } = input;
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    checkNote(input);
    await checkLevels(ctx, 'changes', input.changes, false);
    refuseIfAny(problemsOfChanges(input.type, input.changes));
    const call = { owner: ctx.viewer.id ?? '', operation: 'adjustInventoryQuantities', key, input: rest };
    // Goods that are moved on purpose are not those that are promised; what is lost or was never there is.
    const breaks = input.type !== 'TRANSFER';
    await untilNotOvertaken(() =>
      idempotent(ctx, call, async (inner) => {
        const { changes, type } = input;
        const locked = await lockLevelsToChange(inner, changes, (levels) =>
          breaks ? deficitsOfChanges(levels, changes) : [],
        );
        refuseIfAny(problemsOfLevels(locked.levels, changes, locked.keptOn));
        await post(inner, type, input, changes, await locked.breakUp());
        return {};
      }),
    );
    const distinct = new Map(input.changes.map((change) => [keyOf(change), change]));
    return { levels: await getLevels(ctx, [...distinct.values()]) };
  });
}
