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

const belowReserved = (level: StockLevel, field: string[]): UserError => ({
  __typename: 'QuantityBelowReservedError',
  code: 'QUANTITY_BELOW_RESERVED',
  message: `${level.reserved} pieces are reserved for orders: at least as many must be left.`,
  field,
  variantId: level.variantId,
  warehouseId: level.warehouseId,
  reserved: level.reserved,
});

const levelOf = (levels: ReadonlyMap<string, StockLevel>, key: LevelKey): StockLevel => {
  const level = levels.get(keyOf(key));
  if (!level) throw new Error(`No level ${keyOf(key)}: it should have been made.`);
  return level;
};

/** The changes that make the levels what was counted, without those that change nothing; or what stands against it. */
export function changesOfCounts(
  levels: ReadonlyMap<string, StockLevel>,
  counts: readonly Count[],
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
    else if (quantity < level.reserved) problems.push(belowReserved(level, [...field, 'quantity']));
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

/** Changes that would leave less than is reserved, or more than `maxQuantity`; those of one level count together. */
export function problemsOfLevels(
  levels: ReadonlyMap<string, StockLevel>,
  changes: readonly Change[],
): UserError[] {
  const sums = new Map<string, number>();
  for (const change of changes) sums.set(keyOf(change), (sums.get(keyOf(change)) ?? 0) + change.delta);
  return changes.flatMap((change, i) => {
    const level = levelOf(levels, change);
    const after = level.onHand + (sums.get(keyOf(change)) ?? 0);
    const field = ['changes', String(i), 'delta'];
    if (after < level.reserved) return [belowReserved(level, field)];
    return after > maxQuantity ? [invalidInput(`There would be more than ${maxQuantity}.`, field)] : [];
  });
}
