import { conflict, notFound, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { knownZones } from '../shipping-zone/service.js';
import { shippingMethodErrors, zoneIdsOf, type ShippingMethod } from './rules.js';
import {
  findShippingMethods,
  insertShippingMethod,
  listShippingMethods,
  lockShippingMethod,
  saveShippingMethod,
} from './store.js';

/** Every shipping method; for staff. */
export async function shippingMethods(ctx: Context): Promise<ShippingMethod[]> {
  requirePermission(ctx.viewer, 'orders:read');
  return listShippingMethods(ctx.db);
}

/** Refused where something is wrong with the method. */
async function check(ctx: Context, method: Omit<ShippingMethod, 'id' | 'active'>): Promise<void> {
  const errors = shippingMethodErrors(method, await knownZones(ctx, zoneIdsOf(method)));
  if (errors.length > 0) throw new Refused(...errors);
}

export interface CreateShippingMethod extends Omit<ShippingMethod, 'id' | 'active'> {
  idempotencyKey: string;
}

/** Makes a shipping method, once per key; refused where its code is taken. */
export async function createShippingMethod(
  ctx: Context,
  { idempotencyKey: key, ...draft }: CreateShippingMethod,
): Promise<{ shippingMethod: ShippingMethod | null }> {
  requirePermission(ctx.viewer, 'orders:write');
  const call = { owner: ctx.viewer.id ?? '', operation: 'createShippingMethod', key, input: draft };
  const { outcome } = await idempotent(ctx, call, async (inner) => {
    await check(inner, draft);
    const id = inner.newId();
    if (!(await insertShippingMethod(inner.db, { ...draft, id, active: true }, inner.clock())))
      throw new Refused(conflict('CODE_TAKEN', 'There is a shipping method with this code.', ['code']));
    return { shippingMethodId: id };
  });
  const found = await findShippingMethods(ctx.db, [outcome.shippingMethodId]);
  return { shippingMethod: found.get(outcome.shippingMethodId) ?? null };
}

/**
 * Changes a shipping method, `changes` of it as it is; for staff. Orders that exist keep what they were placed with; a cart
 * that has chosen it costs what it costs now, and warns where it does not take the cart any more.
 */
export async function updateShippingMethod(
  ctx: Context,
  id: string,
  changes: (method: ShippingMethod) => Partial<Omit<ShippingMethod, 'id' | 'code' | 'currencyCode'>>,
): Promise<{ shippingMethod: ShippingMethod }> {
  requirePermission(ctx.viewer, 'orders:write');
  return transact(ctx, async (inner) => {
    const before = isId(id) ? await lockShippingMethod(inner.db, id) : null;
    if (!before) throw new Refused(notFound('shipping method', ['id']));
    const shippingMethod = { ...before, ...changes(before) };
    await check(inner, shippingMethod);
    await saveShippingMethod(inner.db, shippingMethod);
    ctx.loaders.shippingMethods.clear(id);
    return { shippingMethod };
  });
}
