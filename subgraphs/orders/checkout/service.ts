import { conflict, Refused, versionConflict } from '../../shared/errors.js';
import { claimReading } from '../../shared/idempotency.js';
import { requireCustomer } from '../../shared/viewer.js';
import { findCartClaiming } from '../cart/service.js';
import type { Cart } from '../cart/rules.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import type { Order } from '../order/rules.js';
import { newStart, placeOnce } from './place.js';
import { incompleteness, type Purchase } from './rules.js';
import type { Claim } from './store.js';

export interface PlaceOrder {
  idempotencyKey: string;
  expectedVersion: number;
  expectedTotal?: string | null | undefined;
}

/** Makes the viewer's cart an order. */
export async function placeOrder(ctx: Context, input: PlaceOrder): Promise<{ order: Order }> {
  const owner = requireCustomer(ctx.viewer);
  const { idempotencyKey: key, expectedVersion, expectedTotal = null } = input;
  const claim: Claim = { owner, operation: 'placeOrder', key };
  const call = { ...claim, input: { expectedVersion, ...(expectedTotal !== null && { expectedTotal }) } };
  const { start, found } = await claimReading(ctx, call, newStart(ctx), (claimed) =>
    findCartClaiming(ctx, owner, claimed),
  );
  return placeOnce(ctx, claim, start, () => fromCart(ctx, found, input));
}

/** The viewer's cart in the version that was seen, complete. */
async function fromCart(
  ctx: Context,
  cart: Cart | null,
  { expectedVersion, expectedTotal = null }: PlaceOrder,
): Promise<Purchase> {
  if (!cart) throw new Refused(conflict('CART_EMPTY', 'There is nothing in the cart.'));
  if (cart.version !== expectedVersion) throw new Refused(versionConflict(expectedVersion, cart.version));
  const delivery = await deliveryOf(ctx, 'cart', cart);
  const missing = incompleteness(cart, delivery);
  if (missing.length > 0) throw new Refused(...missing);
  const { customerId, currencyCode, lines, shippingMethodId, promotionCodes } = cart;
  return {
    ...{ customerId, guest: ctx.viewer.kind === 'guest', currencyCode, lines, delivery, shippingMethodId },
    ...{ promotionCodes, expectedTotal, cart, placedBy: null, placedAt: null, notifyCustomer: true },
  };
}
