import { describe, expect, test } from '@jest/globals';
import { money } from '../../shared/money.js';
import type { BookedPayment } from '../payment/rules.js';
import type { ListedIntent, ListedRefund } from '../provider/provider.js';
import type { BookedRefund } from '../refund/rules.js';
import { compareIntent, compareRefund, graceMs, nextRunAt, retryAt, stretchAfter } from './rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const [hour, day] = [3_600_000, 86_400_000];
const eur = (amount: bigint) => money(amount, 'EUR');

const intent: ListedIntent = {
  id: 'pi_1',
  status: 'succeeded',
  taken: eur(2599n),
  givenBack: 0n,
  fee: eur(105n),
  createdAt: ago(graceMs),
  paymentId: 'payment',
  orderId: 'order',
};
const payment: BookedPayment = {
  id: 'payment',
  orderId: 'order',
  status: 'SUCCEEDED',
  providerIntentId: 'pi_1',
  captured: eur(2599n),
  fee: eur(105n),
  createdAt: ago(day),
  updatedAt: ago(graceMs),
};
const open: BookedPayment = { ...payment, status: 'PROCESSING', captured: eur(0n) };

describe('an intent and its payment', () => {
  const kindOf = (theirs: ListedIntent | null, ours: BookedPayment | null) =>
    compareIntent('pi_1', theirs, ours, now)?.kind ?? null;

  test('agree', () => {
    expect(kindOf(intent, payment)).toBeNull();
    expect(kindOf(intent, { ...payment, status: 'REFUNDED' })).toBeNull();
    expect(kindOf({ ...intent, status: 'processing', taken: eur(0n) }, open)).toBeNull();
    expect(kindOf({ ...intent, status: 'canceled', taken: eur(0n) }, open)).toBeNull();
    expect(kindOf(null, null)).toBeNull();
  });

  test('money for an order that no payment knows is a break, unless it was given back whole or names no order', () => {
    expect(compareIntent('pi_1', intent, null, now)).toEqual({
      kind: 'UNKNOWN_AT_SHOP',
      subject: 'PAYMENT',
      providerReference: 'pi_1',
      paymentId: null,
      refundId: null,
      orderId: 'order',
      shop: null,
      provider: { status: 'succeeded', amount: eur(2599n) },
    });
    expect(kindOf({ ...intent, givenBack: 2598n }, null)).toBe('UNKNOWN_AT_SHOP');
    expect(kindOf({ ...intent, givenBack: 2599n }, null)).toBeNull();
    expect(kindOf({ ...intent, orderId: null }, null)).toBeNull();
    expect(kindOf({ ...intent, status: 'processing', taken: eur(0n) }, null)).toBeNull();
  });

  test('a payment whose intent is gone, another amount, another currency', () => {
    expect(kindOf(null, payment)).toBe('MISSING_AT_PROVIDER');
    expect(kindOf({ ...intent, taken: eur(2600n) }, payment)).toBe('AMOUNT_DIFFERS');
    expect(kindOf({ ...intent, taken: money(2599n, 'USD') }, payment)).toBe('AMOUNT_DIFFERS');
    expect(kindOf({ ...intent, status: 'canceled', taken: eur(0n) }, payment)).toBe('AMOUNT_DIFFERS');
  });

  test('a success that ours does not know is a break after a quarter of an hour on both sides', () => {
    expect(kindOf(intent, open)).toBe('STATUS_DIFFERS');
    expect(kindOf({ ...intent, createdAt: ago(graceMs - 1) }, open)).toBeNull();
    expect(kindOf(intent, { ...open, updatedAt: ago(graceMs - 1) })).toBeNull();
    expect(kindOf(null, { ...payment, updatedAt: ago(graceMs - 1) })).toBeNull();
    expect(kindOf({ ...intent, taken: eur(1n) }, { ...payment, updatedAt: ago(graceMs - 1) })).toBeNull();
  });
});

describe('a refund and its row', () => {
  const refund: ListedRefund = {
    id: 're_1',
    intentId: 'pi_1',
    status: 'SUCCEEDED',
    failureCode: null,
    refundId: 'refund',
    amount: eur(1000n),
    createdAt: ago(graceMs),
  };
  const booked: BookedRefund = {
    id: 'refund',
    paymentId: 'payment',
    orderId: 'order',
    amount: eur(1000n),
    status: 'SUCCEEDED',
    providerRefundId: 're_1',
    createdAt: ago(day),
    updatedAt: ago(graceMs),
  };
  const kindOf = (
    theirs: ListedRefund | null,
    ours: BookedRefund | null,
    paid: BookedPayment | null = payment,
  ) => compareRefund('re_1', theirs, ours, paid, now)?.kind ?? null;

  test('agree', () => {
    expect(kindOf(refund, booked)).toBeNull();
    expect(kindOf({ ...refund, status: 'PENDING' }, { ...booked, status: 'PENDING' })).toBeNull();
    expect(kindOf(null, null)).toBeNull();
  });

  test('one that somebody else made of our payment is a break, unless it failed or the payment is not ours', () => {
    expect(compareRefund('re_1', { ...refund, refundId: null }, null, payment, now)).toEqual({
      kind: 'REFUND_UNKNOWN_AT_SHOP',
      subject: 'REFUND',
      providerReference: 're_1',
      paymentId: 'payment',
      refundId: null,
      orderId: 'order',
      shop: null,
      provider: { status: 'SUCCEEDED', amount: eur(1000n) },
    });
    expect(kindOf({ ...refund, status: 'PENDING' }, null)).toBe('REFUND_UNKNOWN_AT_SHOP');
    expect(kindOf({ ...refund, status: 'FAILED' }, null)).toBeNull();
    expect(kindOf(refund, null, null)).toBeNull();
  });

  test('gone, another amount, ended otherwise', () => {
    expect(kindOf(null, booked)).toBe('MISSING_AT_PROVIDER');
    expect(kindOf({ ...refund, amount: eur(999n) }, booked)).toBe('AMOUNT_DIFFERS');
    expect(kindOf({ ...refund, status: 'FAILED' }, booked)).toBe('STATUS_DIFFERS');
    expect(kindOf(refund, { ...booked, status: 'PENDING' })).toBe('STATUS_DIFFERS');
    expect(kindOf(refund, { ...booked, status: 'PENDING', updatedAt: ago(graceMs - 1) })).toBeNull();
  });
});

test('each run reads from a day before the end of the last one, a day further at most; the first, two days back', () => {
  expect(stretchAfter(ago(hour), now)).toEqual({ from: ago(hour + day), until: now });
  expect(stretchAfter(ago(3 * day), now)).toEqual({ from: ago(4 * day), until: ago(2 * day) });
  expect(stretchAfter(null, now)).toEqual({ from: ago(2 * day), until: now });
  // Another process with a clock that is ahead has read further than now.
  expect(stretchAfter(ago(-hour), now)).toEqual({ from: ago(day), until: now });
});

test('the next run is an hour after the last one, in a moment where more is left, and soon after an outage', () => {
  expect(nextRunAt(null, now)).toEqual(ago(-hour));
  expect(nextRunAt(ago(hour / 2), now)).toEqual(ago(-hour / 2));
  expect(nextRunAt(ago(2 * day), now)).toEqual(ago(-10_000));
  expect(retryAt(now)).toEqual(ago(-graceMs));
});
