/** A payment method that a registered user saved: the provider keeps it, we keep what a person needs to tell it from others. */
import type { MethodType } from '../provider/provider.js';

export interface PaymentMethod {
  id: string;
  customerId: string;
  providerMethodId: string;
  type: MethodType;
  brand: string | null;
  /** last4 and expiry, for the vault to open. */
  sealed: Uint8Array;
  default: boolean;
  createdAt: Date;
}

/** A user of whom payments knows only the saved methods. */
export interface MethodOwner {
  id: string;
}

/** What is sealed. */
export interface SealedDetails {
  last4: string | null;
  expiryMonth: number | null;
  expiryYear: number | null;
}

/** More than this many methods a user cannot save. */
export const mostMethodsOfUser = 20;

/** Whether `id` can be one that the provider made; a card number cannot. */
export const isProviderMethodId = (id: string): boolean => /^pm_[A-Za-z0-9_]{1,200}$/.test(id);

/** What the sealed details are bound to. */
export const placeOf = (id: string) => ({ table: 'payment_method', column: 'sealed', row: id });
