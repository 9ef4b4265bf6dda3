/** An order that staff place for a customer: by telephone, or taken over from another shop. */
import { conflict, invalidInput, type UserError } from '../../shared/errors.js';
import { maxPromotionCodes, summed, type Quantity } from '../cart/rules.js';
import { addressErrors, type Address } from '../order/address.js';

/** More than a cart has: what businesses order. */
export const maxStaffLines = 1_000;
export const maxStaffQuantity = 100_000;

export interface StaffOrder {
  lines: readonly Quantity[];
  shippingAddress: Address;
  billingAddress: Address | null;
  promotionCodes: readonly string[];
  placedAt: Date | null;
}

/** What is wrong with the order as it was given. */
export function staffOrderErrors(order: StaffOrder, now: Date): UserError[] {
  const { lines, promotionCodes, placedAt } = order;
  const errors = [
    ...addressErrors(order.shippingAddress, ['shippingAddress']),
    ...addressErrors(order.billingAddress, ['billingAddress']),
  ];
  if (lines.length < 1 || lines.length > maxStaffLines)
    errors.push(invalidInput(`An order has 1 to ${maxStaffLines} lines.`, ['lines']));
  lines.forEach(({ quantity }, i) => {
    if (quantity < 1) errors.push(invalidInput('One piece at least.', ['lines', String(i), 'quantity']));
  });
  if (summed(lines).some(({ quantity }) => quantity > maxStaffQuantity))
    errors.push(invalidInput(`At most ${maxStaffQuantity} pieces of an article.`, ['lines']));
  if (promotionCodes.length > maxPromotionCodes)
    errors.push(conflict('TOO_MANY_PROMOTIONS', `At most ${maxPromotionCodes} codes.`, ['promotionCodes']));
  if (placedAt && placedAt > now)
    errors.push(invalidInput('An order cannot have been placed in the future.', ['placedAt']));
  return errors;
}
