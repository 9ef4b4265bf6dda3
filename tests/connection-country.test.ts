/** The country and the address of the buyer's connection count for the risk of fraud, where a proxy tells them, and only what the proxy tells. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient, type Client } from './testkit/client.js';
import { createGoods, createTerms, fillCart, mutate, signInStaff } from './testkit/goods.js';
import { startTestShop, type TestShop } from './testkit/shop.js';

const header = 'x-country-of-proxy';
/** Two countries are enough to refuse: the rule alone decides. */
const rules = { risk: { rules: { COUNTRY_MISMATCH: [[1, 0.9]] }, cardLookup: 'never' } };

let shop: TestShop;
let variantId: string;
let staff: Client;
beforeAll(async () => {
  shop = await startTestShop({
    ...{ COUNTRY_HEADER: header, TRUSTED_PROXIES: '1' },
    PAYMENT_RULES: JSON.stringify(rules),
  });
  staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  const goods = await createGoods(staff, { prices: ['10.00'], stock: 20 });
  variantId = goods.variantIds[0] ?? '';
});
afterAll(() => shop.close());

/** A guest with an order to Germany that waits for its payment, and a client of theirs that comes from a country. */
async function placed(): Promise<{ from: (headers: Record<string, string>) => Client; orderId: string }> {
  const { signInAsGuest } = await shop
    .visitor()
    .data<{ signInAsGuest: { session: { accessToken: string } } }>(
      'mutation { signInAsGuest { session { accessToken } } }',
    );
  const from = (headers: Record<string, string>): Client =>
    createClient(shop.gateway.url, headers).as(signInAsGuest.session.accessToken);
  const { version } = await fillCart(from({}), [{ variantId, quantity: 1 }]);
  const { order } = await mutate<{ order: { id: string } }>(
    from({}),
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: version },
    'order { id }',
  );
  return { from, orderId: order.id };
}

interface Paid {
  payOrder: { order: { status: string } | null; userErrors: { code: string }[] };
}
async function pay(client: Client, orderId: string): Promise<string> {
  const { payOrder } = await client.data<Paid>(
    'mutation ($input: PayOrderInput!) { payOrder(input: $input) { order { status } userErrors { code } } }',
    { input: { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa' } },
  );
  return payOrder.userErrors[0]?.code ?? payOrder.order?.status ?? '';
}

test.each([
  ['the country that the goods go to', { [header]: 'de' }, 'PAID'],
  ['another country', { [header]: 'US' }, 'PAYMENT_DECLINED'],
  ['nowhere that anybody knows', { [header]: 'XX' }, 'PAID'],
  ['what is no country', { [header]: 'T1' }, 'PAID'],
  ['nowhere, and a header of their own', { 'cf-ipcountry': 'US' }, 'PAID'],
])('who pays from %s', async (_where, headers: Record<string, string>, outcome) => {
  const { from, orderId } = await placed();
  expect(await pay(from(headers), orderId)).toBe(outcome);
});

test.each([
  ['what the proxy saw', '203.0.113.9, 198.51.100.7', 'PAYMENT_DECLINED'],
  ['what the buyer says of themselves', '198.51.100.7, 203.0.113.9', 'PAID'],
])('a denied IP address is %s', async (_who, forwardedFor, outcome) => {
  const { entries } = await mutate<{ entries: { id: string }[] }>(
    staff,
    'addRiskListEntries',
    {
      ...{ idempotencyKey: randomUUID(), list: 'DENY', reason: 'A test' },
      subjects: [{ ipAddress: '198.51.100.7' }],
    },
    'entries { id }',
  );
  const { from, orderId } = await placed();
  expect(await pay(from({ 'x-forwarded-for': forwardedFor }), orderId)).toBe(outcome);
  const ids = entries.map(({ id }) => id);
  await mutate(staff, 'removeRiskListEntries', { idempotencyKey: randomUUID(), ids }, 'entries { id }');
});

test('staff who pay for a customer from elsewhere are not the buyer', async () => {
  const { orderId } = await placed();
  const { me } = await staff.data<{ me: { email: string } }>('{ me { email } }');
  const { session } = await mutate<{ session: { accessToken: string } }>(
    createClient(shop.gateway.url, { [header]: 'US' }),
    'signIn',
    { email: me.email, password: 'correct horse battery staple' },
    'session { accessToken }',
  );
  const abroad = createClient(shop.gateway.url, { [header]: 'US' }).as(session.accessToken);
  expect(await pay(abroad, orderId)).toBe('PAID');
});
