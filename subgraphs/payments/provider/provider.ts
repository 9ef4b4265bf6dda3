/** The payment provider as the rules and services see it; provider/stripe.ts speaks to the real one. */
import type { Money } from '../../shared/money.js';

export type MethodType =
  | 'CREDIT_CARD'
  | 'DEBIT_CARD'
  | 'PAYPAL'
  | 'APPLE_PAY'
  | 'GOOGLE_PAY'
  | 'BANK_TRANSFER'
  | 'WALLET'
  | 'CRYPTO';

/** MANUAL: the money is set aside first, and taken by a call of its own. */
export type CaptureMethod = 'AUTOMATIC' | 'MANUAL';

export interface ProviderMethod {
  type: MethodType;
  brand: string | null;
  last4: string | null;
  expiryMonth: number | null;
  expiryYear: number | null;
  /** Whose card it is; null: no card. */
  card: ProviderCard | null;
}

export interface ProviderCard {
  /** The same for the same number, at whomever's account. Not to be kept as it is. */
  fingerprint: string | null;
  /** ISO 3166-1 alpha-2, of the bank. */
  country: string | null;
}

export interface Failure {
  /** For programs: `insufficient_funds`. */
  code: string;
  /** For the customer. */
  message: string;
}

/** An attempt as the provider has it. */
export interface ProviderIntent {
  id: string;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'succeeded'
    | 'canceled';
  /** Minor units that have been taken. */
  capturedAmount: bigint;
  /** Until when what is set aside can be taken; null where nothing is. */
  capturableUntil: Date | null;
  /** Cancelled by the provider itself: what was set aside lapsed. */
  lapsed: boolean;
  chargeId: string | null;
  /** What the provider keeps; null until it has reckoned. */
  fee: Money | null;
  method: ProviderMethod | null;
  /** Why the last try to charge was declined. */
  failure: Failure | null;
  clientSecret: string | null;
  nextActionUrl: string | null;
  /** Our payment that it was made for; null when somebody else made it. */
  paymentId: string | null;
  /** What may be kept of the provider's answer, in its own words: nothing of a person. */
  answer: Readonly<Record<string, string>>;
}

export interface ProviderRefund {
  id: string;
  intentId: string | null;
  status: 'PENDING' | 'SUCCEEDED' | 'FAILED';
  failureCode: string | null;
  /** Our refund that it was made for; null when somebody else made it. */
  refundId: string | null;
}

/** Saving a method as the provider has it. */
export interface ProviderSetup {
  id: string;
  status: Exclude<ProviderIntent['status'], 'requires_capture'>;
  /** Where it has succeeded: the method, tied to the customer now. */
  method: (ProviderMethod & { id: string }) | null;
  failure: Failure | null;
  clientSecret: string | null;
  nextActionUrl: string | null;
  /** Our setup that it was made for; null when somebody else made it. */
  setupId: string | null;
}

export interface SetupRequest {
  setupId: string;
  methodId: string;
  customerId: string;
  returnUrl: string | null;
  /** The same request with the same key is carried out once. */
  key: string;
}

/** From `from` on, before `until`. */
export interface Stretch {
  from: Date;
  until: Date;
}

/** An intent as the provider's list has it: what there is to compare with our books. */
export interface ListedIntent {
  id: string;
  status: ProviderIntent['status'];
  /** Nothing until the money was taken. */
  taken: Money;
  /** Minor units of the above that were given back. */
  givenBack: bigint;
  /** What the provider keeps; null until it has reckoned. */
  fee: Money | null;
  createdAt: Date;
  /** What we wrote on it when we made it; null when somebody else made it. */
  paymentId: string | null;
  orderId: string | null;
}

/** A refund as the provider's list has it. */
export interface ListedRefund extends ProviderRefund {
  amount: Money;
  createdAt: Date;
}

export type ProviderDisputeStatus = 'INQUIRY' | 'NEEDS_RESPONSE' | 'UNDER_REVIEW' | 'WON' | 'LOST' | 'CLOSED';

/** A customer's bank takes a payment back, or asks about it, as the provider has that. */
export interface ProviderDispute {
  id: string;
  intentId: string | null;
  status: ProviderDisputeStatus;
  amount: Money;
  reason: string;
  /** Until when evidence can be given. */
  respondBy: Date | null;
  /** What is gone from the account for it; null where nothing was moved, zero when it was given back. */
  withdrawn: Money | null;
  fee: Money | null;
  openedAt: Date;
}

/** Money that the provider sends to the shop's bank. */
export interface ListedPayout {
  id: string;
  status: string;
  amount: Money;
  /** Whether the provider says what is in it. */
  isItemised: boolean;
}

/** A movement on the account that a payout brings. */
export interface PayoutMovement {
  kind: 'CHARGE' | 'REFUND' | 'OTHER';
  /** The charge's, refund's or whatever else's id. */
  sourceId: string;
  /** After the provider's fee. */
  net: Money;
  /** Of an order of ours, by what stands on the charge. */
  isOurs: boolean;
}

export interface IntentRequest {
  paymentId: string;
  orderId: string;
  amount: Money;
  methodId: string;
  customerId: string | null;
  returnUrl: string | null;
  /** Demand 3-D Secure from the bank. */
  strongAuthentication: boolean;
  captureMethod: CaptureMethod;
  /** The same request with the same key is carried out once. */
  key: string;
}

/** The provider said no for good: the same request would be refused again, and nothing was done. */
export class ProviderRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Which parameter of the request it was about. */
    readonly parameter: string | null,
  ) {
    super(message);
    this.name = 'ProviderRefused';
  }
}

/** No answer, or none that says what was done: ask again with the same key. */
export class ProviderUnavailable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ProviderUnavailable';
  }
}

/** Every function throws ProviderRefused or ProviderUnavailable, nothing else. */
export interface PaymentProvider {
  /** Makes and confirms an intent in one go; a decline is an intent with `failure`. */
  createIntent(request: IntentRequest): Promise<ProviderIntent>;
  getIntent(id: string): Promise<ProviderIntent>;
  /** The intent that was made for a payment since `since`, if the provider has one; for when its answer was lost. */
  findIntentOf(paymentId: string, since: Date): Promise<ProviderIntent | null>;
  /** All intents that were made in a stretch of time. */
  listIntents(made: Stretch): Promise<ListedIntent[]>;
  /** One as the list has it; null where the provider has none. */
  findIntent(id: string): Promise<ListedIntent | null>;
  /** Cancels where that can be done, and gives the intent as it is then: the caller looks at its status. */
  cancelIntent(id: string): Promise<ProviderIntent>;
  /**
   * Takes so much of what was set aside; the rest goes back to the customer. Gives the intent as it is then: where nothing
   * could be taken any more, the caller looks at its status.
   */
  captureIntent(id: string, amount: bigint, key: string): Promise<ProviderIntent>;
  createRefund(request: {
    intentId: string;
    refundId: string;
    amount: bigint;
    key: string;
  }): Promise<ProviderRefund>;
  getRefund(id: string): Promise<ProviderRefund>;
  /** The refund of the intent that was made for our refund, if the provider has one. */
  findRefundOf(refundId: string, intentId: string): Promise<ProviderRefund | null>;
  /** All refunds that were made in a stretch of time. */
  listRefunds(made: Stretch): Promise<ListedRefund[]>;
  findRefund(id: string): Promise<ListedRefund | null>;
  getDispute(id: string): Promise<ProviderDispute>;
  /** All disputes that were opened in a stretch of time. */
  listDisputes(made: Stretch): Promise<ProviderDispute[]>;
  findDispute(id: string): Promise<ProviderDispute | null>;
  /** All payouts that were made in a stretch of time. */
  listPayouts(made: Stretch): Promise<ListedPayout[]>;
  findPayout(id: string): Promise<ListedPayout | null>;
  /** What a payout brings. */
  listPayoutMovements(payoutId: string): Promise<PayoutMovement[]>;
  /** Makes the provider's record of a customer; the same one for the same key. */
  createCustomer(customerId: string, key: string): Promise<string>;
  /** Deletes it with all its methods; one that is gone is no error. */
  deleteCustomer(providerCustomerId: string): Promise<void>;
  getMethod(methodId: string): Promise<ProviderMethod>;
  /** Asks for the method to be saved for its customer; a decline is a setup with `failure`. */
  createSetup(request: SetupRequest): Promise<ProviderSetup>;
  getSetup(id: string): Promise<ProviderSetup>;
  /** Cancels where that can be done, and gives the setup as it is then. */
  cancelSetup(id: string): Promise<ProviderSetup>;
  /** Unties it from its customer; one that is gone or untied is no error. */
  detachMethod(methodId: string): Promise<void>;
}
