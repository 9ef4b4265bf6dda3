// Card numbers never enter: Stripe refuses them for accounts without raw-card access, and so does the sandbox.
import type { FormObject } from './form.js';
import { textsOf } from './form.js';
import { StripeApiError } from './errors.js';

// Issuer prefixes with the lengths that they are issued in (ISO/IEC 7812 ranges of the big networks).
const ISSUERS: readonly RegExp[] = [
  /^4(\d{12}|\d{15}|\d{18})$/, // Visa
  /^(5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^(6011|64[4-9]\d|65\d\d)\d{12,15}$/, // Discover
  /^3(0[0-5]|[689]\d)\d{11,16}$/, // Diners Club
  /^35(2[89]|[3-8]\d)\d{12,15}$/, // JCB
  /^62\d{14,17}$/, // UnionPay
];

function passesCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits.charAt(digits.length - 1 - index));
    const weighted = index % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

// A UUID's groups can look like a card number with separators: about one in twenty thousand does.
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** True when the text holds a card number: length, issuer prefix and check digit (Luhn) together. */
export function holdsCardNumber(text: string): boolean {
  for (const match of text.replaceAll(UUID, 'x').matchAll(/(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g)) {
    const digits = match[0].replaceAll(/[ -]/g, '');
    if (ISSUERS.some((issuer) => issuer.test(digits)) && passesCheckDigit(digits)) return true;
  }
  return false;
}

const RAW_CARD_MESSAGE =
  'Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that map to the test card you are using, see https://stripe.com/docs/testing.';

/** Throws Stripe's refusal (402) when the request carries a card number, as a card or anywhere else. */
export function refuseCardNumbers(params: FormObject, ...others: string[]): void {
  const card = params['card'];
  const data = params['payment_method_data'];
  const nested = typeof data === 'object' ? data['card'] : undefined;
  const named = [card, nested].some((value) => typeof value === 'object' && 'number' in value);
  if (!named && ![...textsOf(params), ...others].some(holdsCardNumber)) return;
  throw new StripeApiError(402, { type: 'invalid_request_error', message: RAW_CARD_MESSAGE });
}
