import { conflict, Refused } from '../../shared/errors.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { shippingMethodErrors, type ShippingMethod } from './rules.js';
import { insertShippingMethod, listShippingMethods } from './store.js';

/** Every shipping method; for staff. */
export async function shippingMethods(ctx: Context): Promise<ShippingMethod[]> {
  requirePermission(ctx.viewer, 'orders:read');
  return listShippingMethods(ctx.db);
}

/** Makes a shipping method; refused where its code is taken. */
export async function createShippingMethod(
  ctx: Context,
  draft: Omit<ShippingMethod, 'id' | 'active'>,
): Promise<{ shippingMethod: ShippingMethod }> {
  requirePermission(ctx.viewer, 'orders:write');
  const errors = shippingMethodErrors(draft);
  if (errors.length > 0) throw new Refused(...errors);
  const shippingMethod = { ...draft, id: ctx.newId(), active: true };
  if (!(await insertShippingMethod(ctx.db, shippingMethod, ctx.clock())))
    throw new Refused(conflict('CODE_TAKEN', 'There is a shipping method with this code.', ['code']));
  return { shippingMethod };
}
