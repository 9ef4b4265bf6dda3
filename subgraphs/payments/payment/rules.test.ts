import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { money } from '../../shared/money.js';
import type { ProviderIntent } from '../provider/provider.js';
import {
  changeOf,
  canBecome,
  hasCaptured,
  isEnded,
  paymentStatuses,
  problemOf,
  providerKeyOf,
  statusOf,
  transitions,
  type Payment,
} from './rules.js';
import { nextCheckAt, shouldEnd } from './timing.js';

const begun = new Date('2026-11-21T12:00:00Z');
const later = (ms: number): Date => new Date(begun.getTime() + ms);

const pending: Payment = {
  id: 'p',
  orderId: 'o',
  customerId: 'c',
  initiatedBy: null,
  attemptKey: '1',
  amount: money(2_599n, 'EUR'),
  status: 'PENDING',
  version: 1,
  holdsOrder: true,
  providerMethodId: 'pm_1',
  providerCustomerId: null,
  returnUrl: null,
  strongAuthentication: false,
  deadline: later(900_000),
  calledAt: begun,
  cancelRequestedAt: null,
  captureMethod: 'AUTOMATIC',
  authorizedUntil: null,
  capture: null,
  providerIntentId: null,
  providerChargeId: null,
  method: null,
  fee: null,
  failureCode: null,
  failureMessage: null,
  capturedAmount: 0n,
  refundRequestedAmount: 0n,
  refundedAmount: 0n,
  createdAt: begun,
  updatedAt: begun,
};

const intentIn = (status: ProviderIntent['status'], declined = false): ProviderIntent => ({
  id: 'pi_1',
  status,
  capturedAmount: status === 'succeeded' ? 2_599n : 0n,
  capturableUntil: status === 'requires_capture' ? later(7 * 86_400_000) : null,
  lapsed: false,
  chargeId: null,
  fee: null,
  method: null,
  failure: declined ? { code: 'card_declined', message: 'no' } : null,
  clientSecret: null,
  nextActionUrl: null,
  paymentId: 'p',
  answer: {},
});

const intentStatuses: ProviderIntent['status'][] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
];

test.each([
  ['requires_payment_method', false, 'PENDING'],
  ['requires_payment_method', true, 'FAILED'],
  ['requires_confirmation', false, 'PENDING'],
  ['requires_action', false, 'REQUIRES_ACTION'],
  ['processing', false, 'PROCESSING'],
  ['requires_capture', false, 'AUTHORIZED'],
  ['succeeded', false, 'SUCCEEDED'],
  ['canceled', false, 'CANCELLED'],
  ['canceled', true, 'FAILED'],
] as const)('an intent that is %s (declined: %s) makes its payment %s', (status, declined, expected) => {
  expect(statusOf(pending, intentIn(status, declined))).toBe(expected);
});

test('every status can be reached and none leads to itself', () => {
  for (const status of paymentStatuses) {
    expect(transitions[status]).not.toContain(status);
    if (status !== 'PENDING') expect(paymentStatuses.some((from) => canBecome(from, status))).toBe(true);
  }
});

test('whatever the provider says in whatever order, money that was taken stays taken and an ended attempt stays ended', () => {
  const answer = fc.record({ status: fc.constantFrom(...intentStatuses), declined: fc.boolean() });
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 30 }), (answers) => {
      let payment = pending;
      for (const { status, declined } of answers) {
        const intent = intentIn(status, declined && status !== 'succeeded');
        const change = changeOf(payment, intent);
        if (!change) continue;
        expect(change.status === payment.status || canBecome(payment.status, change.status)).toBe(true);
        const next = { ...payment, ...change, method: null };
        if (hasCaptured(payment)) expect(hasCaptured(next)).toBe(true);
        if (!payment.holdsOrder) expect(next.holdsOrder).toBe(false);
        expect(next.status === 'FAILED').toBe(next.failureCode !== null);
        expect(next.capturedAmount > 0n).toBe(hasCaptured(next));
        payment = next;
        // The same answer again says nothing new.
        expect(changeOf(payment, intent)).toBeNull();
      }
    }),
  );
});

test('a declined, called-off or overdue attempt is ended at the provider; one under way at the bank is not', () => {
  const calledOff = { ...pending, cancelRequestedAt: begun };
  const overdue = later(900_000);
  expect(shouldEnd(pending, intentIn('requires_payment_method', true), begun)).toBe(true);
  expect(shouldEnd(pending, intentIn('requires_action'), begun)).toBe(false);
  expect(shouldEnd(calledOff, intentIn('requires_action'), begun)).toBe(true);
  expect(shouldEnd(pending, intentIn('requires_action'), overdue)).toBe(true);
  expect(shouldEnd(pending, intentIn('processing'), overdue)).toBe(false);
  expect(shouldEnd(calledOff, intentIn('processing'), begun)).toBe(true);
  expect(shouldEnd(calledOff, intentIn('succeeded'), overdue)).toBe(false);
  expect(shouldEnd(calledOff, intentIn('canceled'), overdue)).toBe(false);
});

test('every payment that has not ended has a next check in the future, at its deadline at the latest', () => {
  const statuses = fc.constantFrom(...paymentStatuses);
  fc.assert(
    fc.property(
      statuses,
      fc.boolean(),
      fc.integer({ min: 0, max: 864_000_000 }),
      (status, holdsOrder, age) => {
        const payment = { ...pending, status, holdsOrder };
        const now = later(age);
        const next = nextCheckAt(payment, now);
        expect(next === null).toBe(isEnded(payment));
        if (!next) return;
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        expect(next.getTime()).toBeLessThanOrEqual(now.getTime() + 3_600_000);
        if (now < payment.deadline) expect(next.getTime()).toBeLessThanOrEqual(payment.deadline.getTime());
      },
    ),
  );
});

test('the provider knows an attempt by its order and key', () => {
  expect(providerKeyOf(pending)).toBe('pi:o:1');
});

test('no sequence of digits passes as a payment method', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9 -]{8,40}$/), (digits) => {
      expect(problemOf({ attemptKey: '1', paymentMethodId: digits, returnUrl: null })?.field).toBe(
        'paymentMethodId',
      );
    }),
  );
});
