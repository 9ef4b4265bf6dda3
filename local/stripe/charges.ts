// Charges and their balance transactions: what a confirmation of an intent really did.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Route, SandboxSettings } from './call.js';
import { route } from './call.js';
import { resourceMissing } from './errors.js';
import { newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { feeOf } from './money.js';
import { isInRange, range, text } from './params.js';
import { expiryOf, fingerprintOf } from './payment-methods.js';
import type { KnownMethod } from './payment-methods.js';
import type { Unit } from './store.js';
import type { Decline } from './test-methods.js';

/** Stripe releases an authorisation that nobody captured after seven days. */
export const AUTHORIZATION_LIFE_SECONDS = 7 * 86_400;

const SETTLES_AFTER_SECONDS = 2 * 86_400;

/** Puts a movement of money on the account; `fee` is what Stripe keeps of it. */
export function putBalanceTransaction(
  unit: Unit,
  movement: {
    amount: number;
    currency: string;
    fee: number;
    source: string;
    type: 'adjustment' | 'charge' | 'payment' | 'payout' | 'refund' | 'refund_failure';
  },
): Stripe.BalanceTransaction {
  const { amount, currency, fee, source, type } = movement;
  const details = {
    amount: fee,
    application: null,
    currency,
    description: type === 'adjustment' ? 'Dispute fee' : 'Stripe processing fees',
    type: 'stripe_fee',
  };
  const transaction: Stripe.BalanceTransaction = {
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: unit.now + SETTLES_AFTER_SECONDS,
    balance_type: 'payments',
    created: unit.now,
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [details],
    net: amount - fee,
    reporting_category: type === 'payment' ? 'charge' : type === 'adjustment' ? 'dispute' : type,
    source,
    status: 'pending',
    type,
  };
  unit.put('balance_transaction', transaction);
  return transaction;
}

/** The charge with its balance transaction; with `automatic_async` that one follows a moment later by a timer. */
export function withBalance(
  unit: Unit,
  charge: Stripe.Charge,
  captureMethod: Stripe.PaymentIntent.CaptureMethod,
  settings: SandboxSettings,
): Stripe.Charge {
  if (captureMethod === 'automatic_async') {
    const dueAt = unit.nowMs + settings.asyncCaptureDelayMs;
    unit.put('timer', { id: newId('timer'), action: 'add_balance', subject: charge.id, dueAt });
    return charge;
  }
  return addBalance(unit, charge);
}

/** The charge with its balance transaction: 2.9 % + 30 are taken off what was captured. */
export function addBalance(unit: Unit, charge: Stripe.Charge): Stripe.Charge {
  const { currency } = charge;
  const amount = charge.amount_captured;
  const transaction = putBalanceTransaction(unit, {
    amount,
    currency,
    fee: feeOf(amount),
    source: charge.id,
    type: 'charge',
  });
  const balanced = { ...charge, balance_transaction: transaction.id };
  unit.put('charge', balanced);
  return balanced;
}

function cardDetails(
  unit: Unit,
  known: KnownMethod,
  amount: number,
  { authenticated, captured }: Pick<Attempt, 'authenticated' | 'captured'>,
): Stripe.Charge.PaymentMethodDetails.Card {
  const { brand, country, funding, last4 } = known.behaviour;
  return {
    amount_authorized: amount,
    authorization_code: null,
    brand,
    ...(captured ? {} : { capture_before: unit.now + AUTHORIZATION_LIFE_SECONDS }),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country,
    electronic_commerce_indicator: null,
    ...(known.method.card
      ? { exp_month: known.method.card.exp_month, exp_year: known.method.card.exp_year }
      : expiryOf(unit.now)),
    fingerprint: fingerprintOf(known.facts.testMethod),
    funding,
    installments: null,
    last4,
    mandate: null,
    network: brand,
    network_transaction_id: null,
    regulated_status: 'unregulated',
    three_d_secure: authenticated
      ? {
          authentication_flow: 'challenge',
          electronic_commerce_indicator: '05',
          exemption_indicator: null,
          result: 'authenticated',
          result_reason: null,
          transaction_id: null,
          version: '2.2.0',
        }
      : null,
    transaction_link_id: null,
    wallet: known.behaviour.wallet ? { dynamic_last4: last4, type: known.behaviour.wallet } : null,
  };
}

function methodDetails(
  unit: Unit,
  known: KnownMethod,
  amount: number,
  attempt: Pick<Attempt, 'authenticated' | 'captured'>,
): Stripe.Charge.PaymentMethodDetails {
  const { type, brand, country, last4 } = known.behaviour;
  const fingerprint = fingerprintOf(known.facts.testMethod);
  if (type === 'sepa_debit') {
    return {
      type,
      sepa_debit: { bank_code: null, branch_code: null, country, fingerprint, last4, mandate: null },
    };
  }
  if (type === 'us_bank_account') {
    return {
      type,
      us_bank_account: {
        account_holder_type: 'individual',
        account_type: 'checking',
        bank_name: brand,
        fingerprint,
        last4,
        payment_reference: null,
        routing_number: '110000000',
      },
    };
  }
  if (type === 'paypal') {
    return {
      type,
      paypal: {
        ...{ country, payer_email: null, payer_id: fingerprint, payer_name: null },
        ...{ seller_protection: null, transaction_id: newId('paypal') },
      },
    };
  }
  if (type === 'crypto') {
    return {
      type,
      crypto: { network: 'base', token_currency: 'usdc', transaction_hash: newId('hash') },
    };
  }
  return { type, card: cardDetails(unit, known, amount, attempt) };
}

function outcomeOf(decline: Decline | null): Stripe.Charge.Outcome {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: decline ? 'declined_by_network' : 'approved_by_network',
    reason: decline ? (decline.decline_code ?? decline.code) : null,
    risk_level: 'normal',
    risk_score: 20,
    seller_message: decline ? 'The bank returned a decline code.' : 'Payment complete.',
    type: decline ? 'issuer_declined' : 'authorized',
  };
}

export interface Attempt {
  status: 'failed' | 'pending' | 'succeeded';
  captured: boolean;
  authenticated: boolean;
  decline: Decline | null;
}

/** Records one attempt to charge an intent's method. */
export function putCharge(
  unit: Unit,
  intent: Stripe.PaymentIntent,
  known: KnownMethod,
  attempt: Attempt,
): Stripe.Charge {
  const { status, captured, decline } = attempt;
  const charge: Stripe.Charge = {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured && status === 'succeeded' ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: known.method.billing_details,
    calculated_statement_descriptor: null,
    captured: captured && status !== 'failed',
    created: unit.now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: known.method.id,
    payment_method_details: methodDetails(unit, known, intent.amount, attempt),
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status,
    transfer_data: null,
    transfer_group: intent.transfer_group,
  };
  unit.put('charge', charge);
  return charge;
}

const payoutOf = (unit: Unit, { id }: Stripe.BalanceTransaction): string | undefined =>
  unit.find('payout_entry', id)?.payoutId;

const listParams = z.strictObject({
  ...pageParams,
  created: range.optional(),
  customer: text.optional(),
  payment_intent: text.optional(),
});

export const chargeRoutes: readonly Route[] = [
  route('GET', '/v1/charges', listParams, ({ unit, params }) => {
    const rows = unit
      .all('charge')
      .filter((charge) => params.customer === undefined || charge.customer === params.customer)
      .filter(
        (charge) => params.payment_intent === undefined || charge.payment_intent === params.payment_intent,
      )
      .filter((charge) => isInRange(charge.created, params.created));
    return pageOf(rows, params, '/v1/charges');
  }),
  route('GET', '/v1/charges/:id', z.strictObject({}), ({ unit, id }) => {
    const charge = unit.find('charge', id);
    if (!charge) throw resourceMissing('charge', id);
    return charge;
  }),
  route('GET', '/v1/balance_transactions/:id', z.strictObject({}), ({ unit, id }) => {
    const transaction = unit.find('balance_transaction', id);
    if (!transaction) throw resourceMissing('balance transaction', id);
    return transaction;
  }),
  route(
    'GET',
    '/v1/balance_transactions',
    z.strictObject({
      ...pageParams,
      created: range.optional(),
      source: text.optional(),
      payout: text.optional(),
      type: text.optional(),
    }),
    ({ unit, params }) => {
      const rows = unit
        .all('balance_transaction')
        .filter((row) => params.source === undefined || row.source === params.source)
        .filter((row) => params.payout === undefined || payoutOf(unit, row) === params.payout)
        .filter((row) => params.type === undefined || row.type === params.type)
        .filter((row) => isInRange(row.created, params.created));
      return pageOf(rows, params, '/v1/balance_transactions');
    },
  ),
];
