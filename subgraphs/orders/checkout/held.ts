/** Asking inventory to hold the pieces of what is to be bought, and what it answers. */
import { CallError } from '../../shared/call.js';
import { clientError, Refused, type UserError } from '../../shared/errors.js';
import type {
  ChangeReservationMutation,
  ReserveStockMutation,
  StockDestinationInput,
  StockLineInput,
} from '../operations/inventory.generated.js';
import { insufficientStock, type Purchase, type WaitingPieces } from './rules.js';

type Answer = ReserveStockMutation['reserveStock'] & ChangeReservationMutation['changeReservation'];

/** Which pieces, and where they would go: for a shop that sends from the nearest warehouse. */
export function piecesOf({ lines, delivery: { shippingAddress: to } }: Purchase): {
  lines: StockLineInput[];
  destination: StockDestinationInput | null;
} {
  return {
    lines: lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
    destination: to ? { country: to.country, postalCode: to.postalCode } : null,
  };
}

/**
 * What of the pieces that are held waits for stock. Refused where there are not enough; where inventory names no shortage
 * `otherwise` says why: it could not decide. @throws RETRY_LATER where inventory has too much to do: nothing is decided then.
 */
export async function held(
  asked: Promise<Answer>,
  otherwise: (userErrors: Answer['userErrors']) => UserError[] | Promise<UserError[]>,
): Promise<WaitingPieces[]> {
  const { status, shortages, backordered, userErrors } = await asked.catch((error: unknown) => {
    if (error instanceof CallError && error.code === 'RETRY_LATER')
      throw clientError('RETRY_LATER', 'Very many are buying at this moment: try again with the same key.');
    throw error;
  });
  if (status === 'RESERVED')
    return backordered.map(({ variantId, quantity, expectedAt }) => ({
      ...{ variantId, quantity },
      expectedAt: expectedAt == null ? null : new Date(expectedAt),
    }));
  throw new Refused(
    ...(shortages.length > 0
      ? shortages.map((one) => insufficientStock(one.variantId, one.requested, one.available))
      : await otherwise(userErrors)),
  );
}
