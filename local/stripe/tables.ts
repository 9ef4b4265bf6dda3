// What the sandbox remembers: one table per kind of object, in order of creation.
import type { Stripe } from 'stripe';

/** An event as Stripe sends it; `data.object` is the object as it was at that moment. */
export interface StoredEvent {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  data: { object: object; previous_attributes?: object };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: string;
}

/** What the sandbox must know of a payment method and does not show. */
export interface MethodFacts {
  id: string;
  /** A key of TEST_METHODS. */
  testMethod: string;
  /** Paid with, while belonging to no customer: may not be used again. */
  spent: boolean;
  /** Authenticated for later use by a SetupIntent or by `setup_future_usage`. */
  setUp: boolean;
}

/** What was asked for when an intent was confirmed and is needed when its customer comes back from 3-D Secure. */
export interface Authentication {
  /** The id of the intent. */
  id: string;
  returnUrl: string | null;
}

export interface StoredOutcome {
  /** The idempotency key. */
  id: string;
  fingerprint: string;
  requestId: string;
  status: number;
  body: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** One event still to be sent to one endpoint. */
export interface Delivery {
  id: string;
  eventId: string;
  url: string;
  attempts: number;
  /** Milliseconds since the epoch, both. */
  createdAt: number;
  nextAttemptAt: number;
}

export const TIMER_ACTIONS = [
  'settle_payment',
  'fail_payment',
  'expire_authorization',
  'add_balance',
  'fail_refund',
  'settle_refund',
  'open_dispute',
] as const;

/** Something that happens by itself later on. */
export interface Timer {
  id: string;
  action: (typeof TIMER_ACTIONS)[number];
  /** The id of the object that it happens to. */
  subject: string;
  /** Milliseconds since the epoch. */
  dueAt: number;
}

/** In which payout a movement left the account. */
export interface PayoutEntry {
  /** The balance transaction's. */
  id: string;
  payoutId: string;
}

export interface Rows {
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  payment_method: Stripe.PaymentMethod;
  payment_intent: Stripe.PaymentIntent;
  setup_intent: Stripe.SetupIntent;
  charge: Stripe.Charge;
  refund: Stripe.Refund;
  balance_transaction: Stripe.BalanceTransaction;
  dispute: Stripe.Dispute;
  payout: Stripe.Payout;
  payout_entry: PayoutEntry;
  event: StoredEvent;
  method_facts: MethodFacts;
  authentication: Authentication;
  outcome: StoredOutcome;
  delivery: Delivery;
  timer: Timer;
}

export type Kind = keyof Rows;
export type Tables = { [K in Kind]: Map<string, Rows[K]> };
export type Change = { [K in Kind]: { put: K; row: Rows[K] } | { remove: K; id: string } }[Kind];

export const KINDS: readonly Kind[] = [
  'customer',
  'payment_method',
  'payment_intent',
  'setup_intent',
  'charge',
  'refund',
  'balance_transaction',
  'dispute',
  'payout',
  'payout_entry',
  'event',
  'method_facts',
  'authentication',
  'outcome',
  'delivery',
  'timer',
];

export function emptyTables(): Tables {
  return {
    customer: new Map(),
    payment_method: new Map(),
    payment_intent: new Map(),
    setup_intent: new Map(),
    charge: new Map(),
    refund: new Map(),
    balance_transaction: new Map(),
    dispute: new Map(),
    payout: new Map(),
    payout_entry: new Map(),
    event: new Map(),
    method_facts: new Map(),
    authentication: new Map(),
    outcome: new Map(),
    delivery: new Map(),
    timer: new Map(),
  };
}

function tableOf<K extends Kind>(tables: Tables, kind: K): Map<string, Rows[K]> {
  return tables[kind];
}

function putRow<K extends Kind>(tables: Tables, kind: K, row: Rows[K]): void {
  tableOf(tables, kind).set(row.id, row);
}

/** Applies one change; rows are replaced, never altered, so that events may keep the row of their time. */
export function applyChange(tables: Tables, change: Change): void {
  if ('put' in change) putRow(tables, change.put, change.row as Rows[typeof change.put]);
  else tables[change.remove].delete(change.id);
}
