import {
  badInput,
  invalidInput,
  notFound,
  Refused,
  withUserErrors,
  type Payload,
} from '../../shared/errors.js';
import { emit, event, type NewEvent } from '../../shared/events/outbox.js';
import { isId } from '../../shared/ids.js';
import {
  connectionOf,
  maxPageSize,
  pageOf,
  type Connection,
  type PageArguments,
} from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { OrderLine } from '../allocation/rules.js';
import type { Context } from '../context.js';
import { filled } from '../reservation/moves.js';
import type { LevelChange, StockMove } from '../stock/rules.js';
import { variantChanges } from '../stock/service.js';
import {
  fillOldest,
  isNews,
  roomOf,
  type Backorder,
  type BackorderPolicy,
  type Filled,
  type Policy,
} from './rules.js';
import {
  endWaiting,
  findPolicies,
  findWaiting,
  lockPolicies,
  lockPoliciesOfOrders,
  lockWaiting,
  writeFillings,
  writePolicies,
  writeWaiting,
} from './store.js';

/** Holds the variants' policies before reservations and levels are locked; gives what may be ordered beyond the stock. */
export async function holdPolicies(
  ctx: Context,
  variantIds: readonly string[],
): Promise<Map<string, number>> {
  const policies = await lockPolicies(ctx.db, variantIds);
  return new Map(policies.map((policy) => [policy.variantId, roomOf(policy)]));
}

/** The same for all variants of these orders, before their reservations are locked, and for others. */
export const holdPoliciesOfOrders = (
  ctx: Context,
  orderIds: readonly string[],
  variantIds: readonly string[] = [],
): Promise<void> => lockPoliciesOfOrders(ctx.db, orderIds, variantIds);

/**
 * Gives stock that has become free to the orders that wait for it, the oldest first: reserved for them, or sold where they
 * are paid. Inside the transaction that moved the stock; gives the moves that follow, and what to tell.
 */
export async function fillBackorders(
  ctx: Context,
  levels: readonly LevelChange[],
): Promise<{ moves: StockMove[]; events: NewEvent[] }> {
  const free = levels
    .filter(({ after }) => after.active && after.available > 0)
    .map(({ variantId, warehouseId, after }) => ({ variantId, warehouseId, available: after.available }));
  const pieces = new Map<string, number>();
  for (const { variantId, available } of free)
    pieces.set(variantId, (pieces.get(variantId) ?? 0) + available);
  if (pieces.size === 0) return { moves: [], events: [] };
  const waiting = await lockWaiting(
    ctx.db,
    [...pieces].map(([variantId, sum]) => ({ variantId, pieces: sum })),
  );
  const fillings = fillOldest(free, waiting);
  if (fillings.length === 0) return { moves: [], events: [] };
  const paid = new Set(fillings.flatMap((one) => (one.paid ? [one.orderId] : [])));
  const byOrder = new Map<string, Filled[]>();
  for (const line of await writeFillings(ctx.db, fillings, ctx.clock()))
    byOrder.set(line.orderId, [...(byOrder.get(line.orderId) ?? []), line]);
  return {
    moves: filled(ctx.newId, fillings),
    events: [...byOrder].map(([orderId, lines]) =>
      event('BackorderFilled', orderId, {
        orderId,
        lines: lines.map(({ variantId, quantity, pieces, waiting }) => ({
          ...{ variantId, quantity, sold: paid.has(orderId) ? { pieces, waiting } : undefined },
        })),
      }),
    ),
  };
}

/** Pieces of an order that are not wanted any more and had not come yet. Under `holdPolicies`. */
export const stopWaiting = async (
  ctx: Context,
  orderId: string,
  lines: readonly OrderLine[],
): Promise<void> => {
  if (lines.length > 0) await endWaiting(ctx.db, orderId, lines, ctx.clock());
};

/** When stock is expected of variants that may be ordered beyond it; those without a policy are left out. */
export const whenExpected = async (
  ctx: Context,
  variantIds: readonly string[],
): Promise<Map<string, Date | null>> =>
  variantIds.length === 0
    ? new Map()
    : new Map((await findPolicies(ctx.db, variantIds)).map((one) => [one.variantId, one.expectedAt]));

/** Lets orders wait that were paid after their reservation. Under `holdPolicies`. */
export const startWaiting = async (
  ctx: Context,
  lines: readonly (OrderLine & { orderId: string })[],
): Promise<void> => {
  if (lines.length > 0) await writeWaiting(ctx.db, lines, ctx.clock());
};

export interface PolicyInput {
  variantId: string;
  policy: Policy;
  maxWaiting?: number | null | undefined;
  expectedAt?: Date | null | undefined;
}

/** Says of variants whether they may be ordered beyond their stock. What waits already goes on waiting. */
export function setBackorderPolicies(
  ctx: Context,
  { policies }: { policies: PolicyInput[] },
): Promise<Payload<{ policies: BackorderPolicy[] }>> {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    checkPolicies(policies);
    const wanted = policies.map(({ variantId, policy, maxWaiting = null, expectedAt = null }) => ({
      ...{ variantId, policy, maxWaiting, expectedAt },
    }));
    const ids = wanted.map((one) => one.variantId);
    const written = await transact(ctx, async (inner) => {
      const before = await lockPolicies(inner.db, ids);
      await writePolicies(inner.db, wanted, inner.clock());
      const changed = wanted.filter((one) => isNews(before, one)).map((one) => one.variantId);
      if (changed.length > 0) await emit(inner, ...(await variantChanges(inner, changed)));
      return lockPolicies(inner.db, ids);
    });
    const byId = new Map(written.map((one) => [one.variantId, one]));
    return { policies: ids.map((id) => byId.get(id)).filter((one) => one !== undefined) };
  });
}

function checkPolicies(policies: readonly PolicyInput[]): void {
  if (policies.length < 1 || policies.length > maxPageSize)
    throw badInput(`policies are 1 to ${maxPageSize}, not ${policies.length}.`, ['policies']);
  if (new Set(policies.map((one) => one.variantId)).size < policies.length)
    throw badInput('policies name a variant twice.', ['policies']);
  const problems = policies.flatMap(({ variantId, maxWaiting }, i) => [
    ...(isId(variantId) ? [] : [notFound('variant', ['policies', String(i), 'variantId'])]),
    ...(maxWaiting != null && maxWaiting < 0
      ? [invalidInput('maxWaiting is 0 or more.', ['policies', String(i), 'maxWaiting'])]
      : []),
  ]);
  if (problems.length > 0) throw new Refused(...problems);
}

/** Who may order the variant beyond its stock, as staff see it; null: nobody said so yet. */
export async function backorderPolicy(ctx: Context, variantId: string): Promise<BackorderPolicy | null> {
  requirePermission(ctx.viewer, 'inventory:read');
  return ctx.loaders.policy.load(variantId);
}

/** Who waits for a variant, the oldest first. */
export async function backorders(
  ctx: Context,
  parameters: PageArguments & { variantId: string },
): Promise<Connection<Backorder>> {
  requirePermission(ctx.viewer, 'inventory:read');
  const page = pageOf(parameters, ['id']);
  const [after = null] = page.after ?? [];
  const { variantId } = parameters;
  const rows = isId(variantId) ? await findWaiting(ctx.db, variantId, after, page.limit + 1) : [];
  return connectionOf(rows, page, (row) => [row.orderId]);
}
