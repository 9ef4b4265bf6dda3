import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import {
  create,
  createPaymentMutation,
  eventsOf,
  intentsOf,
  orders,
  paymentInput,
  startPayments,
  type PaymentsTest,
} from './payments-test.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

test('a card that works pays at once, and card, fee and events are recorded', async () => {
  const input = paymentInput(t.parts);
  const stop = recordStatements();
  const { payment, clientSecret, nextActionUrl, userErrors } = await create(t, input);
  const statements = stop().filter((one) => !/^(BEGIN|COMMIT)/.test(one));
  expect(userErrors).toEqual([]);
  expect(payment).toMatchObject({
    status: 'SUCCEEDED',
    failureCode: null,
    amount: { amount: '25.99', currencyCode: 'EUR' },
  });
  expect([clientSecret, nextActionUrl]).toEqual([null, null]);
  expect(statements).toHaveLength(4);
  const { _entities } = await t.call<{ _entities: unknown[] }>(
    `query($id: ID!) { _entities(representations: [{ __typename: "Order", id: $id }]) { ... on Order { payments {
       status capturedAmount { amount } refundedAmount { amount } fee { amount currencyCode }
       method { type brand last4 expiryMonth } risk { score level reasons { code } } compliance { passed reasons }
       attempts { action status answer { name value } }
     } } } }`,
    { id: input.orderId },
  );
  expect(_entities).toEqual([
    {
      payments: [
        {
          status: 'SUCCEEDED',
          capturedAmount: { amount: '25.99' },
          refundedAmount: { amount: '0.00' },
          // 2.9 % and 0.30, the sandbox's fee.
          fee: { amount: '1.05', currencyCode: 'EUR' },
          method: { type: 'CREDIT_CARD', brand: 'visa', last4: '4242', expiryMonth: 8 },
          risk: { score: 0, level: 'LOW', reasons: [] },
          compliance: { passed: true, reasons: [] },
          attempts: [
            { action: 'REQUESTED', status: 'PENDING', answer: [] },
            {
              ...{ action: 'UPDATED', status: 'SUCCEEDED' },
              answer: expect.arrayContaining([
                { name: 'networkStatus', value: 'approved_by_network' },
                { name: 'riskScore', value: '20' },
                { name: 'cvcCheck', value: 'pass' },
              ]),
            },
          ],
        },
      ],
    },
  ]);
  expect(await eventsOf(t, payment?.id)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
  // Its timer is gone.
  expect(await t.db.inboxMessage.count({ where: { aggregateId: payment?.id ?? '' } })).toBe(0);
});

test('a declined payment is ended at the provider as well, and a new attempt pays the order', async () => {
  const input = paymentInput(t.parts, { paymentMethodId: 'pm_card_chargeDeclinedInsufficientFunds' });
  const declined = await create(t, input);
  expect(declined).toMatchObject({
    payment: { status: 'FAILED', failureCode: 'insufficient_funds' },
    clientSecret: null,
    userErrors: [],
  });
  expect((await intentsOf(t, input.orderId)).map((intent) => intent.status)).toEqual(['canceled']);
  expect(await create(t, input)).toMatchObject({ payment: { id: declined.payment?.id, status: 'FAILED' } });
  const paid = await create(t, { ...input, attemptKey: '2', paymentMethodId: 'pm_card_visa' });
  expect(paid.payment).toMatchObject({ status: 'SUCCEEDED' });
  expect(await eventsOf(t, declined.payment?.id)).toEqual(['PaymentUpdated FAILED', 'PaymentFailed']);
  expect(await eventsOf(t, paid.payment?.id)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
});

test('the same attempt ten times at once and once more is one payment and one intent', async () => {
  const input = paymentInput(t.parts);
  const answers = await Promise.all(Array.from({ length: 10 }, () => create(t, input)));
  answers.push(await create(t, input));
  expect(new Set(answers.map(({ payment }) => payment?.id)).size).toBe(1);
  expect(new Set(answers.map(({ payment }) => payment?.status))).toEqual(new Set(['SUCCEEDED']));
  expect(await intentsOf(t, input.orderId)).toHaveLength(1);
  expect(await eventsOf(t, answers[0]?.payment?.id)).toEqual([
    'PaymentUpdated SUCCEEDED',
    'PaymentProcessed',
  ]);
});

test('ten different attempts at once take the money of an order once', async () => {
  const input = paymentInput(t.parts);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => create(t, { ...input, attemptKey: `a${i}` })),
  );
  expect(answers.filter(({ payment }) => payment?.status === 'SUCCEEDED')).toHaveLength(1);
  const refused = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
  expect(refused).toHaveLength(9);
  expect(refused.every((code) => code === 'PAYMENT_IN_PROGRESS' || code === 'ALREADY_PAID')).toBe(true);
  expect((await intentsOf(t, input.orderId)).map((intent) => intent.status)).toEqual(['succeeded']);
});

test('a paid order is not paid again, and a key is not taken for another payment', async () => {
  const input = paymentInput(t.parts);
  await create(t, input);
  const again = await create(t, { ...input, attemptKey: '2' });
  expect(again).toMatchObject({ payment: null, userErrors: [{ code: 'ALREADY_PAID' }] });
  const other = { ...input, amount: { amount: '26.00', currencyCode: 'EUR' } };
  expect(await t.refusal(createPaymentMutation, { input: other }, orders())).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(await intentsOf(t, input.orderId)).toHaveLength(1);
  expect(await t.db.payment.count({ where: { orderId: input.orderId } })).toBe(1);
});

test('an attempt that waits for 3-D Secure gives way to a new one', async () => {
  const input = paymentInput(t.parts, { paymentMethodId: 'pm_card_threeDSecure2Required' });
  const waiting = await create(t, input);
  expect(waiting.payment?.status).toBe('REQUIRES_ACTION');
  expect(waiting.clientSecret).toMatch(/^pi_.+_secret_/);
  const paid = await create(t, { ...input, attemptKey: '2', paymentMethodId: 'pm_card_visa' });
  expect(paid.payment?.status).toBe('SUCCEEDED');
  expect((await intentsOf(t, input.orderId)).map((intent) => intent.status).sort()).toEqual([
    'canceled',
    'succeeded',
  ]);
  expect(await eventsOf(t, waiting.payment?.id)).toEqual([
    'PaymentUpdated REQUIRES_ACTION',
    'PaymentUpdated CANCELLED',
    'PaymentCancelled',
  ]);
});

test.each([
  ['an amount with too many digits', { amount: { amount: '25.999', currencyCode: 'EUR' } }, 'INVALID_INPUT'],
  ['nothing to pay', { amount: { amount: '0.00', currencyCode: 'EUR' } }, 'INVALID_INPUT'],
  ['less than nothing', { amount: { amount: '-1.00', currencyCode: 'EUR' } }, 'INVALID_INPUT'],
  ['a card number', { paymentMethodId: '4242424242424242' }, 'INVALID_INPUT'],
  ['an order that is no id', { orderId: '7' }, 'INVALID_INPUT'],
  ['an empty key', { attemptKey: '' }, 'INVALID_INPUT'],
  ['another way back than the web', { returnUrl: 'ftp://example.com/' }, 'INVALID_INPUT'],
  ['a deadline that is over', { deadline: new Date(0) }, 'DEADLINE_PASSED'],
  [
    'a saved method of nobody',
    { paymentMethodId: '0192f7a0-0000-7000-8000-000000000000' },
    'PAYMENT_METHOD_NOT_FOUND',
  ],
])('%s is refused before anything is written', async (_name, changes, code) => {
  const input = paymentInput(t.parts, changes);
  const { payment, userErrors } = await create(t, input);
  expect(payment).toBeNull();
  expect(userErrors.map((error) => error.code)).toEqual([code]);
  expect(await t.db.payment.count({ where: { customerId: input.customerId } })).toBe(0);
});

test('a method that the provider does not know fails the payment', async () => {
  const input = paymentInput(t.parts, { paymentMethodId: 'pm_nobodyKnows' });
  const { payment } = await create(t, input);
  expect(payment).toMatchObject({ status: 'FAILED', failureCode: 'invalid_payment_method' });
  expect(await intentsOf(t, input.orderId)).toHaveLength(0);
  expect(
    (await create(t, { ...input, attemptKey: '2', paymentMethodId: 'pm_card_visa' })).payment?.status,
  ).toBe('SUCCEEDED');
});

test.each([
  [
    'a currency that the shop does not take',
    { amount: '500', currencyCode: 'ISK' },
    'CURRENCY_NOT_SUPPORTED',
  ],
  ['less than the provider charges', { amount: '0.49', currencyCode: 'EUR' }, 'AMOUNT_TOO_SMALL'],
  ['more than the shop takes at once', { amount: '20000.01', currencyCode: 'EUR' }, 'AMOUNT_TOO_LARGE'],
])('%s fails the payment without asking the provider', async (_name, amount, reason) => {
  const input = paymentInput(t.parts, { amount });
  const { payment } = await create(t, input);
  expect(payment).toMatchObject({ status: 'FAILED', failureCode: 'compliance_refused' });
  const check = await t.db.complianceCheck.findUnique({ where: { paymentId: payment?.id ?? '' } });
  expect(check).toMatchObject({ passed: false, reasons: [reason] });
  expect(await eventsOf(t, payment?.id)).toEqual(['PaymentUpdated FAILED', 'PaymentFailed']);
  expect(await intentsOf(t, input.orderId)).toHaveLength(0);
});

test('who tries one card again and again is refused', async () => {
  const customerId = t.parts.newId();
  const codes: (string | null | undefined)[] = [];
  for (let i = 0; i < 9; i += 1) {
    const input = paymentInput(t.parts, { customerId, paymentMethodId: 'pm_card_chargeDeclined' });
    codes.push((await create(t, input)).payment?.failureCode);
  }
  // Failures of the customer and of the card, many payments and many unpaid orders together are over 0.8.
  const refused = codes.indexOf('risk_refused');
  expect(codes.slice(0, refused)).toEqual(Array.from({ length: refused }, () => 'generic_decline'));
  expect(refused).toBe(5);
  const last = await t.db.riskAssessment.findMany({
    where: { payment: { customerId } },
    orderBy: { paymentId: 'desc' },
    take: 1,
  });
  expect(last[0]).toMatchObject({ level: 'HIGH' });
  expect(last[0]?.score).toBeGreaterThan(0.8);
});

test('an order has twenty attempts at most', async () => {
  const input = paymentInput(t.parts);
  const rows = await t.db.payment.findMany({ take: 1 });
  const { id: _id, ...row } = rows[0]!;
  await t.db.payment.createMany({
    data: Array.from({ length: 20 }, (_, i) => ({
      ...row,
      id: t.parts.newId(),
      orderId: input.orderId,
      customerId: input.customerId,
      attemptKey: `old ${i}`,
      status: 'CANCELLED',
      holdsOrder: false,
      capturedAmount: 0n,
      refundedAmount: 0n,
      refundRequestedAmount: 0n,
      failureCode: null,
      providerIntentId: null,
    })),
  });
  const { payment, userErrors } = await create(t, input);
  expect(payment).toBeNull();
  expect(userErrors).toMatchObject([{ code: 'TOO_MANY_ATTEMPTS' }]);
  expect(await t.db.payment.count({ where: { orderId: input.orderId } })).toBe(20);
});

test('only other services may call it', async () => {
  const input = paymentInput(t.parts);
  expect(await t.refusal(createPaymentMutation, { input }, guestCaller(input.customerId))).toBe('FORBIDDEN');
  expect(await t.db.payment.count({ where: { orderId: input.orderId } })).toBe(0);
});

test('a suspicious payment demands 3-D Secure of the bank', async () => {
  const customerId = t.parts.newId();
  const cards = ['LostCard', 'StolenCard', 'ExpiredCard', 'IncorrectCvc', 'ProcessingError'];
  for (const card of cards)
    await create(t, paymentInput(t.parts, { customerId, paymentMethodId: `pm_card_chargeDeclined${card}` }));
  // A card of its own: the others of this file count as well.
  await create(t, paymentInput(t.parts, { customerId, paymentMethodId: 'pm_card_jcb' }));
  const rows = await t.db.payment.findMany({ where: { customerId }, orderBy: { id: 'asc' } });
  expect(rows.map((row) => row.strongAuthentication)).toEqual([false, false, false, false, false, true]);
});

test('what staff pay for a customer is neither refused nor counted for its number', async () => {
  const [customerId, initiatedBy] = [t.parts.newId(), t.parts.newId()];
  const declined = { customerId, paymentMethodId: 'pm_card_chargeDeclined' };
  for (let i = 0; i < 22; i += 1) await create(t, paymentInput(t.parts, { ...declined, initiatedBy }));
  const byStaff = await create(t, paymentInput(t.parts, { customerId, initiatedBy }));
  expect(byStaff.payment).toMatchObject({ status: 'SUCCEEDED' });
  const own = await create(t, paymentInput(t.parts, { customerId }));
  expect(own.payment).toMatchObject({ status: 'SUCCEEDED' });
  const rows = await t.db.payment.findMany({
    where: { id: { in: [byStaff.payment?.id ?? '', own.payment?.id ?? ''] } },
    include: { risk: true },
    orderBy: { id: 'asc' },
  });
  expect(rows.map((row) => [row.initiatedBy, row.risk?.score])).toEqual([
    [initiatedBy, 0],
    [null, 0],
  ]);
  const refused = await create(
    t,
    paymentInput(t.parts, { customerId, initiatedBy, amount: { amount: '20000.01', currencyCode: 'EUR' } }),
  );
  expect(refused.payment).toMatchObject({ status: 'FAILED', failureCode: 'compliance_refused' });
});
