import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  answerChallenge,
  cancel,
  create,
  eventsOf,
  intentsOf,
  paymentInput,
  startPayments,
  type PaymentsTest,
} from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ sandbox: { processingDelayMs: 1_000_000 } });
});
afterAll(() => t.close());

test('an order without payments is ended', async () => {
  expect(await cancel(t, t.parts.newId())).toEqual({ allEnded: true, payments: [], userErrors: [] });
});

test('a payment that waits for 3-D Secure is cancelled at the provider, twice at once and again', async () => {
  const input = paymentInput(t.parts, { paymentMethodId: 'pm_card_threeDSecure2Required' });
  const { payment } = await create(t, input);
  const answers = await Promise.all([cancel(t, input.orderId), cancel(t, input.orderId)]);
  answers.push(await cancel(t, input.orderId));
  for (const answer of answers)
    expect(answer).toMatchObject({ allEnded: true, payments: [{ status: 'CANCELLED' }] });
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'canceled' }]);
  expect(await eventsOf(t, payment?.id)).toEqual([
    'PaymentUpdated REQUIRES_ACTION',
    'PaymentUpdated CANCELLED',
    'PaymentCancelled',
  ]);
});

test('a payment that has succeeded stays, and is told', async () => {
  const input = paymentInput(t.parts);
  await create(t, input);
  expect(await cancel(t, input.orderId)).toMatchObject({
    allEnded: true,
    payments: [{ status: 'SUCCEEDED' }],
  });
});

test('a bank debit that is under way is not ended until the bank has answered', async () => {
  const input = paymentInput(t.parts, {
    paymentMethodId: 'pm_sepaDebit',
    returnUrl: 'https://shop.example/back',
  });
  const { payment } = await create(t, input);
  expect(payment?.status).toBe('PROCESSING');
  expect(await cancel(t, input.orderId)).toMatchObject({
    allEnded: false,
    payments: [{ status: 'PROCESSING' }],
  });
  const [intent] = await intentsOf(t, input.orderId);
  await t.helper('settle', { payment_intent: intent?.id, outcome: 'failed' });
  await eventually(async () => (await cancel(t, input.orderId)).allEnded);
  expect(await cancel(t, input.orderId)).toMatchObject({ allEnded: true, payments: [{ status: 'FAILED' }] });
});

test('the customer who passes 3-D Secure while the order is given up has either paid or not', async () => {
  const input = paymentInput(t.parts, {
    paymentMethodId: 'pm_card_threeDSecure2Required',
    returnUrl: 'https://shop.example/back',
  });
  const { payment, nextActionUrl } = await create(t, input);
  const [answer] = await Promise.all([
    cancel(t, input.orderId),
    answerChallenge(nextActionUrl, 'complete').catch(() => undefined),
  ]);
  const [intent] = await intentsOf(t, input.orderId);
  const status = intent?.status === 'succeeded' ? 'SUCCEEDED' : 'CANCELLED';
  expect(answer).toMatchObject({ allEnded: true, payments: [{ id: payment?.id, status }] });
});
