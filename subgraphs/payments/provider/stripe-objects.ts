/** Reads Stripe's objects into those of the port. */
import type { Stripe } from 'stripe';
import { money, type Money } from '../../shared/money.js';
import { answerOf } from './stripe-answer.js';
import type {
  Failure,
  ListedIntent,
  ListedRefund,
  MethodType,
  ProviderIntent,
  ProviderMethod,
  ProviderRefund,
  ProviderSetup,
} from './provider.js';

const typesByStripe: Record<string, MethodType> = {
  paypal: 'PAYPAL',
  sepa_debit: 'BANK_TRANSFER',
  us_bank_account: 'BANK_TRANSFER',
  bacs_debit: 'BANK_TRANSFER',
  au_becs_debit: 'BANK_TRANSFER',
  acss_debit: 'BANK_TRANSFER',
  customer_balance: 'BANK_TRANSFER',
  crypto: 'CRYPTO',
};

/** Visa's, Mastercard's and most others' for a sale without the card: the least that Stripe says nothing more exact of. */
const authorizationMs = 7 * 86_400_000;

interface Card {
  capture_before?: number | null;
  brand?: string | null;
  last4?: string | null;
  exp_month?: number | null;
  exp_year?: number | null;
  funding?: string | null;
  wallet?: { type: string } | null;
  fingerprint?: string | null;
  country?: string | null;
}

function cardType({ wallet, funding }: Card): MethodType {
  if (wallet?.type === 'apple_pay') return 'APPLE_PAY';
  if (wallet?.type === 'google_pay') return 'GOOGLE_PAY';
  return funding === 'debit' || funding === 'prepaid' ? 'DEBIT_CARD' : 'CREDIT_CARD';
}

/** What payment methods and charges' `payment_method_details` have in common. */
interface Described {
  type: string;
  card?: Card | null;
  sepa_debit?: { last4?: string | null } | null;
  us_bank_account?: { last4?: string | null; bank_name?: string | null } | null;
}

export function methodOf(described: Described): ProviderMethod {
  const { type, card, sepa_debit: sepa, us_bank_account: us } = described;
  if (type === 'card' && card)
    return {
      type: cardType(card),
      brand: card.brand ?? null,
      last4: card.last4 ?? null,
      expiryMonth: card.exp_month ?? null,
      expiryYear: card.exp_year ?? null,
      card: { fingerprint: card.fingerprint ?? null, country: card.country ?? null },
    };
  return {
    type: typesByStripe[type] ?? 'WALLET',
    brand: us?.bank_name ?? type,
    last4: sepa?.last4 ?? us?.last4 ?? null,
    expiryMonth: null,
    expiryYear: null,
    card: null,
  };
}

const expanded = <T extends object>(value: string | T | null | undefined): T | null =>
  typeof value === 'object' ? value : null;

const failureOf = (
  error: Stripe.PaymentIntent.LastPaymentError | Stripe.SetupIntent.LastSetupError | null,
): Failure | null =>
  error
    ? {
        code: error.decline_code ?? error.code ?? 'declined',
        message: error.message ?? 'The payment was declined.',
      }
    : null;

const nextActionUrlOf = (action: { redirect_to_url?: { url: string | null } | null } | null): string | null =>
  action?.redirect_to_url?.url ?? null;

const statuses = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
] as const satisfies ProviderIntent['status'][];

function statusOf({ id, status }: { id: string; status: string }): ProviderIntent['status'] {
  const known = statuses.find((one) => one === status);
  if (!known) throw new Error(`${id} has the status ${status}, which this release does not know.`);
  return known;
}

/** `payment_method` expanded. */
export function setupOf(setup: Stripe.SetupIntent): ProviderSetup {
  const status = statusOf(setup);
  if (status === 'requires_capture') throw new Error(`${setup.id} is no setup.`);
  const method = status === 'succeeded' ? expanded(setup.payment_method) : null;
  return {
    id: setup.id,
    status,
    method: method && { ...methodOf(method), id: method.id },
    failure: failureOf(setup.last_setup_error),
    clientSecret: setup.client_secret,
    nextActionUrl: nextActionUrlOf(setup.next_action),
    setupId: setup.metadata?.['setup_id'] ?? null,
  };
}

/** `balance_transaction` expanded. */
function feeOf(charge: Stripe.Charge | null): Money | null {
  const balance = expanded(charge?.balance_transaction);
  return balance ? moneyOf(balance.fee, balance.currency) : null;
}

/** Stripe tells it of cards; of the rest, and where it does not, seven days from the charge. */
function capturableUntilOf(intent: Stripe.PaymentIntent, charge: Stripe.Charge | null): Date | null {
  if (intent.status !== 'requires_capture') return null;
  const told = (charge?.payment_method_details as Described | null | undefined)?.card?.capture_before;
  return told ? timeOf(told) : new Date((charge?.created ?? intent.created) * 1_000 + authorizationMs);
}

/** `latest_charge.balance_transaction` and `payment_method` expanded. */
export function intentOf(intent: Stripe.PaymentIntent): ProviderIntent {
  const charge = expanded(intent.latest_charge);
  const described = charge?.payment_method_details ?? expanded(intent.payment_method);
  return {
    id: intent.id,
    status: statusOf(intent),
    capturedAmount: BigInt(intent.amount_received),
    capturableUntil: capturableUntilOf(intent, charge),
    lapsed: ['automatic', 'expired'].includes(intent.cancellation_reason ?? ''),
    chargeId: typeof intent.latest_charge === 'string' ? intent.latest_charge : (charge?.id ?? null),
    fee: feeOf(charge),
    method: described ? methodOf(described as Described) : null,
    failure: failureOf(intent.last_payment_error),
    clientSecret: intent.client_secret,
    nextActionUrl: nextActionUrlOf(intent.next_action),
    paymentId: intent.metadata['payment_id'] ?? null,
    answer: answerOf(intent, charge),
  };
}

const moneyOf = (amount: number, currency: string): Money => money(BigInt(amount), currency.toUpperCase());
const timeOf = (seconds: number): Date => new Date(seconds * 1_000);

/** `latest_charge.balance_transaction` expanded. */
export const listedIntentOf = (intent: Stripe.PaymentIntent): ListedIntent => ({
  id: intent.id,
  status: statusOf(intent),
  taken: moneyOf(intent.amount_received, intent.currency),
  // What was set aside and not taken counts as refunded at Stripe, in a charge that was taken in part.
  givenBack: givenBackOf(intent),
  fee: feeOf(expanded(intent.latest_charge)),
  createdAt: timeOf(intent.created),
  paymentId: intent.metadata['payment_id'] ?? null,
  orderId: intent.metadata['order_id'] ?? null,
});

function givenBackOf({ latest_charge, amount_received }: Stripe.PaymentIntent): bigint {
  const charge = expanded(latest_charge);
  if (!charge?.captured) return 0n;
  return BigInt(Math.max(0, charge.amount_refunded - (charge.amount - amount_received)));
}

const refundStatuses: Record<string, ProviderRefund['status']> = {
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'FAILED',
};

export function refundOf(refund: Stripe.Refund): ProviderRefund {
  const status = refundStatuses[refund.status ?? ''] ?? 'PENDING';
  return {
    id: refund.id,
    intentId:
      typeof refund.payment_intent === 'string' ? refund.payment_intent : (refund.payment_intent?.id ?? null),
    status,
    failureCode: status === 'FAILED' ? (refund.failure_reason ?? refund.status ?? 'unknown') : null,
    refundId: refund.metadata?.['refund_id'] ?? null,
  };
}

/** What was set aside and not taken goes back as a refund that moves no money on the account: none that anybody made. */
export const isRelease = ({ status, balance_transaction }: Stripe.Refund): boolean =>
  status === 'succeeded' && balance_transaction === null;

export const listedRefundOf = (refund: Stripe.Refund): ListedRefund => ({
  ...refundOf(refund),
  amount: moneyOf(refund.amount, refund.currency),
  createdAt: timeOf(refund.created),
});
