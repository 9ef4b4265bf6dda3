import {
  badInput,
  invalidInput,
  notFound,
  Refused,
  withUserErrors,
  type Payload,
} from '../../shared/errors.js';
import { emit, type NewEvent } from '../../shared/events/outbox.js';
import { isId } from '../../shared/ids.js';
import { maxPageSize } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { may, requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { WarehouseCapacity } from '../warehouse/rules.js';
import { missingWarehouses } from '../warehouse/service.js';
import {
  expectedAt,
  statusOf,
  stockEvents,
  visibleQuantity,
  type AvailabilityStatus,
  type LevelChange,
  type LevelKey,
  type Stock,
  type StockLevel,
  type WatchedLevels,
} from './rules.js';
import { ensureLevels, findLevels, findStock, findVariantsIn, lockLevels, writeThresholds } from './store.js';

const maxAsked = 250;

export const availability = (ctx: Context, variantId: string): Promise<Stock> =>
  ctx.loaders.stock.load(variantId);

export const availabilityStatus = (stock: Stock): AvailabilityStatus => statusOf(stock);

export const availabilityQuantity = (ctx: Context, stock: Stock): number | null =>
  visibleQuantity(stock, may(ctx.viewer, 'inventory:read'), ctx.config.stock.numbers);

export const availabilityExpectedAt = (stock: Stock): Date | null => expectedAt(stock);

export async function stock(ctx: Context, variantId: string): Promise<StockLevel[]> {
  requirePermission(ctx.viewer, 'inventory:read');
  return ctx.loaders.levels.load(variantId);
}

/** The most that an order may ask for of a variant; what has no limit is as many. */
const maxOrdered = 1_000_000;

/** The levels that somebody watches, as they are now. */
export async function watchedLevels(
  ctx: Context,
  { variantId, warehouseId }: WatchedLevels,
): Promise<StockLevel[]> {
  const levels = await stock(ctx, variantId);
  return warehouseId === null ? levels : levels.filter((level) => level.warehouseId === warehouseId);
}

/** For other subgraphs: what can be ordered of each variant, beyond its stock too where it may; 0 where nothing is known. */
export async function availableQuantities(
  ctx: Context,
  variantIds: readonly string[],
): Promise<{ variantId: string; quantity: number }[]> {
  if (variantIds.length > maxAsked)
    throw badInput(`variantIds are ${maxAsked} at most, not ${variantIds.length}.`, ['variantIds']);
  const found = await ctx.loaders.stock.loadMany(variantIds);
  return variantIds.map((variantId, i) => {
    const one = found[i];
    if (one instanceof Error) throw one;
    return { variantId, quantity: Math.min((one?.available ?? 0) + (one?.beyond?.room ?? 0), maxOrdered) };
  });
}

/** How full a warehouse is: pieces are counted, other units noted by staff. */
export const capacityUsed = async (ctx: Context, capacity: WarehouseCapacity): Promise<number | null> =>
  capacity.unit === 'PIECES' ? ctx.loaders.pieces.load(capacity.warehouseId) : capacity.used;

/** Variants of which something can be sold from this warehouse, or could if it were active. */
export const variantsIn = (ctx: Context, warehouseId: string): Promise<string[]> =>
  findVariantsIn(ctx.db, warehouseId);

/** All levels of the variants, not held: they may change at any moment. */
export const readStock = (ctx: Context, variantIds: readonly string[]): Promise<StockLevel[]> =>
  findLevels(ctx.db, variantIds);

/** All levels of the variants as they are, held until the transaction ends. */
export const lockStock = (
  ctx: Context,
  variantIds: readonly string[],
): Promise<(StockLevel & { active: boolean })[]> => lockLevels(ctx.db, variantIds);

export const ensureStockLevels = (ctx: Context, keys: readonly LevelKey[]): Promise<void> =>
  ensureLevels(ctx.db, keys);

/** To tell of variants of which something else than the stock decides anew whether they can be bought. */
export async function variantChanges(ctx: Context, variantIds: readonly string[]): Promise<NewEvent[]> {
  const found = new Map((await findStock(ctx.db, variantIds)).map((one) => [one.variantId, one.available]));
  return variantIds.map((variantId) => {
    const available = found.get(variantId) ?? 0;
    const payload = { variantId, available, previousAvailable: available };
    return { type: 'InventoryUpdated', aggregateId: variantId, payload };
  });
}

export interface Thresholds extends LevelKey {
  lowStockThreshold?: number | null | undefined;
  reorderPoint?: number | null | undefined;
  reorderQuantity?: number | null | undefined;
}

const thresholdNames = ['lowStockThreshold', 'reorderPoint', 'reorderQuantity'] as const;

/** Throws `badInput` for too many levels or one twice, and refuses those whose ids lead nowhere. */
export async function checkLevels(
  ctx: Context,
  field: string,
  keys: readonly LevelKey[],
  once: boolean,
): Promise<void> {
  if (keys.length < 1 || keys.length > maxPageSize)
    throw badInput(`${field} are 1 to ${maxPageSize}, not ${keys.length}.`, [field]);
  const distinct = new Set(keys.map((key) => `${key.variantId}/${key.warehouseId}`));
  if (once && distinct.size < keys.length)
    throw badInput(`${field} name a variant and warehouse twice.`, [field]);
  const missing = await missingWarehouses(
    ctx,
    keys.map((key) => key.warehouseId),
  );
  const problems = keys.flatMap(({ variantId, warehouseId }, i) => [
    ...(isId(variantId) ? [] : [notFound('variant', [field, String(i), 'variantId'])]),
    ...(missing.has(warehouseId) ? [notFound('warehouse', [field, String(i), 'warehouseId'])] : []),
  ]);
  if (problems.length > 0) throw new Refused(...problems);
}

/** The levels, read anew, in the order of `keys`. */
export async function getLevels(ctx: Context, keys: readonly LevelKey[]): Promise<StockLevel[]> {
  ctx.loaders.levels.clearAll();
  return Promise.all(
    keys.map(async ({ variantId, warehouseId }) => {
      const levels = await ctx.loaders.levels.load(variantId);
      const level = levels.find((one) => one.warehouseId === warehouseId);
      if (!level) throw new Error(`No level of ${variantId} in ${warehouseId}`);
      return level;
    }),
  );
}

/** Sets thresholds; a level that becomes low by it is told as one that sells low. */
export function setStockThresholds(
  ctx: Context,
  input: { levels: Thresholds[] },
): Promise<Payload<{ levels: StockLevel[] }>> {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    await checkLevels(ctx, 'levels', input.levels, true);
    const problems = input.levels.flatMap((level, i) =>
      thresholdNames.flatMap((name) =>
        (level[name] ?? 0) < 0 ? [invalidInput(`${name} is 0 or more.`, ['levels', String(i), name])] : [],
      ),
    );
    if (problems.length > 0) throw new Refused(...problems);
    await transact(ctx, (inner) => applyThresholds(inner, input.levels));
    return { levels: await getLevels(ctx, input.levels) };
  });
}

async function applyThresholds(ctx: Context, wanted: readonly Thresholds[]): Promise<void> {
  await ensureLevels(ctx.db, wanted);
  const levels = await lockLevels(ctx.db, [...new Set(wanted.map((one) => one.variantId))]);
  const changed: StockLevel[] = [];
  const changes = levels.map((level): LevelChange => {
    const { variantId, warehouseId, active } = level;
    const one = wanted.find((some) => some.variantId === variantId && some.warehouseId === warehouseId);
    const rulesOf = (of: Omit<Thresholds, keyof LevelKey>) => ({
      lowStockThreshold: of.lowStockThreshold ?? level.lowStockThreshold,
      reorderPoint: of.reorderPoint ?? level.reorderPoint,
      reorderQuantity: of.reorderQuantity ?? level.reorderQuantity,
    });
    if (one) changed.push({ ...level, ...rulesOf(one) });
    const state = { available: level.onHand - level.reserved, active };
    return {
      ...{ variantId, warehouseId },
      before: { ...state, ...rulesOf({}) },
      after: { ...state, ...rulesOf(one ?? {}) },
    };
  });
  await writeThresholds(ctx.db, changed);
  await emit(ctx, ...stockEvents(changes));
}
