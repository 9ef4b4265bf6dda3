import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import {
  create,
  createPaymentMutation,
  eventsOf,
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
  expect(statements).toHaveLength(7);
  const { order } = await t
    .call<{ order: { payments: unknown[] } }>(
      `query($id: ID!) { order: _entities(representations: [{ __typename: "Order", id: $id }]) { ... on Order { payments {
       status capturedAmount { amount } refundedAmount { amount } fee { amount currencyCode }
       method { type brand last4 expiryMonth } risk { score level reasons { code } } compliance { passed reasons }
       attempts { action status }
     } } } }`.replace('order: _entities', 'order: _entities'),
      { id: input.orderId },
    )
    .then((data) => ({ order: (data.order as unknown as { payments: unknown[] }[])[0]! }));
  expect(order.payments).toEqual([
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
        { action: 'REQUESTED', status: 'PENDING' },
        { action: 'UPDATED', status: 'SUCCEEDED' },
      ],
    },
  ]);
  expect(await eventsOf(t, payment!.id)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
  expect(await t.db.inboxMessage.count({ where: { aggregateId: payment!.id } })).toBe(0);
});

test('only other services may call it', async () => {
  const input = paymentInput(t.parts);
  expect(await t.refusal(createPaymentMutation, { input }, guestCaller(input.customerId))).toBe('FORBIDDEN');
  expect(await t.db.payment.count({ where: { orderId: input.orderId } })).toBe(0);
});
