import { expect, test } from '@jest/globals';
import { money } from '../../shared/money.js';
import type { ProviderIntent } from '../provider/provider.js';
import { statusOf, type Payment } from './rules.js';
import { isLapsed, nextCheckAt, shouldCapture, shouldEnd } from './timing.js';

const now = new Date('2026-11-21T12:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

const authorized: Payment = {
  ...{ id: 'p', orderId: 'o', customerId: 'c', initiatedBy: null, attemptKey: '1', version: 2 },
  ...{ amount: money(2_599n, 'EUR'), status: 'AUTHORIZED', holdsOrder: true },
  ...{ providerMethodId: 'pm_1', providerCustomerId: null, returnUrl: null, strongAuthentication: false },
  ...{ deadline: later(15 * minute), calledAt: now, cancelRequestedAt: null },
  ...{ captureMethod: 'MANUAL', authorizedUntil: later(7 * day), capture: null },
  ...{ providerIntentId: 'pi_1', providerChargeId: 'ch_1', method: null, fee: null },
  ...{ failureCode: null, failureMessage: null },
  ...{ capturedAmount: 0n, refundRequestedAmount: 0n, refundedAmount: 0n, createdAt: now, updatedAt: now },
};
const intent = (status: ProviderIntent['status']): ProviderIntent => ({
  ...{ id: 'pi_1', status, capturedAmount: 0n, capturableUntil: later(7 * day), lapsed: false },
  ...{ chargeId: 'ch_1', fee: null, method: null, failure: null, clientSecret: null },
  ...{ nextActionUrl: null, paymentId: 'p', answer: {} },
});
const taking: Payment = { ...authorized, capture: { id: 'c', amount: 1n, requestedAt: now } };
const givenUp: Payment = { ...authorized, cancelRequestedAt: now };

test("what is set aside outlives the order's deadline, and is given up when asked or an hour after it lapsed", () => {
  const held = intent('requires_capture');
  expect(shouldEnd(authorized, held, later(6 * day))).toBe(false);
  expect(shouldEnd(givenUp, held, now)).toBe(true);
  expect(shouldEnd(authorized, held, later(7 * day + hour - 1))).toBe(false);
  expect(shouldEnd(authorized, held, later(7 * day + hour))).toBe(true);
  expect(isLapsed({ ...authorized, authorizedUntil: null }, later(100 * day))).toBe(false);
});

test('it is taken only while it is set aside and asked for', () => {
  expect(shouldCapture(taking, intent('requires_capture'))).toBe(true);
  expect(shouldCapture(authorized, intent('requires_capture'))).toBe(false);
  for (const status of ['succeeded', 'canceled', 'processing'] as const)
    expect(shouldCapture(taking, intent(status))).toBe(false);
});

test('it is looked at every six hours and a minute after its time; while it is taken or given up, within minutes', () => {
  const inMs = (payment: Payment, at: Date) => (nextCheckAt(payment, at)?.getTime() ?? 0) - at.getTime();
  expect(inMs(authorized, now)).toBe(6 * hour);
  expect(inMs(authorized, later(7 * day - hour))).toBe(hour + minute);
  expect(inMs(authorized, later(7 * day + minute))).toBe(minute);
  expect(inMs(taking, later(1_000))).toBe(minute);
  expect(inMs(givenUp, later(day))).toBe(5 * minute);
});

test('what is set aside and then gone has failed, unless we gave it up', () => {
  expect(statusOf(authorized, intent('canceled'))).toBe('FAILED');
  expect(statusOf(taking, intent('canceled'))).toBe('FAILED');
  expect(statusOf(givenUp, intent('canceled'))).toBe('CANCELLED');
});
