import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { money } from '../../shared/money.js';
import { readPaymentRules } from '../settings.js';
import { assessRisk, isDisposable, joined, riskCodes, type RiskFacts, type Velocity } from './rules.js';

const settings = readPaymentRules(undefined).risk;
const now = new Date('2026-11-21T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const calm: Velocity = { inHour: 0, inDay: 0, failedInDay: 0 };
const quiet: RiskFacts = {
  amount: money(2_000n, 'EUR'),
  initiator: 'customer',
  now,
  history: { failedInDay: 0, unpaidOrdersInDay: 0, paidOrders: 1, largestPaid: 2_000n, medianPaid: null },
  velocity: { account: calm, address: calm, card: calm },
  buyer: {
    accountCreatedAt: hoursAgo(1_000),
    mailDomain: 'example.com',
    shippingCountry: 'DE',
    billingCountry: 'DE',
    ipCountry: 'DE',
    addressKey: 'a',
    mailKey: 'm',
    ipKey: 'i',
    minimumAge: null,
    confirmedAge: null,
  },
  cardCountry: 'DE',
};
const assess = (changes: Partial<RiskFacts>) => assessRisk({ ...quiet, ...changes }, settings);
const withHistory = (history: Partial<RiskFacts['history']>, euros = 20n) =>
  assess({ history: { ...quiet.history, ...history }, amount: money(euros * 100n, 'EUR') });

test('a customer without history who buys something small is no risk', () => {
  const none = { score: 0, level: 'LOW', decision: 'ACCEPTED', reasons: [] };
  expect(withHistory({ paidOrders: 0, largestPaid: null })).toEqual(none);
});

test('what is not known of the buyer is not judged', () => {
  const unknown = Object.fromEntries(Object.keys(quiet.buyer).map((name) => [name, null]));
  const facts = { buyer: unknown as unknown as RiskFacts['buyer'], cardCountry: null };
  const velocity = { account: null, address: null, card: null };
  expect(assess({ ...facts, velocity }).reasons).toEqual([]);
});

test('eight failures in a day are refused, five to seven ask for 3-D Secure', () => {
  const of = (failedInDay: number) => withHistory({ failedInDay });
  expect([of(4).decision, of(5).decision, of(7).score, of(7).decision]).toEqual([
    'ACCEPTED',
    'STRONG_AUTHENTICATION',
    0.6,
    'STRONG_AUTHENTICATION',
  ]);
  expect(of(8)).toMatchObject({ score: 0.85, level: 'HIGH', decision: 'REFUSED' });
});

test('a large first payment is unusual, a very large one asks for 3-D Secure', () => {
  const first = { paidOrders: 0, largestPaid: null };
  expect(withHistory(first, 1_000n)).toMatchObject({
    score: 0.32,
    level: 'MEDIUM',
    reasons: [{ code: 'LARGE_FIRST_PAYMENT' }, { code: 'LARGE_AMOUNT' }],
  });
  // 1 - 0.65 * 0.6
  expect(withHistory(first, 5_000n)).toMatchObject({ score: 0.61, decision: 'STRONG_AUTHENTICATION' });
  // Paid before, in another currency: how much it was says nothing.
  expect(withHistory({ paidOrders: 1, largestPaid: null }, 5_000n).score).toBe(0.35);
});

test('what is usual for a customer is the median, which one large order does not move', () => {
  const codes = (history: Partial<RiskFacts['history']>) =>
    withHistory(history, 900n).reasons.map(({ code, weight }) => [code, weight]);
  expect(codes({ paidOrders: 3, largestPaid: 50_000n, medianPaid: 3_000n })).toEqual([
    ['AMOUNT_ABOVE_USUAL', 0.3],
  ]);
  expect(codes({ paidOrders: 3, largestPaid: 50_000n, medianPaid: 3_001n })).toEqual([
    ['AMOUNT_ABOVE_USUAL', 0.15],
  ]);
  expect(codes({ paidOrders: 3, largestPaid: 50_000n, medianPaid: 9_001n })).toEqual([]);
});

test('how often a customer tries says nothing of what staff pay for them, the amount does', () => {
  const busy = { failedInDay: 150, inDay: 150, inHour: 150 };
  const facts = {
    velocity: { account: busy, address: busy, card: busy },
    history: { failedInDay: 150, unpaidOrdersInDay: 150, paidOrders: 0, largestPaid: null, medianPaid: null },
    amount: money(100_000n, 'EUR'),
  };
  const codes = (initiator: 'customer' | 'staff') =>
    assess({ ...facts, initiator }).reasons.map(({ code }) => code);
  expect(codes('customer')).toHaveLength(8);
  expect(codes('staff')).toEqual(['LARGE_FIRST_PAYMENT', 'LARGE_AMOUNT']);
});

test('a domain is disposable with all below it, and only whole names count', () => {
  const listed = new Set(['mailinator.com']);
  const of = (domain: string | null) => isDisposable(domain, listed);
  expect([of('mailinator.com'), of('x.y.Mailinator.com')]).toEqual([true, true]);
  expect([of('notmailinator.com'), of('mailinator.com.example'), of('com'), of(null)]).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

const weights = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { maxLength: 12 });

test('the formula is bounded, does not depend on the order, and one more rule never lowers the score', () => {
  expect(joined([])).toBe(0);
  expect(joined([0.35, 0.4])).toBe(0.61);
  fc.assert(
    fc.property(weights, fc.double({ min: 0.001, max: 1, noNaN: true }), (all, more) => {
      const score = joined(all);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(joined([...all, more])).toBeGreaterThanOrEqual(score);
      expect(joined([...all].reverse())).toBeCloseTo(score, 2);
      for (const weight of all) expect(score).toBeGreaterThanOrEqual(Math.floor(weight * 1000) / 1000);
    }),
  );
});

const velocity = fc.record({ inHour: fc.nat(60), inDay: fc.nat(60), failedInDay: fc.nat(30) });
const country = fc.option(fc.constantFrom('DE', 'FR', 'US', 'BR'));
const facts: fc.Arbitrary<RiskFacts> = fc.record({
  amount: fc
    .tuple(fc.bigInt(1n, 60_000_000n), fc.constantFrom(...Object.keys(settings.currencies)))
    .map(([amount, code]) => money(amount, code)),
  initiator: fc.constantFrom('customer', 'staff'),
  now: fc.constant(now),
  history: fc.record({
    failedInDay: fc.nat(20),
    unpaidOrdersInDay: fc.nat(20),
    paidOrders: fc.nat(2),
    largestPaid: fc.option(fc.bigInt(1n, 1_000_000n)),
    medianPaid: fc.option(fc.bigInt(1n, 1_000_000n)),
  }),
  velocity: fc.record({ account: velocity, address: velocity, card: velocity }),
  buyer: fc.record({
    accountCreatedAt: fc.option(fc.nat(2_000).map(hoursAgo)),
    mailDomain: fc.option(fc.constantFrom('example.com', 'mailinator.com')),
    shippingCountry: country,
    billingCountry: country,
    ipCountry: country,
    addressKey: fc.constant(null),
    mailKey: fc.constant(null),
    ipKey: fc.constant(null),
    minimumAge: fc.constant(null),
    confirmedAge: fc.constant(null),
  }),
  cardCountry: country,
});

test('the score is between 0 and 1, decides by the thresholds, and without a rule is never higher', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom(...riskCodes), (one, code) => {
      const all = assessRisk(one, settings);
      expect(all.score >= 0 && all.score <= 1).toBe(true);
      expect(all.reasons.length > 0).toBe(all.score > 0);
      expect(all.decision === 'REFUSED').toBe(all.score > settings.refusedOver);
      expect(all.level === 'HIGH').toBe(all.decision !== 'ACCEPTED');
      const without = { ...settings, steps: { ...settings.steps, [code]: [] } };
      const fewer = assessRisk(one, without);
      expect(fewer.score).toBeLessThanOrEqual(all.score);
      expect(fewer.reasons.map((reason) => reason.code)).not.toContain(code);
    }),
  );
});

test('the score never falls when something gets worse', () => {
  fc.assert(
    fc.property(facts, fc.nat(20), (before, more) => {
      const worse = (one: Velocity | null): Velocity => ({
        inHour: (one?.inHour ?? 0) + more,
        inDay: (one?.inDay ?? 0) + more,
        failedInDay: (one?.failedInDay ?? 0) + more,
      });
      const { account, address, card } = before.velocity;
      const after = assessRisk(
        {
          ...before,
          amount: money(before.amount.amount * 2n, before.amount.currencyCode),
          history: {
            ...before.history,
            failedInDay: before.history.failedInDay + more,
            unpaidOrdersInDay: before.history.unpaidOrdersInDay + more,
            paidOrders: 0,
          },
          velocity: { account: worse(account), address: worse(address), card: worse(card) },
          buyer: { ...before.buyer, accountCreatedAt: now, mailDomain: 'x.yopmail.com' },
        },
        settings,
      );
      expect(after.score).toBeGreaterThanOrEqual(assessRisk(before, settings).score);
    }),
  );
});
