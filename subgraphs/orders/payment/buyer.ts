/** What an order tells payments of its buyer, for compliance and the risk of fraud: facts, and no personal data. */
import { addressKeyOf, ipKeyOf, mailKeyOf } from '../../shared/buyer-keys.js';
import { timeOfId } from '../../shared/ids.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import { openQuantity, type Order } from '../order/rules.js';

export interface BuyerFacts {
  accountCreatedAt: string | null;
  mailDomain: string | null;
  shippingCountry: string | null;
  billingCountry: string | null;
  ipCountry: string | null;
  addressKey: string | null;
  mailKey: string | null;
  ipKey: string | null;
  minimumAge: number | null;
  confirmedAge: number | null;
}

/** The greatest age limit of what has not been cancelled; null: none. */
export const minimumAgeOf = ({ items }: Pick<Order, 'items'>): number | null =>
  items
    .filter((item) => openQuantity(item) > 0 && item.minimumAge !== null)
    .reduce<number | null>((age, item) => Math.max(age ?? 0, item.minimumAge ?? 0), null);

/** The facts of an order; nulls where its customer was deleted. The customer's data key is seldom not at hand: then a statement. */
export async function buyerOf(ctx: Context, order: Order, confirmedAge: number | null): Promise<BuyerFacts> {
  const { email, shippingAddress, billingAddress } = await deliveryOf(ctx, 'orders', order);
  // The connection counts where it is the buyer's own: staff who pay for them sit elsewhere.
  const isBuyer = ctx.viewer.id === order.customerId;
  return {
    accountCreatedAt: timeOfId(order.customerId)?.toISOString() ?? null,
    mailDomain: email?.split('@').at(-1)?.toLowerCase() ?? null,
    shippingCountry: shippingAddress?.country ?? null,
    billingCountry: (billingAddress ?? shippingAddress)?.country ?? null,
    ipCountry: isBuyer ? ctx.connectionCountry : null,
    addressKey: shippingAddress && addressKeyOf(ctx.vault, shippingAddress),
    mailKey: email === null ? null : mailKeyOf(ctx.vault, email),
    ipKey: isBuyer && ctx.connectionAddress !== null ? ipKeyOf(ctx.vault, ctx.connectionAddress) : null,
    minimumAge: minimumAgeOf(order),
    confirmedAge,
  };
}
