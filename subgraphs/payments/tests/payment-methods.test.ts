import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import {
  create,
  intentsOf,
  paymentInput,
  startPayments,
  stripeOf,
  type PaymentsTest,
} from './payments-test.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const saveMutation = `mutation($input: SavePaymentMethodInput!) {
  savePaymentMethod(input: $input) { paymentMethod { id type brand last4 expiryMonth default } userErrors { code } }
}`;
interface Saved {
  paymentMethod: { id: string; default: boolean } | null;
  userErrors: { code: string }[];
}
const save = async (input: object, caller: Caller): Promise<Saved> =>
  (await t.call<{ savePaymentMethod: Saved }>(saveMutation, { input }, caller)).savePaymentMethod;

const removeMutation = `mutation($input: RemovePaymentMethodInput!) {
  removePaymentMethod(input: $input) { removedPaymentMethodId userErrors { code } }
}`;

const listQuery = `query($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) {
  ... on User { paymentMethods { id brand last4 default } } } }`;
interface Listed {
  id: string;
  brand: string;
  last4: string | null;
  default: boolean;
}
const list = async (userId: string, caller: Caller): Promise<Listed[] | undefined> =>
  (await t.call<{ _entities: { paymentMethods: Listed[] }[] }>(listQuery, { id: userId }, caller))
    ._entities[0]?.paymentMethods;

test('a user saves methods, the first is the default until another is', async () => {
  const userId = t.parts.newId();
  const caller = userCaller(userId);
  const visa = await save({ paymentMethodId: 'pm_card_visa' }, caller);
  expect(visa).toMatchObject({
    paymentMethod: { type: 'CREDIT_CARD', brand: 'visa', last4: '4242', expiryMonth: 8, default: true },
    userErrors: [],
  });
  await save({ paymentMethodId: 'pm_card_visa_debit' }, caller);
  await save({ paymentMethodId: 'pm_card_mastercard', default: true }, caller);
  expect(await list(userId, caller)).toMatchObject([
    { brand: 'mastercard', last4: '4444', default: true },
    { brand: 'visa', last4: '5556', default: false },
    { brand: 'visa', last4: '4242', default: false },
  ]);
  expect(await list(userId, staffCaller('finance'))).toHaveLength(3);
  expect(await t.refusal(listQuery, { id: userId }, userCaller())).toBe('FORBIDDEN');
  // Nothing that could be read stands in the database.
  const rows = await t.db.paymentMethod.findMany({ where: { customerId: userId } });
  for (const row of rows) expect(Buffer.from(row.sealed).toString('latin1')).not.toMatch(/4242|5556|4444/);
});

test('a method saved twice is one, and only the default changes', async () => {
  const userId = t.parts.newId();
  const caller = userCaller(userId);
  await save({ paymentMethodId: 'pm_card_visa' }, caller);
  await save({ paymentMethodId: 'pm_card_mastercard' }, caller);
  const row = await t.db.paymentMethod.findFirstOrThrow({
    where: { customerId: userId, brand: 'mastercard' },
  });
  await Promise.all(
    [1, 2, 3].map(() => save({ paymentMethodId: row.providerMethodId, default: true }, caller)),
  );
  expect((await list(userId, caller))?.map((one) => [one.brand, one.default])).toEqual([
    ['mastercard', true],
    ['visa', false],
  ]);
});

test('first methods saved at once make one customer at the provider and one default', async () => {
  const userId = t.parts.newId();
  const caller = userCaller(userId);
  await Promise.all(
    ['pm_card_visa', 'pm_card_mastercard', 'pm_card_amex'].map((paymentMethodId) =>
      save({ paymentMethodId, default: true }, caller),
    ),
  );
  expect((await list(userId, caller))?.filter((one) => one.default)).toHaveLength(1);
  expect(await list(userId, caller)).toHaveLength(3);
  const customers = [];
  for await (const customer of stripeOf(t).customers.list({ limit: 100 }))
    if (customer.metadata['customer_id'] === userId) customers.push(customer.id);
  expect(customers).toHaveLength(1);
});

test.each([
  ['a card that its bank refuses', 'pm_card_chargeDeclined', 'PAYMENT_METHOD_DECLINED'],
  ['a method that the provider does not know', 'pm_nobodyKnows', 'PAYMENT_METHOD_NOT_FOUND'],
  ['a card number', '4242424242424242', 'INVALID_INPUT'],
])('%s is not saved', async (_name, paymentMethodId, code) => {
  const userId = t.parts.newId();
  expect(await save({ paymentMethodId }, userCaller(userId))).toEqual({
    paymentMethod: null,
    userErrors: [{ code }],
  });
  expect(await list(userId, userCaller(userId))).toEqual([]);
});

test('twenty can be saved, not more', async () => {
  const userId = t.parts.newId();
  const caller = userCaller(userId);
  for (let i = 0; i < 18; i += 1) await save({ paymentMethodId: 'pm_card_visa' }, caller);
  const others = ['visa', 'mastercard', 'amex', 'discover', 'jcb'];
  const last = await Promise.all(
    others.map((brand) => save({ paymentMethodId: `pm_card_${brand}` }, caller)),
  );
  expect(last.filter(({ paymentMethod }) => paymentMethod)).toHaveLength(2);
  expect(await save({ paymentMethodId: 'pm_card_visa' }, caller)).toEqual({
    paymentMethod: null,
    userErrors: [{ code: 'TOO_MANY_PAYMENT_METHODS' }],
  });
  expect(await list(userId, caller)).toHaveLength(20);
});

test('guests and strangers save and remove nothing', async () => {
  const input = { paymentMethodId: 'pm_card_visa' };
  expect(await t.refusal(saveMutation, { input }, guestCaller())).toBe('UNAUTHENTICATED');
  const userId = t.parts.newId();
  const { paymentMethod } = await save(input, userCaller(userId));
  const remove = { input: { paymentMethodId: paymentMethod?.id } };
  expect(await t.refusal(removeMutation, remove, guestCaller())).toBe('UNAUTHENTICATED');
  await t.call(removeMutation, remove, userCaller());
  expect(await list(userId, userCaller(userId))).toHaveLength(1);
});

test('a removed method is gone here and at the provider; removing it again is no error', async () => {
  const userId = t.parts.newId();
  const caller = userCaller(userId);
  const { paymentMethod } = await save({ paymentMethodId: 'pm_card_visa' }, caller);
  const row = await t.db.paymentMethod.findFirstOrThrow({ where: { customerId: userId } });
  for (let i = 0; i < 2; i += 1) {
    expect(await t.call(removeMutation, { input: { paymentMethodId: paymentMethod?.id } }, caller)).toEqual({
      removePaymentMethod: { removedPaymentMethodId: paymentMethod?.id, userErrors: [] },
    });
  }
  expect(await list(userId, caller)).toEqual([]);
  expect((await stripeOf(t).paymentMethods.retrieve(row.providerMethodId)).customer).toBeNull();
});

test('a saved method pays again and again, for its user only', async () => {
  const customerId = t.parts.newId();
  const { paymentMethod } = await save({ paymentMethodId: 'pm_card_mastercard' }, userCaller(customerId));
  for (let i = 0; i < 2; i += 1) {
    const input = paymentInput(t.parts, { customerId, paymentMethodId: paymentMethod?.id });
    expect((await create(t, input)).payment?.status).toBe('SUCCEEDED');
    expect(await intentsOf(t, input.orderId)).toMatchObject([{ customer: expect.stringMatching(/^cus_/) }]);
  }
  const foreign = paymentInput(t.parts, { paymentMethodId: paymentMethod?.id });
  expect((await create(t, foreign)).userErrors).toMatchObject([{ code: 'PAYMENT_METHOD_NOT_FOUND' }]);
});

test('a deleted user is forgotten, here and at the provider, and what was sealed cannot be read again', async () => {
  const shop = await startPayments({ webhooks: false });
  try {
    const userId = shop.parts.newId();
    const input = { paymentMethodId: 'pm_card_visa' };
    const { savePaymentMethod } = await shop.call<{ savePaymentMethod: Saved }>(
      saveMutation,
      { input },
      userCaller(userId),
    );
    const { payment } = await create(
      shop,
      paymentInput(shop.parts, { customerId: userId, paymentMethodId: savePaymentMethod.paymentMethod?.id }),
    );
    const read = () =>
      shop.call(`query($id: ID!) { payment(id: $id) { status method { brand last4 expiryYear } } }`, {
        id: payment?.id,
      });
    expect(await read()).toMatchObject({ payment: { method: { last4: '4242' } } });
    const where = { customerId: userId };
    const { providerCustomerId } = await shop.db.providerCustomer.findUniqueOrThrow({ where });
    for (let i = 0; i < 2; i += 1) {
      await shop.db.inboxMessage.create({
        data: {
          consumer: 'customers',
          eventId: shop.parts.newId(),
          type: 'UserDeleted',
          version: 1,
          aggregateType: 'User',
          aggregateId: userId,
          aggregateSeq: 1,
          correlationId: 'test',
          occurredAt: shop.parts.clock(),
          payload: { userId },
          runAt: shop.parts.clock(),
        },
      });
      await shop.quiet();
    }
    expect(
      await shop.db.inboxMessage.count({ where: { consumer: 'customers', lastError: { not: null } } }),
    ).toBe(0);
    expect(await shop.db.paymentMethod.count({ where })).toBe(0);
    expect(await shop.db.paymentMethodSetup.count({ where })).toBe(0);
    expect(await shop.db.subjectKey.count({ where: { subjectId: userId } })).toBe(0);
    expect(await stripeOf(shop).customers.retrieve(providerCustomerId)).toMatchObject({ deleted: true });
    expect(await read()).toEqual({
      payment: { status: 'SUCCEEDED', method: { brand: 'visa', last4: null, expiryYear: null } },
    });
  } finally {
    await shop.close();
  }
});

test('staff who pay for a customer cannot charge what the customer has saved', async () => {
  const userId = t.parts.newId();
  const { paymentMethod } = await save({ paymentMethodId: 'pm_card_visa' }, userCaller(userId));
  const input = paymentInput(t.parts, { customerId: userId, paymentMethodId: paymentMethod?.id });
  const refused = await create(t, { ...input, initiatedBy: t.parts.newId() });
  expect(refused).toMatchObject({ payment: null, userErrors: [{ code: 'PAYMENT_METHOD_NOT_FOUND' }] });
  expect(await intentsOf(t, input.orderId)).toHaveLength(0);
  expect(await t.db.payment.count({ where: { orderId: input.orderId } })).toBe(0);
  expect(await create(t, input)).toMatchObject({ payment: { status: 'SUCCEEDED' } });
});
