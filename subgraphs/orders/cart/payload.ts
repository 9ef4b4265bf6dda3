import { withUserErrors, type UserError } from '../../shared/errors.js';
import type { Cart } from './rules.js';
import type { CartResult } from './change.js';
import { warningView, type CartWarningView } from './views.js';

interface CartPayload {
  cart?: Cart;
  warnings: CartWarningView[];
  userErrors: UserError[];
}

/** The payload that all changes of a cart have. */
export async function cartPayload(work: () => Promise<CartResult>): Promise<CartPayload> {
  const { warnings = [], ...rest } = await withUserErrors(work);
  return { ...rest, warnings: warnings.map(warningView) };
}
