/** Every payment ends: no webhook ever comes, nobody calls again, and the timers alone bring each to its end. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { money } from '../../shared/money.js';
import { disputeStatuses, isClosed, nextCheckAt as nextOfDispute } from '../dispute/rules.js';
import type { ProviderIntent } from '../provider/provider.js';
import { nextCheckAt as nextOfRefund, transitions as refundTransitions } from '../refund/rules.js';
import { isOpen, nextCheckAt as nextOfSetup, setupStatuses, type Setup } from '../setup/rules.js';
import {
  canBecome,
  changeOf,
  hasCaptured,
  isEnded,
  paymentStatuses,
  type Payment,
  type PaymentStatus,
} from './rules.js';
import { nextCheckAt, shouldCapture, shouldEnd } from './timing.js';

const begun = new Date('2026-11-21T12:00:00Z');
const later = (ms: number): Date => new Date(begun.getTime() + ms);
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

const pending: Payment = {
  ...{ id: 'p', orderId: 'o', customerId: 'c', initiatedBy: null, attemptKey: '1', version: 1 },
  ...{ amount: money(2_599n, 'EUR'), status: 'PENDING', holdsOrder: true },
  ...{ providerMethodId: 'pm_1', providerCustomerId: null, returnUrl: null, strongAuthentication: false },
  ...{ deadline: later(15 * minute), calledAt: begun, cancelRequestedAt: null },
  ...{ captureMethod: 'MANUAL', authorizedUntil: null, capture: null },
  ...{ providerIntentId: 'pi_1', providerChargeId: null, method: null, fee: null },
  ...{ failureCode: null, failureMessage: null },
  ...{
    capturedAmount: 0n,
    refundRequestedAmount: 0n,
    refundedAmount: 0n,
    createdAt: begun,
    updatedAt: begun,
  },
};

/** Statuses in which money may still be taken while the payment holds its order. */
const waiting: readonly PaymentStatus[] = paymentStatuses.filter((status) => !hasCaptured({ status }));

test('each state that is not the end has a timer, whatever was asked of it, and no end has one', () => {
  const capture = { id: 'c', amount: 1n, requestedAt: begun };
  const asked = [{}, { cancelRequestedAt: begun }, { capture }];
  for (const status of paymentStatuses)
    for (const holdsOrder of [true, false])
      for (const what of asked)
        for (const age of [0, minute, hour, day, 30 * day])
          for (const authorizedUntil of [null, later(7 * day)]) {
            const payment: Payment = { ...pending, status, holdsOrder, authorizedUntil, ...what };
            const next = nextCheckAt(payment, later(age));
            expect(next === null).toBe(!holdsOrder || hasCaptured(payment));
            if (next) expect(next.getTime() - later(age).getTime()).toBeGreaterThan(0);
            if (next) expect(next.getTime() - later(age).getTime()).toBeLessThanOrEqual(6 * hour);
          }
  expect(waiting.every((status) => paymentStatuses.some((end) => canBecome(status, end)))).toBe(true);
});

test('so have refunds, setups and disputes', () => {
  for (const status of ['PENDING', 'SUCCEEDED', 'FAILED'] as const) {
    const next = nextOfRefund({ status, createdAt: begun }, later(day));
    // SUCCEEDED is an end that a bank can undo: its webhook and the reconciler tell that.
    expect(next !== null).toBe(status === 'PENDING');
    expect(refundTransitions[status].length > 0).toBe(status !== 'FAILED');
  }
  for (const status of setupStatuses) {
    const setup = { status, createdAt: begun, deadline: later(hour) } as Setup;
    expect(nextOfSetup(setup, later(2 * hour)) !== null).toBe(isOpen({ status }));
  }
  for (const status of disputeStatuses)
    expect(nextOfDispute({ status }, begun) !== null).toBe(!isClosed({ status }));
});

/** What the customer, the bank and the shop do, and when; who never does it leaves it to the timers. */
interface Fate {
  method: 'card' | 'debit';
  captureMethod: 'AUTOMATIC' | 'MANUAL';
  /** When the customer comes back from the bank, and whether that went well; null: never. */
  returns: { after: number; passed: boolean } | null;
  declined: boolean;
  /** When the bank has let a debit through or not. */
  settles: { after: number; succeeds: boolean };
  captures: number | null;
  cancels: number | null;
}

const fate: fc.Arbitrary<Fate> = fc.record({
  method: fc.constantFrom('card', 'debit'),
  captureMethod: fc.constantFrom('AUTOMATIC', 'MANUAL'),
  returns: fc.option(fc.record({ after: fc.nat(2 * day), passed: fc.boolean() })),
  declined: fc.boolean(),
  settles: fc.record({ after: fc.integer({ min: 1, max: 14 * day }), succeeds: fc.boolean() }),
  captures: fc.option(fc.nat(10 * day)),
  cancels: fc.option(fc.nat(10 * day)),
});

/** What the provider knows of the payment; `since`: when the bank was through with the customer. */
interface Provider {
  status: ProviderIntent['status'];
  failed: boolean;
  lapsed: boolean;
  taken: bigint;
  since: number;
}

const take = (provider: Provider, taken: bigint): Provider => ({ ...provider, status: 'succeeded', taken });
const refuse = (provider: Provider): Provider => ({
  ...{ ...provider, status: 'requires_payment_method', failed: true },
});
const cancel = (provider: Provider): Provider =>
  provider.status === 'processing' || provider.status === 'succeeded'
    ? provider
    : { ...provider, status: 'canceled' };

function afterBank(provider: Provider, { returns, declined, method, captureMethod }: Fate): Provider {
  if (!returns?.passed || declined) return refuse(provider);
  if (method === 'debit') return { ...provider, status: 'processing' };
  return captureMethod === 'MANUAL' ? { ...provider, status: 'requires_capture' } : take(provider, 2_599n);
}

/** What happens by itself until `at`: what is written in Stripe's documentation of intents, and no more. */
function goOn(before: Provider, one: Fate, at: number): Provider {
  let provider = before;
  if (provider.status === 'requires_action' && one.returns && at >= one.returns.after)
    provider = afterBank({ ...provider, since: one.returns.after }, one);
  if (provider.status === 'processing' && at >= provider.since + one.settles.after)
    provider = one.settles.succeeds ? take(provider, 2_599n) : refuse(provider);
  if (provider.status === 'requires_capture' && at >= provider.since + 7 * day)
    provider = { ...provider, status: 'canceled', lapsed: true };
  return provider;
}

const intentOf = ({ status, taken, lapsed, failed, since }: Provider): ProviderIntent => ({
  ...{ id: 'pi_1', status, capturedAmount: taken, lapsed },
  capturableUntil: status === 'requires_capture' ? later(since + 7 * day) : null,
  failure: failed ? { code: 'declined', message: 'no' } : null,
  ...{
    chargeId: null,
    fee: null,
    method: null,
    clientSecret: null,
    nextActionUrl: null,
    paymentId: 'p',
    answer: {},
  },
});

/** What payment/provider-state.ts does with an answer, without the database. */
function apply(payment: Payment, found: Provider, now: Date): [Payment, Provider] {
  const intent = intentOf(found);
  const provider = shouldCapture(payment, intent)
    ? take(found, payment.capture?.amount ?? 0n)
    : shouldEnd(payment, intent, now)
      ? cancel(found)
      : found;
  const change = changeOf(payment, intentOf(provider));
  const after = change ? { ...payment, ...change, method: null, version: payment.version + 1 } : payment;
  return [after, provider];
}

/** Orders asks for a capture or gives up, each once, by the conditions of the row. */
function asked(payment: Payment, one: Fate, now: Date): Payment {
  const at = now.getTime() - begun.getTime();
  const { capture, cancelRequestedAt, status } = payment;
  if (capture || cancelRequestedAt || isEnded(payment)) return payment;
  if (one.captures !== null && at >= one.captures && status === 'AUTHORIZED')
    return { ...payment, capture: { id: 'c', amount: 1_000n, requestedAt: now } };
  return one.cancels !== null && at >= one.cancels ? { ...payment, cancelRequestedAt: now } : payment;
}

test('with every webhook dropped and nobody calling again, each payment ends, and money that was taken is known', () => {
  const ends = new Set<string>();
  fc.assert(
    fc.property(fate, (one) => {
      let provider: Provider = {
        ...{ status: 'requires_action', failed: false, lapsed: false },
        taken: 0n,
        since: 0,
      };
      let payment: Payment = { ...pending, captureMethod: one.captureMethod };
      let now = begun;
      let looks = 0;
      for (let next = nextCheckAt(payment, now); next; next = nextCheckAt(payment, now)) {
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        now = next;
        looks += 1;
        provider = goOn(provider, one, now.getTime() - begun.getTime());
        [payment, provider] = apply(payment, provider, now);
        payment = asked(payment, one, now);
        expect(looks).toBeLessThan(2_000);
      }
      ends.add(payment.status);
      expect(isEnded(payment)).toBe(true);
      expect(['SUCCEEDED', 'FAILED', 'CANCELLED']).toContain(payment.status);
      expect(payment.capturedAmount).toBe(provider.taken);
      expect(['succeeded', 'canceled']).toContain(provider.status);
      expect(now.getTime()).toBeLessThan(later(31 * day).getTime());
    }),
    { numRuns: 1_000 },
  );
  expect([...ends].sort()).toEqual(['CANCELLED', 'FAILED', 'SUCCEEDED']);
});
