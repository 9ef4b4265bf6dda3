import { notFound, Refused } from '../../shared/errors.js';
import { claimOnce } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import { summed, type Quantity } from '../cart/rules.js';
import type { Purchase } from '../checkout/rules.js';
import { newStart, placeOnce } from '../checkout/place.js';
import type { Context } from '../context.js';
import { CustomerDocument } from '../operations/users.generated.js';
import type { Address } from '../order/address.js';
import type { Order } from '../order/rules.js';
import { staffOrderErrors } from './rules.js';

export interface PlaceOrderFor {
  idempotencyKey: string;
  /** Null: a guest, made for this order. */
  customerId: string | null;
  email: string;
  currencyCode: string;
  lines: Quantity[];
  shippingAddress: Address;
  billingAddress: Address | null;
  shippingMethodId: string;
  promotionCodes: string[];
  placedAt: Date | null;
  notifyCustomer: boolean;
}

/** Places an order for a customer, at today's prices and out of no cart; for staff. */
export async function placeOrderFor(
  ctx: Context,
  { idempotencyKey: key, ...input }: PlaceOrderFor,
): Promise<{ order: Order }> {
  requirePermission(ctx.viewer, 'orders:write');
  const owner = ctx.viewer.id ?? '';
  const { customerId, email, currencyCode, shippingAddress, billingAddress, shippingMethodId } = input;
  const claim = { owner, operation: 'placeOrderFor', key } as const;
  // With the customer, so that the key is forgotten with them, also where it led to no order.
  const { start } = await claimOnce(ctx, { ...claim, input }, { ...newStart(ctx), customerId });
  return placeOnce(ctx, claim, start, async ({ guestId }) => {
    const errors = staffOrderErrors(input, ctx.clock());
    if (errors.length > 0) throw new Refused(...errors);
    if (customerId !== null) await refuseUnknown(ctx, customerId);
    const buyer = customerId ?? guestId;
    // Nobody has a key here before their first cart or order.
    ctx.loaders.keys.clear(buyer).prime(buyer, await ctx.vault.ensureKey(ctx.db, buyer));
    return {
      ...{ customerId: buyer, guest: customerId === null, currencyCode, lines: summed(input.lines) },
      ...{ delivery: { email, shippingAddress, billingAddress }, shippingMethodId },
      promotionCodes: [...new Set(input.promotionCodes.map((code) => code.trim().toUpperCase()))],
      ...{
        expectedTotal: null,
        cart: null,
        placedBy: owner,
        placedAt: input.placedAt,
        notifyCustomer: input.notifyCustomer,
      },
    } satisfies Purchase;
  });
}

/** Refused where users knows no such customer, or not any more. */
async function refuseUnknown(ctx: Context, customerId: string): Promise<void> {
  const known = isId(customerId) && (await ctx.call('users', CustomerDocument, { id: customerId })).user;
  if (!known) throw new Refused(notFound('customer', ['customerId']));
}
