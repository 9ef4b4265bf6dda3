import { conflict, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { shippingMethodErrors, type ShippingMethod } from './rules.js';
import { findShippingMethods, insertShippingMethod, listShippingMethods } from './store.js';

/** Every shipping method; for staff. */
export async function shippingMethods(ctx: Context): Promise<ShippingMethod[]> {
  requirePermission(ctx.viewer, 'orders:read');
  return listShippingMethods(ctx.db);
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
    const errors = shippingMethodErrors(draft);
    if (errors.length > 0) throw new Refused(...errors);
    const id = inner.newId();
    if (!(await insertShippingMethod(inner.db, { ...draft, id, active: true }, inner.clock())))
      throw new Refused(conflict('CODE_TAKEN', 'There is a shipping method with this code.', ['code']));
    return { shippingMethodId: id };
  });
  const found = await findShippingMethods(ctx.db, [outcome.shippingMethodId]);
  return { shippingMethod: found.get(outcome.shippingMethodId) ?? null };
}
