/** What may not be paid: through the gateway, with the buyer's facts as orders gathers them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Client } from './testkit/client.js';
import {
  address,
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signInGuest,
  signInStaff,
  type Goods,
} from './testkit/goods.js';
import { startTestShop, type TestShop } from './testkit/shop.js';

let shop: TestShop;
let staff: Client;
let goods: Goods;
beforeAll(async () => {
  shop = await startTestShop();
  staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  goods = await createGoods(staff, { prices: ['20.00'], stock: 50 });
});
afterAll(() => shop.close());

async function place(guest: Client, more: object = {}): Promise<string> {
  const lines = [{ variantId: goods.variantIds[0] ?? '', quantity: 1 }];
  await fillCart(guest, lines, 'anna@mail.example');
  const delivery = { shippingAddress: address, ...more };
  const { cart } = await mutate<{ cart: { version: number } }>(
    guest,
    'setCartDelivery',
    delivery,
    'cart { version }',
  );
  const input = { idempotencyKey: randomUUID(), expectedVersion: cart.version };
  return (await mutate<{ order: { id: string } }>(guest, 'placeOrder', input, 'order { id }')).order.id;
}

interface Paid {
  order: { status: string } | null;
  payment: { status: string; failureCode: string | null; failureMessage: string | null } | null;
  userErrors: { __typename: string; code: string; declineCode?: string; minimumAge?: number }[];
}
async function pay(guest: Client, orderId: string, more: object = {}): Promise<Paid> {
  const { payOrder } = await guest.data<{ payOrder: Paid }>(
    `mutation ($input: PayOrderInput!) { payOrder(input: $input) {
       order { status } payment { status failureCode failureMessage }
       userErrors { __typename code ... on PaymentDeclinedError { declineCode } ... on AgeConfirmationRequiredError { minimumAge } } } }`,
    { input: { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa', ...more } },
  );
  return payOrder;
}

async function staffSees(orderId: string): Promise<unknown> {
  const { order } = await staff.data<{ order: { payments: unknown[] } }>(
    `query ($id: ID!) { order(id: $id) { payments { failureCode providerReference compliance { passed reasons } risk { decision } } } }`,
    { id: orderId },
  );
  return order.payments;
}

test('goods for adults are paid by who confirms the age, and by nobody else', async () => {
  const { category } = await mutate<{ category: { id: string } }>(
    staff,
    'createCategory',
    { idempotencyKey: randomUUID(), name: 'Spirits', minimumAge: 18 },
    'category { id }',
  );
  const { product } = await staff.data<{ product: { version: number } }>(
    'query ($id: ID!) { product(id: $id) { version } }',
    { id: goods.productId },
  );
  const change = { id: goods.productId, expectedVersion: product.version, categoryId: category.id };
  await mutate(staff, 'updateProduct', change, 'product { minimumAge }');
  const guest = await signInGuest(shop);
  const orderId = await place(guest);
  const told = {
    __typename: 'AgeConfirmationRequiredError',
    code: 'AGE_CONFIRMATION_REQUIRED',
    minimumAge: 18,
  };
  for (const said of [{}, { confirmedAge: 17 }])
    expect(await pay(guest, orderId, said)).toEqual({
      order: { status: 'PAYMENT_FAILED' },
      payment: {
        status: 'FAILED',
        failureCode: 'age_not_confirmed',
        failureMessage: 'Confirm that you are at least 18 years old.',
      },
      userErrors: [told],
    });
  expect(await pay(guest, orderId, { confirmedAge: 18 })).toMatchObject({
    order: { status: 'PAID' },
    userErrors: [],
  });
  const refused = {
    failureCode: 'age_not_confirmed',
    providerReference: null,
    compliance: { passed: false, reasons: ['AGE_NOT_CONFIRMED'] },
    risk: { decision: 'ACCEPTED' },
  };
  const paid = { failureCode: null, compliance: { passed: true, reasons: [] } };
  expect(await staffSees(orderId)).toMatchObject([refused, refused, paid]);
});

test('a bill to a sanctioned country is refused, the customer is not told why, and nothing is charged', async () => {
  const guest = await signInGuest(shop);
  const orderId = await place(guest, { billingAddress: { ...address, country: 'IR' } });
  expect(await pay(guest, orderId, { confirmedAge: 18 })).toEqual({
    order: { status: 'PAYMENT_FAILED' },
    payment: { status: 'FAILED', failureCode: 'refused', failureMessage: 'The payment was refused.' },
    userErrors: [{ __typename: 'PaymentDeclinedError', code: 'PAYMENT_DECLINED', declineCode: 'refused' }],
  });
  expect(await staffSees(orderId)).toMatchObject([
    {
      failureCode: 'compliance_refused',
      providerReference: null,
      compliance: { passed: false, reasons: ['COUNTRY_SANCTIONED'] },
    },
  ]);
});

test('payments count by account and address, and know no name, street or mail address', async () => {
  const client = new pg.Client({ connectionString: shop.parts.database.urls.payments });
  await client.connect();
  const { rows } = await client.query<{ subject: string; times: Date[] }>(
    'SELECT subject, times FROM payments.risk_velocity ORDER BY subject',
  );
  const tables = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'payments'",
  );
  let all = '';
  for (const { name } of tables.rows) {
    const { rows: found } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
    all += found.map((row) => row.text).join('\n');
  }
  await client.end();
  // Both tests before ship to one address: three attempts of one guest and one of the other.
  const addresses = rows.filter(({ subject }) => subject.startsWith('address:'));
  expect(addresses.map(({ times }) => times.length)).toEqual([4]);
  const accounts = rows.filter(({ subject }) => subject.startsWith('account:'));
  expect(accounts.map(({ times }) => times.length).sort()).toEqual([1, 3]);
  expect(all.length).toBeGreaterThan(1_000);
  expect(all).not.toMatch(/kröger|mengstra|lübeck|mail\.example|23552/i);
});

test('who and what is on a deny list is refused by what orders tell of the buyer, and paid when it is taken off', async () => {
  const guest = await signInGuest(shop);
  const orderId = await place(guest);
  const { line1, city, postalCode, country } = address;
  const subjects = {
    DENIED_EMAIL: { email: 'Anna+2@MAIL.example' },
    DENIED_EMAIL_DOMAIN: { emailDomain: 'mail.example' },
    DENIED_IP_ADDRESS: { ipAddress: '127.0.0.1' },
    DENIED_ADDRESS: { address: { line1: line1.toUpperCase(), city, postalCode, country } },
  };
  for (const [code, subject] of Object.entries(subjects)) {
    const listing = { idempotencyKey: randomUUID(), list: 'DENY', subjects: [subject], reason: 'A test' };
    const { entries } = await mutate<{ entries: { id: string }[] }>(
      staff,
      'addRiskListEntries',
      listing,
      'entries { id }',
    );
    const refused = await pay(guest, orderId, { confirmedAge: 18 });
    expect([code, refused.userErrors]).toMatchObject([code, [{ declineCode: 'refused' }]]);
    const { order } = await staff.data<{
      order: { payments: { providerReference: string | null; risk: { reasons: { code: string }[] } }[] };
    }>(`query ($id: ID!) { order(id: $id) { payments { providerReference risk { reasons { code } } } } }`, {
      id: orderId,
    });
    expect(order.payments.at(-1)).toEqual({ providerReference: null, risk: { reasons: [{ code }] } });
    const removal = { idempotencyKey: randomUUID(), ids: entries.map(({ id }) => id) };
    await mutate(staff, 'removeRiskListEntries', removal, 'entries { id }');
  }
  expect(await pay(guest, orderId, { confirmedAge: 18 })).toMatchObject({ order: { status: 'PAID' } });
});
