// Amounts: integers of the currency's smallest unit, within the limits that Stripe documents.
import { invalidRequest } from './errors.js';

// Smallest charge by settlement currency; others take the dollar's.
const MINIMUM: Readonly<Record<string, number>> = {
  usd: 50, eur: 50, gbp: 30, chf: 50, cad: 50, aud: 50, nzd: 50, jpy: 50, sek: 300, nok: 300, dkk: 250,
  pln: 200, czk: 1500, huf: 17500, ron: 200, bgn: 100, hkd: 400, sgd: 50, mxn: 1000, brl: 50, inr: 50,
  aed: 200, myr: 200, thb: 1000,
}; // prettier-ignore
const MAXIMUM = 99_999_999;

// Three-decimal currencies end in 0 at Stripe; króna and shilling are sent with two decimals that are always 0.
const STEP: Readonly<Record<string, number>> = {
  bhd: 10,
  jod: 10,
  kwd: 10,
  omr: 10,
  tnd: 10,
  isk: 100,
  ugx: 100,
};

/** Throws Stripe's refusal of an amount that cannot be charged in the currency. */
export function checkAmount(amount: number, currency: string): void {
  const minimum = MINIMUM[currency] ?? 50;
  if (amount < 1) {
    throw invalidRequest('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  }
  if (amount < minimum) {
    const message = `Amount must be at least ${String(minimum)} in the smallest unit of ${currency}.`;
    throw invalidRequest(message, { code: 'amount_too_small', param: 'amount' });
  }
  if (amount > MAXIMUM) {
    const message = `Amount must be no more than ${String(MAXIMUM)} in the smallest unit of ${currency}.`;
    throw invalidRequest(message, { code: 'amount_too_large', param: 'amount' });
  }
  const step = STEP[currency] ?? 1;
  if (amount % step !== 0) {
    const message = `Invalid amount: in ${currency} it must be divisible by ${String(step)}.`;
    throw invalidRequest(message, { code: 'invalid_charge_amount', param: 'amount' });
  }
}

/** The three-letter code in lower case, as Stripe keeps it. */
export function checkCurrency(currency: string): string {
  if (/^[a-zA-Z]{3}$/.test(currency)) return currency.toLowerCase();
  throw invalidRequest(`Invalid currency: ${currency.toLowerCase()}.`, { param: 'currency' });
}

/** The sandbox's fee: 2.9 % rounded half up, and 30 smallest units whatever the currency. */
export function feeOf(amount: number): number {
  return Math.floor((amount * 29 + 500) / 1000) + 30;
}

/** An amount in words for a message: the plain integer with its currency. */
export function amountText(amount: number, currency: string): string {
  return `${String(amount)} ${currency}`;
}
