/** What an order tells payments of its buyer, for compliance and the risk of fraud: facts, and no personal data. */
import type { Vault } from '../../shared/vault.js';
import { timeOfId } from '../../shared/ids.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import type { Address } from '../order/address.js';
import { openQuantity, type Order } from '../order/rules.js';

export interface BuyerFacts {
  accountCreatedAt: string | null;
  mailDomain: string | null;
  shippingCountry: string | null;
  billingCountry: string | null;
  ipCountry: string | null;
  addressKey: string | null;
  minimumAge: number | null;
  confirmedAge: number | null;
}

/** One way of writing for an address, whatever its letter case, accents, spaces and signs. */
export const sameAddress = ({ country, postalCode, city, line1, line2 }: Address): string =>
  [country, postalCode, city, line1, line2 ?? '']
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll('ß', 'ss')
        .normalize('NFKD')
        .replace(/[^\p{Letter}\p{Number}]/gu, ''),
    )
    .join('|');

/** Payments gets a hash under orders' own key: it can tell that two are the same, and not which. */
export const addressKeyOf = (vault: Pick<Vault, 'blindIndex'>, address: Address): string =>
  Buffer.from(vault.blindIndex('address', sameAddress(address))).toString('base64url');

/** The greatest age limit of what has not been cancelled; null: none. */
export const minimumAgeOf = ({ items }: Pick<Order, 'items'>): number | null =>
  items
    .filter((item) => openQuantity(item) > 0 && item.minimumAge !== null)
    .reduce<number | null>((age, item) => Math.max(age ?? 0, item.minimumAge ?? 0), null);

/** The facts of an order; nulls where its customer was deleted. The customer's data key is seldom not at hand: then a statement. */
export async function buyerOf(ctx: Context, order: Order, confirmedAge: number | null): Promise<BuyerFacts> {
  const { email, shippingAddress, billingAddress } = await deliveryOf(ctx, 'orders', order);
  return {
    accountCreatedAt: timeOfId(order.customerId)?.toISOString() ?? null,
    mailDomain: email?.split('@').at(-1)?.toLowerCase() ?? null,
    shippingCountry: shippingAddress?.country ?? null,
    billingCountry: (billingAddress ?? shippingAddress)?.country ?? null,
    // Of the buyer's own connection: staff who pay for them sit elsewhere.
    ipCountry: ctx.viewer.id === order.customerId ? ctx.connectionCountry : null,
    addressKey: shippingAddress && addressKeyOf(ctx.vault, shippingAddress),
    minimumAge: minimumAgeOf(order),
    confirmedAge,
  };
}
