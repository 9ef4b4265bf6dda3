import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { create, paymentInput, startPayments, type PaymentsTest } from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const ofOrders = (fields: string) => `query($orders: [_Any!]!) {
  _entities(representations: $orders) { ... on Order { id payments { ${fields} } } } }`;
const references = (ids: string[]) => ({ orders: ids.map((id) => ({ __typename: 'Order', id })) });
const paymentsOf = async (ids: string[], fields: string, caller: Caller) =>
  (
    await t.call<{ _entities: { id: string; payments: Record<string, unknown>[] }[] }>(
      ofOrders(fields),
      references(ids),
      caller,
    )
  )._entities;

test('the payments of twenty orders with everything cost as many statements as those of one', async () => {
  const customerId = t.parts.newId();
  const inputs = Array.from({ length: 20 }, () => paymentInput(t.parts, { customerId }));
  for (const input of inputs) {
    await create(t, { ...input, customerId: t.parts.newId() });
  }
  const ids = inputs.map(({ orderId }) => orderId);
  const fields = `status amount { formatted } method { last4 } refunds { status } risk { score } compliance { passed } attempts { action }`;
  const count = async (of: string[]): Promise<number> => {
    const stop = recordStatements();
    const found = await paymentsOf(of, fields, staffCaller('finance'));
    expect(found.map((order) => order.payments.length)).toEqual(of.map(() => 1));
    return stop().length;
  };
  const plain = async (of: string[]): Promise<number> => {
    const stop = recordStatements();
    await paymentsOf(of, 'status', staffCaller('finance'));
    return stop().length;
  };
  expect([await plain(ids.slice(0, 1)), await plain(ids)]).toEqual([1, 1]);
  expect([await count(ids.slice(0, 1)), await count(ids)]).toEqual([5, 5]);
});

test('each customer sees what is theirs, and nothing of what is for staff', async () => {
  const input = paymentInput(t.parts);
  const { payment } = await create(t, input);
  const own = await paymentsOf(
    [input.orderId],
    'id status amount { formatted(locale: "de-DE") }',
    guestCaller(input.customerId),
  );
  expect(own).toEqual([
    {
      id: input.orderId,
      payments: [{ id: payment?.id, status: 'SUCCEEDED', amount: { formatted: '25,99\u00a0€' } }],
    },
  ]);
  for (const stranger of [guestCaller(), userCaller(), staffCaller('warehouse')])
    expect(await paymentsOf([input.orderId], 'id', stranger)).toEqual([{ id: input.orderId, payments: [] }]);
  expect(await t.refusal(ofOrders('id'), references([input.orderId]), anonymousCaller())).toBe(
    'UNAUTHENTICATED',
  );

  const one = (fields: string) => `query($id: ID!) { payment(id: $id) { ${fields} } }`;
  const variables = { id: payment?.id };
  const customer = userCaller(input.customerId);
  expect(await t.call(one('status order { id }'), variables, customer)).toEqual({
    payment: { status: 'SUCCEEDED', order: { id: input.orderId } },
  });
  expect(await t.call(one('status'), variables, userCaller())).toEqual({ payment: null });
  expect(await t.call(one('status'), { id: 'no id' }, customer)).toEqual({ payment: null });
  expect(await t.call(one('providerReference'), variables, staffCaller('support'))).toEqual({
    payment: { providerReference: expect.stringMatching(/^pi_/) },
  });
  for (const field of [
    'fee { amount }',
    'providerReference',
    'risk { score }',
    'compliance { passed }',
    'attempts { action }',
  ])
    expect([field, await t.refusal(one(field), variables, customer)]).toEqual([field, 'FORBIDDEN']);
});

test('a payment as an entity is resolved for those who may see it only', async () => {
  const input = paymentInput(t.parts);
  const { payment } = await create(t, input);
  const query = `query($id: ID!) { _entities(representations: [{ __typename: "Payment", id: $id }]) { ... on Payment { status } } }`;
  const variables = { id: payment?.id };
  expect(await t.call(query, variables, guestCaller(input.customerId))).toEqual({
    _entities: [{ status: 'SUCCEEDED' }],
  });
  expect(await t.call(query, variables, guestCaller())).toEqual({ _entities: [null] });
});

test('who watches an order is signalled when its payment changes', async () => {
  const { PaymentUpdated } = await import('../payment/events.js');
  const orderId = t.parts.newId();
  const signals: string[] = [];
  const stop = await t.parts.live.watch(`order:${orderId}`, () => void signals.push(orderId));
  const message = { payload: { orderId, paymentId: t.parts.newId(), status: 'SUCCEEDED' } };
  const context = t.consuming.createContext('test');
  await PaymentUpdated(context, [message, message] as unknown as Parameters<typeof PaymentUpdated>[1]);
  await PaymentUpdated(context, [message] as unknown as Parameters<typeof PaymentUpdated>[1]);
  await eventually(() => signals.length >= 2);
  stop();
  expect(signals).toEqual([orderId, orderId]);
});
