// Refunds: full or in parts, never more than is left of the charge.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Call, Route } from './call.js';
import { route } from './call.js';
import { putBalanceTransaction } from './charges.js';
import { invalidRequest, referenceMissing, resourceMissing } from './errors.js';
import { newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { amountText } from './money.js';
import { integer, isInRange, mergeMetadata, metadata, range, text, unread } from './params.js';
import { findMethod } from './payment-methods.js';
import type { Unit } from './store.js';
import type { TestMethod } from './test-methods.js';

function newRefund(unit: Unit, charge: Stripe.Charge, amount: number): Stripe.Refund {
  return {
    id: newId('re'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: unit.now,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
}

function putReducedCharge(unit: Unit, charge: Stripe.Charge, amount: number): Stripe.Charge {
  const refunded = charge.amount_refunded + amount;
  const reduced = { ...charge, amount_refunded: refunded, refunded: refunded === charge.amount };
  unit.put('charge', reduced);
  return reduced;
}

/** Lets go of an authorised amount that will not be captured: no money moves, so there is no balance transaction. */
export function releaseCharge(unit: Unit, charge: Stripe.Charge, amount: number): Stripe.Charge {
  unit.put('refund', newRefund(unit, charge, amount));
  return putReducedCharge(unit, charge, amount);
}

const createParams = z.strictObject({
  amount: integer.optional(),
  charge: text.optional(),
  payment_intent: text.optional(),
  metadata: metadata.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  instructions_email: unread,
});

function chargeToRefund(unit: Unit, params: z.output<typeof createParams>): Stripe.Charge {
  if (params.charge !== undefined) {
    const charge = unit.find('charge', params.charge);
    if (!charge) throw referenceMissing('charge', params.charge, 'charge');
    return charge;
  }
  if (params.payment_intent === undefined) {
    throw invalidRequest(
      'One of the following params should be provided for this request: payment_intent or charge.',
    );
  }
  const intent = unit.find('payment_intent', params.payment_intent);
  if (!intent) throw referenceMissing('payment_intent', params.payment_intent, 'payment_intent');
  const charge =
    typeof intent.latest_charge === 'string' ? unit.find('charge', intent.latest_charge) : undefined;
  if (charge?.status === 'succeeded') return charge;
  throw invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
    code: 'payment_intent_unexpected_state',
    param: 'payment_intent',
  });
}

const disputeOf = (unit: Unit, charge: Stripe.Charge): Stripe.Dispute | undefined =>
  unit.all('dispute').find((one) => one.charge === charge.id);

function checkRefund(unit: Unit, charge: Stripe.Charge, amount: number): void {
  const left = charge.amount - charge.amount_refunded;
  if (charge.status !== 'succeeded' || !charge.captured) {
    throw invalidRequest(
      `Charge ${charge.id} has not been captured and cannot be refunded. Cancel its PaymentIntent instead.`,
      {
        code: 'charge_not_refundable',
      },
    );
  }
  if (charge.disputed && disputeOf(unit, charge)?.is_charge_refundable === false) {
    const facts = { code: 'charge_disputed', charge: charge.id };
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, facts);
  }
  if (left === 0) {
    const facts = { code: 'charge_already_refunded', charge: charge.id };
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, facts);
  }
  if (amount > left) {
    const asked = amountText(amount, charge.currency);
    throw invalidRequest(
      `Refund amount (${asked}) is greater than unrefunded amount on charge (${amountText(left, charge.currency)})`,
      { param: 'amount', charge: charge.id },
    );
  }
  if (amount < 1) {
    throw invalidRequest('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  }
}

/** How long a test refund that ends later takes. */
const LATER_MS = 2_000;

function statusOf(unit: Unit, refund: Stripe.Refund, behaviour: TestMethod | undefined): string {
  if (behaviour?.refund === undefined) return 'succeeded';
  const action = behaviour.refund === 'pending' ? 'settle_refund' : 'fail_refund';
  unit.put('timer', { id: newId('timer'), action, subject: refund.id, dueAt: unit.nowMs + LATER_MS });
  return behaviour.refund === 'pending' ? 'pending' : 'succeeded';
}

function create(call: Call<z.output<typeof createParams>>): Stripe.Refund {
  const { unit, params } = call;
  const charge = chargeToRefund(unit, params);
  const amount = params.amount ?? charge.amount - charge.amount_refunded;
  checkRefund(unit, charge, amount);
  const blank = newRefund(unit, charge, amount);
  const movement = {
    amount: -amount,
    currency: charge.currency,
    fee: 0,
    source: blank.id,
    type: 'refund' as const,
  };
  const refund: Stripe.Refund = {
    ...blank,
    balance_transaction: putBalanceTransaction(unit, movement).id,
    metadata: mergeMetadata({}, params.metadata),
    reason: params.reason ?? null,
    status: statusOf(unit, blank, findMethod(unit, charge.payment_method ?? '')?.behaviour),
  };
  unit.put('refund', refund);
  unit.emit('refund.created', refund);
  unit.emit('charge.refunded', putReducedCharge(unit, charge, amount), {
    amount_refunded: charge.amount_refunded,
  });
  return refund;
}

/** Ends a refund that was pending, or turns a done one into a failed one: then the money is the merchant's again. */
export function finishRefund(unit: Unit, refund: Stripe.Refund, failed: boolean): void {
  const finished: Stripe.Refund = failed
    ? {
        ...refund,
        status: 'failed',
        failure_reason: 'unknown',
        failure_balance_transaction: moneyBack(unit, refund),
      }
    : { ...refund, status: 'succeeded' };
  unit.put('refund', finished);
  const charge = typeof refund.charge === 'string' ? unit.find('charge', refund.charge) : undefined;
  if (failed && charge) putReducedCharge(unit, charge, -refund.amount);
  unit.emit('refund.updated', finished, { status: refund.status });
  unit.emit('charge.refund.updated', finished, { status: refund.status });
  if (failed) unit.emit('refund.failed', finished);
}

function moneyBack(unit: Unit, refund: Stripe.Refund): string {
  const { amount, currency, id } = refund;
  return putBalanceTransaction(unit, { amount, currency, fee: 0, source: id, type: 'refund_failure' }).id;
}

function pathRefund(call: Call): Stripe.Refund {
  const refund = call.unit.find('refund', call.id);
  if (!refund) throw resourceMissing('refund', call.id);
  return refund;
}

const listParams = z.strictObject({
  ...pageParams,
  charge: text.optional(),
  payment_intent: text.optional(),
  created: range.optional(),
});

export const refundRoutes: readonly Route[] = [
  route('POST', '/v1/refunds', createParams, create),
  route('GET', '/v1/refunds/:id', z.strictObject({}), pathRefund),
  route('POST', '/v1/refunds/:id', z.strictObject({ metadata: metadata.optional() }), (call) => {
    const before = pathRefund(call);
    const refund = { ...before, metadata: mergeMetadata(before.metadata ?? {}, call.params.metadata) };
    call.unit.put('refund', refund);
    call.unit.emit('refund.updated', refund, { metadata: before.metadata });
    return refund;
  }),
  route('GET', '/v1/refunds', listParams, ({ unit, params }) => {
    const rows = unit
      .all('refund')
      .filter((refund) => params.charge === undefined || refund.charge === params.charge)
      .filter(
        (refund) => params.payment_intent === undefined || refund.payment_intent === params.payment_intent,
      )
      .filter((refund) => isInRange(refund.created, params.created));
    return pageOf(rows, params, '/v1/refunds');
  }),
];
