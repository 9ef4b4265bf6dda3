import type { UserError } from '../../shared/errors.js';
import type { Db } from '../context.js';
import { fromStored, toStored } from '../order/json.js';

/** What stands under the idempotency key of an order that is placed. */
export interface Start {
  orderId: string;
  /** When it was first asked for. */
  at: string;
  /** Whose order it is where staff name no customer: the same guest for repeats. */
  guestId: string;
  placed?: true;
  refused?: UserError[];
}

export interface Claim {
  owner: string;
  operation: 'placeOrder' | 'placeOrderFor';
  key: string;
}

/**
 * Notes that the claim is refused, unless a twin has placed the order or was refused before; what stands there now.
 * `insertOrder` looks at the same row, so that an order is never placed after its stock was let go.
 */
export async function noteRefusal(db: Db, claim: Claim, refused: readonly UserError[]): Promise<Start> {
  const rows = await db.$queryRaw<{ outcome: unknown }[]>`
    UPDATE idempotency_key SET outcome = CASE
      WHEN outcome->'placed' IS NULL AND outcome->'refused' IS NULL
      THEN outcome || jsonb_build_object('refused', ${toStored(refused)}::jsonb) ELSE outcome END
    WHERE owner = ${claim.owner} AND operation = ${claim.operation} AND key = ${claim.key}
    RETURNING outcome`;
  return fromStored<Start>(rows[0]?.outcome);
}
