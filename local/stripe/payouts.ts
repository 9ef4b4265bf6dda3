// Payouts: what has gathered on the account is sent to the merchant's bank. A helper makes one; Stripe does it by itself each day.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Route } from './call.js';
import { route } from './call.js';
import { putBalanceTransaction } from './charges.js';
import { resourceMissing } from './errors.js';
import { newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { isInRange, range, text } from './params.js';
import type { Unit } from './store.js';

const ARRIVES_AFTER_SECONDS = 2 * 86_400;

/** Pays out everything of a currency that was not paid out yet; null where that is nothing. */
export function payOut(unit: Unit, currency: string): Stripe.Payout | null {
  const paidOut = new Set(unit.all('payout_entry').map((entry) => entry.id));
  const gathered = unit
    .all('balance_transaction')
    .filter((one) => one.currency === currency && one.type !== 'payout' && !paidOut.has(one.id));
  const amount = gathered.reduce((sum, one) => sum + one.net, 0);
  if (amount <= 0) return null;
  const id = newId('po');
  const movement = { amount: -amount, currency, fee: 0, source: id, type: 'payout' as const };
  const transaction = putBalanceTransaction(unit, movement);
  for (const one of [...gathered, transaction]) unit.put('payout_entry', { id: one.id, payoutId: id });
  const payout: Stripe.Payout = {
    id,
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: unit.now + ARRIVES_AFTER_SECONDS,
    automatic: true,
    balance_transaction: transaction.id,
    created: unit.now,
    currency,
    description: 'STRIPE PAYOUT',
    destination: null,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: {},
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'completed',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: 'paid',
    trace_id: null,
    type: 'bank_account',
  };
  unit.put('payout', payout);
  unit.emit('payout.paid', payout);
  return payout;
}

export const payoutRoutes: readonly Route[] = [
  route(
    'GET',
    '/v1/payouts',
    z.strictObject({ ...pageParams, created: range.optional(), status: text.optional() }),
    ({ unit, params }) => {
      const rows = unit
        .all('payout')
        .filter((one) => params.status === undefined || one.status === params.status)
        .filter((one) => isInRange(one.created, params.created));
      return pageOf(rows, params, '/v1/payouts');
    },
  ),
  route('GET', '/v1/payouts/:id', z.strictObject({}), ({ unit, id }) => {
    const payout = unit.find('payout', id);
    if (!payout) throw resourceMissing('payout', id);
    return payout;
  }),
];
