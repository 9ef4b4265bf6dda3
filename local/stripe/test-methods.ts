// The test payment methods of Stripe's testing page, as a table: how each behaves is written nowhere else.

export interface Decline {
  code: string;
  decline_code?: string;
  message: string;
}

export interface TestMethod {
  type: 'card' | 'sepa_debit' | 'us_bank_account' | 'paypal' | 'crypto';
  brand: string;
  last4: string;
  country: string;
  funding: string;
  /** Why it cannot be saved for a customer. */
  attach?: Decline;
  /** Why it cannot be charged. */
  charge?: Decline;
  /** The wallet that the card is in. */
  wallet?: 'apple_pay' | 'google_pay';
  /** The customer agrees on a page of the method's own, each time. */
  redirects?: true;
  /** When the customer has to prove who they are: at every payment, until the method was set up for later use, or where the shop asks for it. */
  authentication?: 'always' | 'unless_set_up' | 'when_requested';
  /** Bank debits and transfers on a blockchain are `processing` first and end later. */
  settles?: 'later' | 'later_failed';
  /** What its owner will tell the bank; an inquiry takes no money. */
  dispute?: 'fraudulent' | 'product_not_received' | 'inquiry';
  /** How a refund ends that is not simply done. */
  refund?: 'fails_later' | 'pending';
}

function declined(declineCode: string, message = 'Your card was declined.'): Decline {
  return { code: 'card_declined', decline_code: declineCode, message };
}

const GENERIC = declined('generic_decline');
const INSUFFICIENT = declined('insufficient_funds', 'Your card has insufficient funds.');
const EXPIRED: Decline = {
  code: 'expired_card',
  decline_code: 'expired_card',
  message: 'Your card has expired.',
};
const INCORRECT_CVC: Decline = {
  code: 'incorrect_cvc',
  decline_code: 'incorrect_cvc',
  message: "Your card's security code is incorrect.",
};
const PROCESSING: Decline = {
  code: 'processing_error',
  decline_code: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
};

function visa(last4: string, rest: Partial<TestMethod> = {}): TestMethod {
  return { type: 'card', brand: 'visa', last4, country: 'US', funding: 'credit', ...rest };
}

function refused(last4: string, decline: Decline): TestMethod {
  return visa(last4, { attach: decline, charge: decline });
}

const US_BANK: TestMethod = {
  type: 'us_bank_account',
  brand: 'STRIPE TEST BANK',
  last4: '6789',
  country: 'US',
  funding: 'checking',
  settles: 'later',
};

// PayPal and crypto have no tokens at Stripe (its form makes the method), nor have wallets: these names are the sandbox's own.
const PAYPAL: TestMethod = {
  ...{ type: 'paypal', brand: 'paypal', last4: '', country: 'DE', funding: '' },
  redirects: true,
};
const CRYPTO: TestMethod = {
  ...{ type: 'crypto', brand: 'usdc', last4: '', country: 'US', funding: '' },
  ...{ redirects: true, settles: 'later' },
};
const PAYPAL_DECLINED: Decline = {
  ...{ code: 'payment_method_provider_decline', decline_code: 'generic_decline' },
  message: 'The payment was declined by PayPal.',
};
const CRYPTO_FAILED: Decline = {
  ...{ code: 'payment_intent_payment_attempt_failed', decline_code: 'generic_decline' },
  message: 'The transaction failed.',
};

const BANK_CLOSED: Decline = { code: 'account_closed', message: 'The bank account has been closed.' };
const BANK_EMPTY: Decline = {
  code: 'insufficient_funds',
  decline_code: 'insufficient_funds',
  message: 'The bank account has insufficient funds.',
};

// SEPA has no tokens at Stripe (a test IBAN is sent there); the two names here are the sandbox's own, for shops in euro.
const SEPA: TestMethod = { ...US_BANK, type: 'sepa_debit', brand: 'sepa', last4: '3000', country: 'DE' };

export const TEST_METHODS: Readonly<Record<string, TestMethod>> = {
  pm_card_visa: visa('4242'),
  pm_card_visa_debit: visa('5556', { funding: 'debit' }),
  pm_card_mastercard: visa('4444', { brand: 'mastercard' }),
  pm_card_amex: visa('8431', { brand: 'amex' }),
  pm_card_discover: visa('9424', { brand: 'discover' }),
  pm_card_jcb: visa('0505', { brand: 'jcb', country: 'JP' }),
  pm_card_de: visa('0016', { country: 'DE' }),
  pm_card_gb: visa('0000', { country: 'GB' }),

  pm_card_chargeDeclined: refused('0002', GENERIC),
  pm_card_visa_chargeDeclined: refused('0002', GENERIC),
  pm_card_chargeDeclinedInsufficientFunds: refused('9995', INSUFFICIENT),
  pm_card_visa_chargeDeclinedInsufficientFunds: refused('9995', INSUFFICIENT),
  pm_card_chargeDeclinedLostCard: refused('9987', declined('lost_card')),
  pm_card_visa_chargeDeclinedLostCard: refused('9987', declined('lost_card')),
  pm_card_chargeDeclinedStolenCard: refused('9979', declined('stolen_card')),
  pm_card_visa_chargeDeclinedStolenCard: refused('9979', declined('stolen_card')),
  pm_card_chargeDeclinedFraudulent: refused('0019', declined('fraudulent')),
  pm_card_radarBlock: refused('0019', declined('fraudulent')),
  pm_card_chargeDeclinedExpiredCard: refused('0069', EXPIRED),
  pm_card_chargeDeclinedIncorrectCvc: refused('0127', INCORRECT_CVC),
  pm_card_chargeDeclinedProcessingError: refused('0119', PROCESSING),
  pm_card_chargeCustomerFail: visa('0341', { charge: GENERIC }),

  pm_card_authenticationRequired: visa('3184', { authentication: 'always' }),
  pm_card_threeDSecureOptional: visa('3055', { authentication: 'when_requested' }),
  pm_card_threeDSecure2Required: visa('3220', { authentication: 'always' }),
  pm_card_threeDSecureRequired: visa('3063', { authentication: 'always' }),
  pm_card_authenticationRequiredOnSetup: visa('3155', { authentication: 'unless_set_up' }),
  pm_card_authenticationRequiredSetupForOffSession: visa('3155', { authentication: 'unless_set_up' }),
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: visa('3178', {
    authentication: 'always',
    charge: INSUFFICIENT,
  }),
  pm_card_threeDSecureRequiredChargeDeclined: visa('1629', { authentication: 'always', charge: GENERIC }),

  pm_card_createDispute: visa('0259', { dispute: 'fraudulent' }),
  pm_card_createDisputeProductNotReceived: visa('2685', { dispute: 'product_not_received' }),
  pm_card_createDisputeInquiry: visa('1976', { dispute: 'inquiry' }),

  pm_applePay: visa('4242', { wallet: 'apple_pay' }),
  pm_googlePay: visa('4444', { brand: 'mastercard', wallet: 'google_pay' }),

  pm_card_refundFail: visa('5126', { refund: 'fails_later' }),
  pm_card_pendingRefund: visa('7726', { refund: 'pending' }),

  pm_usBankAccount: US_BANK,
  pm_usBankAccount_success: US_BANK,
  pm_usBankAccount_accountClosed: { ...US_BANK, settles: 'later_failed', charge: BANK_CLOSED },
  pm_usBankAccount_insufficientFunds: { ...US_BANK, settles: 'later_failed', charge: BANK_EMPTY },
  pm_sepaDebit: SEPA,
  pm_sepaDebit_insufficientFunds: { ...SEPA, settles: 'later_failed', charge: BANK_EMPTY },

  pm_paypal: PAYPAL,
  pm_paypal_declined: { ...PAYPAL, charge: PAYPAL_DECLINED },
  pm_crypto: CRYPTO,
  pm_crypto_failed: { ...CRYPTO, settles: 'later_failed', charge: CRYPTO_FAILED },
};
