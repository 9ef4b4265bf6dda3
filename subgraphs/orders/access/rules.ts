/** A guest's access to an order: a random token from a mail, of which the shop keeps the hash alone. */
import type { Order } from '../order/rules.js';

/** Bytes of a token: nobody guesses one. */
export const tokenBytes = 32;
/** Mails that were sent keep their links; of more than so many the oldest end. */
export const mostTokens = 20;

/** Only a guest needs one: a customer signs in. */
export const mayHaveAccess = (order: Order): boolean => order.guest;

export const isToken = (text: string): boolean => /^[\w-]{43}$/.test(text);
