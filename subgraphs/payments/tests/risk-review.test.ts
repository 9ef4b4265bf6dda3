/** What comes of risk and compliance: refusals before the provider is asked, 3-D Secure, and staff's list of what to look at. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import {
  answerChallenge,
  create,
  eventsOf,
  intentsOf,
  paymentInput,
  startPayments,
  type PaymentsTest,
} from './payments-test.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const buyer = { shippingCountry: 'DE', billingCountry: 'DE', mailDomain: 'example.com' };

test.each<[string, Record<string, unknown>, string, string]>([
  [
    'goods for a sanctioned country',
    { ...buyer, shippingCountry: 'KP' },
    'compliance_refused',
    'COUNTRY_SANCTIONED',
  ],
  [
    'a bill for a sanctioned country',
    { ...buyer, billingCountry: 'CU' },
    'compliance_refused',
    'COUNTRY_SANCTIONED',
  ],
  [
    'goods for adults, no age confirmed',
    { ...buyer, minimumAge: 18 },
    'age_not_confirmed',
    'AGE_NOT_CONFIRMED',
  ],
  [
    'rum to the United States at 20',
    { ...buyer, shippingCountry: 'US', billingCountry: 'US', minimumAge: 18, confirmedAge: 20 },
    'age_not_confirmed',
    'AGE_NOT_CONFIRMED',
  ],
])('%s: refused, noted, and the provider is not asked', async (_name, facts, code, reason) => {
  const input = paymentInput(t.parts, { buyer: facts });
  const { payment } = await create(t, input);
  expect(payment).toMatchObject({ status: 'FAILED', failureCode: code });
  const check = await t.db.complianceCheck.findUniqueOrThrow({ where: { paymentId: payment?.id ?? '' } });
  expect([check.passed, check.reasons]).toEqual([false, [reason]]);
  expect(check.findings).toMatchObject([{ code: reason, message: expect.stringMatching(/\.$/) }]);
  expect(await intentsOf(t, input.orderId)).toEqual([]);
  expect(await eventsOf(t, payment?.id)).toEqual(['PaymentUpdated FAILED', 'PaymentFailed']);
  // The same goods to the same person without that one fact are paid, by a new attempt of the same order.
  const again = { ...input, attemptKey: '2', buyer: { ...buyer, minimumAge: 18, confirmedAge: 21 } };
  expect((await create(t, again)).payment?.status).toBe('SUCCEEDED');
});

test('facts that cannot be meant are refused before anything is counted or written', async () => {
  for (const facts of [{ minimumAge: -1 }, { addressKey: 'x'.repeat(256) }, { mailDomain: '' }]) {
    const input = paymentInput(t.parts, { buyer: facts });
    const { payment, userErrors } = await create(t, input);
    expect(payment).toBeNull();
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', field: ['buyer', Object.keys(facts)[0]] }]);
    expect(await t.db.payment.count({ where: { orderId: input.orderId } })).toBe(0);
    expect(await t.db.riskVelocity.count({ where: { subject: `account:${input.customerId}` } })).toBe(0);
  }
});

test('card testing by one guest is stopped: of thirty small payments with other cards hardly any is asked for', async () => {
  const customerId = t.parts.newId();
  const cards = [
    'pm_card_chargeDeclined',
    'pm_card_chargeDeclinedLostCard',
    'pm_card_chargeDeclinedStolenCard',
  ];
  const asked: boolean[] = [];
  for (let i = 0; i < 30; i += 1) {
    const amount = { amount: '1.00', currencyCode: 'EUR' };
    const input = paymentInput(t.parts, { customerId, amount, paymentMethodId: cards[i % 3] });
    const { payment } = await create(t, input);
    asked.push(payment?.failureCode !== 'risk_refused');
    expect(await intentsOf(t, input.orderId)).toHaveLength(asked.at(-1) ? 1 : 0);
  }
  expect(asked.indexOf(false)).toBe(6);
  expect(asked.slice(6).every((one) => !one)).toBe(true);
  // A day later the card that works does.
  t.parts.testClock.advance(24 * 3_600_000 + 1_000);
  const later = await create(t, paymentInput(t.parts, { customerId }));
  expect(later.payment?.status).toBe('SUCCEEDED');
});

test('card testing by ever new guests with one address is stopped as well', async () => {
  const facts = { ...buyer, addressKey: 'keyed-hash-of-a-tester' };
  const codes: (string | null | undefined)[] = [];
  for (let i = 0; i < 25; i += 1) {
    const input = paymentInput(t.parts, { buyer: facts, paymentMethodId: 'pm_card_chargeDeclined' });
    codes.push((await create(t, input)).payment?.failureCode);
  }
  const refused = codes.indexOf('risk_refused');
  // Ten failures, ten payments and ten uses of one card together.
  expect(refused).toBe(10);
  expect(codes.slice(refused).every((code) => code === 'risk_refused')).toBe(true);
  // Who lives elsewhere pays.
  const other = await create(t, paymentInput(t.parts, { buyer: { ...buyer, addressKey: 'another' } }));
  expect(other.payment?.status).toBe('SUCCEEDED');
});

test('a suspicious payment is begun with the demand for 3-D Secure, and ends when the customer has passed it', async () => {
  const card = { buyer, paymentMethodId: 'pm_card_threeDSecureOptional' };
  const small = await create(t, paymentInput(t.parts, card));
  expect(small.payment?.status).toBe('SUCCEEDED');
  const amount = { amount: '5000.00', currencyCode: 'EUR' };
  const input = paymentInput(t.parts, { ...card, amount, returnUrl: 'https://shop.example/back' });
  const large = await create(t, input);
  expect(large.payment?.status).toBe('REQUIRES_ACTION');
  const [intent] = await intentsOf(t, input.orderId);
  expect(intent?.payment_method_options?.card?.request_three_d_secure).toBe('any');
  await answerChallenge(large.nextActionUrl, 'complete');
  expect((await create(t, input)).payment).toMatchObject({ id: large.payment?.id, status: 'SUCCEEDED' });
});

const listQuery = `query ($filter: PaymentFilter, $first: Int, $after: String) {
  payments(filter: $filter, first: $first, after: $after) {
    nodes { id risk { level decision reasons { code } } compliance { passed } }
    pageInfo { hasNextPage endCursor }
  }
}`;
interface List {
  payments: {
    nodes: { id: string; risk: { level: string; decision: string }; compliance: { passed: boolean } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}
const list = async (variables: object): Promise<List['payments']> =>
  (await t.call<List>(listQuery, { first: 100, ...variables }, staffCaller('finance'))).payments;

test('staff list what is of some risk and what was refused, page by page, and nobody else does', async () => {
  const t0 = (await list({})).nodes.map((node) => node.id);
  const make = async (changes: Record<string, unknown>): Promise<string> =>
    (await create(t, paymentInput(t.parts, changes))).payment?.id ?? '';
  const quiet = await make({ buyer });
  const medium = await make({ buyer: { ...buyer, mailDomain: 'yopmail.com' } });
  const high = await make({ buyer, amount: { amount: '5000.00', currencyCode: 'EUR' } });
  const forbidden = await make({ buyer: { ...buyer, shippingCountry: 'IR' } });
  const facts = { ...buyer, mailDomain: 'yopmail.com', accountCreatedAt: t.parts.clock() };
  const refused = await make({ buyer: facts, amount: { amount: '10000.00', currencyCode: 'EUR' } });
  const idsOf = async (filter: object | null): Promise<string[]> =>
    (await list({ filter })).nodes.map((node) => node.id).filter((id) => !t0.includes(id));
  expect(await idsOf(null)).toEqual([refused, forbidden, high, medium]);
  expect(await idsOf({ refused: true })).toEqual([refused, forbidden]);
  expect(await idsOf({ refused: false })).toEqual([high, medium]);
  expect(await idsOf({ riskLevel: 'MEDIUM' })).toEqual([medium]);
  expect(await idsOf({ riskLevel: 'HIGH' })).toEqual([refused, high]);
  expect(await idsOf({ riskLevel: 'HIGH', refused: false })).toEqual([high]);
  // What was refused for its country is otherwise LOW, as the quiet one is.
  expect((await idsOf({ riskLevel: 'LOW' })).slice(0, 2)).toEqual([forbidden, quiet]);
  expect(await idsOf({ riskLevel: 'LOW', refused: true })).toEqual([forbidden]);

  const stop = recordStatements();
  const first = await list({ first: 2 });
  // The list, its payments, risk and compliance.
  expect(stop()).toHaveLength(4);
  expect(first.nodes.map((node) => node.id)).toEqual([refused, forbidden]);
  expect(first.nodes).toMatchObject([
    { risk: { level: 'HIGH', decision: 'REFUSED' }, compliance: { passed: true } },
    { risk: { level: 'LOW', decision: 'ACCEPTED' }, compliance: { passed: false } },
  ]);
  const second = await list({ first: 2, after: first.pageInfo.endCursor });
  expect(second.nodes.map((node) => node.id)).toEqual([high, medium]);
  expect(second.pageInfo.hasNextPage).toBe(t0.length > 0);
  for (const caller of [guestCaller(t.parts.newId()), staffCaller('warehouse')])
    expect(await t.refusal(listQuery, {}, caller)).toBe('FORBIDDEN');
});

test('the customer is told that a payment was refused, staff also by which of the rules', async () => {
  const customerId = t.parts.newId();
  const { payment } = await create(
    t,
    paymentInput(t.parts, { customerId, buyer: { shippingCountry: 'IR' } }),
  );
  const query = 'query ($id: ID!) { payment(id: $id) { failureCode failureMessage } }';
  const read = (caller: ReturnType<typeof guestCaller>) => t.call(query, { id: payment?.id }, caller);
  const failureMessage = 'The payment was refused.';
  expect(await read(guestCaller(customerId))).toEqual({
    payment: { failureCode: 'refused', failureMessage },
  });
  expect(await read(staffCaller('finance'))).toEqual({
    payment: { failureCode: 'compliance_refused', failureMessage },
  });
});
