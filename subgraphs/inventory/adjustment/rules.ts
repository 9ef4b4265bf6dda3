/** An adjustment: pieces that staff counted, or that came and went outside of orders. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { fitsType, transactionTypes, type TransactionType } from '../ledger/rules.js';
import type { LevelKey, StockLevel } from '../stock/rules.js';

export interface Count extends LevelKey {
  quantity: number;
  expectedQuantity?: number | null | undefined;
}

export interface Change extends LevelKey {
  /** Above 0: pieces came; below: they went. */
  delta: number;
}

/** More than a warehouse holds; keeps sums far from the integer's end. */
export const maxQuantity = 10_000_000;

export const keyOf = ({ variantId, warehouseId }: LevelKey): string => `${variantId}/${warehouseId}`;

/** Fewer would be left than must be: `reserved`, for orders that keep what they have. */
export const belowReserved = (
  { variantId, warehouseId, reserved }: LevelKey & { reserved: number },
  field: string[],
): UserError => ({
  __typename: 'QuantityBelowReservedError',
  code: 'QUANTITY_BELOW_RESERVED',
  message: `${reserved} pieces are reserved for orders: at least as many must be left.`,
  field,
  variantId,
  warehouseId,
  reserved,
});

/** How many pieces of a level must be left, whatever is counted or lost: those of paid orders. */
export type Kept = (key: LevelKey) => number;

const levelOf = (levels: ReadonlyMap<string, StockLevel>, key: LevelKey): StockLevel => {
  const level = levels.get(keyOf(key));
  if (!level) throw new Error(`No level ${keyOf(key)}: it should have been made.`);
  return level;
};

/** What the counts leave too little of for what is reserved. */
export function deficitsOfCounts(
  levels: ReadonlyMap<string, StockLevel>,
  counts: readonly Count[],
): (LevelKey & { pieces: number })[] {
  return counts.flatMap(({ variantId, warehouseId, quantity }) => {
    const pieces = (levels.get(keyOf({ variantId, warehouseId }))?.reserved ?? 0) - quantity;
    return pieces > 0 ? [{ variantId, warehouseId, pieces }] : [];
  });
}

/** The changes that make the levels what was counted, without those that change nothing; or what stands against it. */
export function changesOfCounts(
  levels: ReadonlyMap<string, StockLevel>,
  counts: readonly Count[],
  kept: Kept,
): { changes: Change[]; problems: UserError[] } {
  const problems: UserError[] = [];
  const changes: Change[] = [];
  counts.forEach((count, i) => {
    const level = levelOf(levels, count);
    const field = ['quantities', String(i)];
    const { quantity, expectedQuantity, variantId, warehouseId } = count;
    if (expectedQuantity != null && expectedQuantity !== level.onHand)
      problems.push({
        __typename: 'QuantityChangedError',
        code: 'QUANTITY_CHANGED',
        message: `${expectedQuantity} pieces were expected, ${level.onHand} are there: count again.`,
        field: [...field, 'expectedQuantity'],
        variantId,
        warehouseId,
        currentQuantity: level.onHand,
      });
    else if (quantity < 0 || quantity > maxQuantity)
      problems.push(invalidInput(`quantity is 0 to ${maxQuantity}.`, [...field, 'quantity']));
    else if (quantity < kept(level))
      problems.push(belowReserved({ variantId, warehouseId, reserved: kept(level) }, [...field, 'quantity']));
    else if (quantity !== level.onHand)
      changes.push({ variantId, warehouseId, delta: quantity - level.onHand });
  });
  return { changes, problems };
}

/** What stands against the changes whatever the levels are: signs, balance, size. */
export function problemsOfChanges(type: TransactionType, changes: readonly Change[]): UserError[] {
  const { byStaff, balanced } = transactionTypes[type];
  if (!byStaff) return [invalidInput(`${type} is posted by orders alone.`, ['type'])];
  const problems: UserError[] = [];
  const sums = new Map<string, number>();
  changes.forEach(({ variantId, delta }, i) => {
    sums.set(variantId, (sums.get(variantId) ?? 0) + delta);
    if (!fitsType(type, delta) || Math.abs(delta) > maxQuantity)
      problems.push(invalidInput(`${delta} does not fit ${type}.`, ['changes', String(i), 'delta']));
  });
  if (balanced && [...sums.values()].some((sum) => sum !== 0))
    problems.push(
      invalidInput('What leaves one warehouse in a transfer arrives in another: add up to 0 per variant.', [
        'changes',
      ]),
    );
  return problems;
}

/** Sums of the changes by level. */
function sumsOf(changes: readonly Change[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const change of changes) sums.set(keyOf(change), (sums.get(keyOf(change)) ?? 0) + change.delta);
  return sums;
}

/** What the changes leave too little of for what is reserved; those of one level count together. */
export function deficitsOfChanges(
  levels: ReadonlyMap<string, StockLevel>,
  changes: readonly Change[],
): (LevelKey & { pieces: number })[] {
  return [...sumsOf(changes)].flatMap(([key, delta]) => {
    const level = levels.get(key);
    if (!level || level.onHand + delta >= level.reserved) return [];
    const { variantId, warehouseId, onHand, reserved } = level;
    return [{ variantId, warehouseId, pieces: reserved - (onHand + delta) }];
  });
}

/** Changes that would leave less than must be, or nothing to take from, or more than `maxQuantity`; those of one level count together. */
export function problemsOfLevels(
  levels: ReadonlyMap<string, StockLevel>,
  changes: readonly Change[],
  kept: Kept,
): UserError[] {
  const sums = sumsOf(changes);
  return changes.flatMap((change, i) => {
    const level = levelOf(levels, change);
    const after = level.onHand + (sums.get(keyOf(change)) ?? 0);
    const field = ['changes', String(i), 'delta'];
    const { variantId, warehouseId } = level;
    if (after < 0) {
      const message = `There are only ${level.onHand} pieces.`;
      return [{ ...belowReserved({ variantId, warehouseId, reserved: kept(level) }, field), message }];
    }
    if (after < kept(level)) return [belowReserved({ variantId, warehouseId, reserved: kept(level) }, field)];
    return after > maxQuantity ? [invalidInput(`There would be more than ${maxQuantity}.`, field)] : [];
  });
}
