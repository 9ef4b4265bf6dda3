// What happens by itself: a bank debit ends, an authorisation lapses, a balance follows, a refund fails.
import type { Stripe } from 'stripe';
import { addBalance } from './charges.js';
import { failIntent, succeedIntent } from './confirmation.js';
import { declineError, findMethod } from './payment-methods.js';
import { cancelIntent } from './payment-intents.js';
import { openDispute } from './disputes.js';
import { finishRefund } from './refunds.js';
import type { Unit } from './store.js';
import type { Timer } from './tables.js';

function chargeOf(unit: Unit, intent: Stripe.PaymentIntent): Stripe.Charge | undefined {
  return typeof intent.latest_charge === 'string' ? unit.find('charge', intent.latest_charge) : undefined;
}

/** Ends a payment that is `processing`; anything else stays as it is. Returns whether it did something. */
export function settlePayment(unit: Unit, intentId: string, succeeds: boolean): boolean {
  const intent = unit.find('payment_intent', intentId);
  const pending = intent && chargeOf(unit, intent);
  if (intent?.status !== 'processing' || !pending) return false;
  if (succeeds) {
    const paid = { ...pending, status: 'succeeded' as const, paid: true, amount_captured: pending.amount };
    const charge = addBalance(unit, paid);
    unit.emit('charge.succeeded', charge);
    succeedIntent(unit, intent, charge);
    return true;
  }
  const known = findMethod(unit, pending.payment_method ?? '');
  const decline = known?.behaviour.charge ?? {
    code: 'payment_intent_payment_attempt_failed',
    message: 'The payment failed.',
  };
  const failed: Stripe.Charge = {
    ...pending,
    status: 'failed',
    captured: false,
    failure_code: decline.code,
    failure_message: decline.message,
  };
  unit.put('charge', failed);
  unit.emit('charge.failed', failed);
  const facts = { charge: failed.id, ...(known && { payment_method: known.method }) };
  failIntent(unit, intent, declineError(decline, facts), failed.id);
  return true;
}

function addLateBalance(unit: Unit, chargeId: string): void {
  const charge = unit.find('charge', chargeId);
  if (charge?.balance_transaction !== null) return;
  unit.emit('charge.updated', addBalance(unit, charge), { balance_transaction: null });
}

function expireAuthorization(unit: Unit, intentId: string): void {
  const intent = unit.find('payment_intent', intentId);
  if (intent?.status === 'requires_capture') cancelIntent(unit, intent, 'automatic');
}

function endRefund(unit: Unit, refundId: string, failed: boolean): void {
  const refund = unit.find('refund', refundId);
  if (refund) finishRefund(unit, refund, failed);
}

const ACTIONS: Readonly<Record<Timer['action'], (unit: Unit, subject: string) => unknown>> = {
  settle_payment: (unit, subject) => settlePayment(unit, subject, true),
  fail_payment: (unit, subject) => settlePayment(unit, subject, false),
  expire_authorization: expireAuthorization,
  add_balance: addLateBalance,
  fail_refund: (unit, subject) => endRefund(unit, subject, true),
  open_dispute: openDispute,
  settle_refund: (unit, subject) => endRefund(unit, subject, false),
};

/** Lets a timer go off and takes it away, in one unit. */
export function fire(unit: Unit, timer: Timer): void {
  unit.remove('timer', timer.id);
  ACTIONS[timer.action](unit, timer.subject);
}
