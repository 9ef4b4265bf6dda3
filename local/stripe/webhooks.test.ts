import { afterEach, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import {
  callHelper,
  clientOf,
  startInbox,
  startTestSandbox,
  stopAll,
  WEBHOOK_SECRET,
} from './test-sandbox.js';
import { retryDelayMs } from './webhooks.js';
import { eventually } from '../../tests/testkit/eventually.js';

afterEach(stopAll);

const PAY = {
  amount: 1000,
  currency: 'eur',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const },
  payment_method: 'pm_card_visa',
};

async function startWithInbox(options: Parameters<typeof startTestSandbox>[0] = {}) {
  const inbox = await startInbox();
  const webhooks = [{ url: inbox.url, secret: WEBHOOK_SECRET }];
  return { inbox, ...(await startTestSandbox({ webhooks, asyncCaptureDelayMs: 3_600_000, ...options })) };
}

function typesOf(events: Stripe.Event[]): string[] {
  return events.map((event) => event.type).sort();
}

test('a payment is told by signed events that hold the objects of their time', async () => {
  const { inbox, stripe } = await startWithInbox();
  const intent = await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' });
  const events = await inbox.wait(3);
  expect(typesOf(events)).toEqual(['charge.succeeded', 'payment_intent.created', 'payment_intent.succeeded']);
  const created = events.find((event) => event.type === 'payment_intent.created');
  expect(created).toMatchObject({
    object: 'event',
    livemode: false,
    request: { id: intent.lastResponse.requestId, idempotency_key: 'k1' },
    data: { object: { id: intent.id, status: 'requires_confirmation' } },
  });
  const succeeded = events.find((event) => event.type === 'payment_intent.succeeded');
  expect(succeeded?.data.object).toMatchObject({
    id: intent.id,
    status: 'succeeded',
    latest_charge: intent.latest_charge,
  });
  const listed = await stripe.events.list({ types: ['payment_intent.*'] });
  expect(listed.data.map((event) => event.type)).toEqual([
    'payment_intent.succeeded',
    'payment_intent.created',
  ]);
  const delivered = await eventually(async () => {
    const found = await stripe.events.retrieve(succeeded?.id ?? '');
    return found.pending_webhooks === 0 && found;
  });
  expect(delivered.data.object).toMatchObject({ id: intent.id });
});

test('the signature is that of the secret and of the body', async () => {
  const { inbox, stripe } = await startWithInbox();
  await stripe.customers.create();
  await inbox.wait(1);
  const [item] = inbox.received;
  if (!item) throw new Error('nothing was received');
  const { webhooks } = clientOf(1);
  expect(webhooks.constructEvent(item.body, item.signature, WEBHOOK_SECRET).type).toBe('customer.created');
  const wrong = Stripe.errors.StripeSignatureVerificationError;
  expect(() => webhooks.constructEvent(item.body, item.signature, 'whsec_other')).toThrow(wrong);
  expect(() =>
    webhooks.constructEvent(item.body.replace('customer', 'costumer'), item.signature, WEBHOOK_SECRET),
  ).toThrow(wrong);
});

test.each([
  [
    'a decline',
    { payment_method: 'pm_card_chargeDeclined' },
    ['charge.failed', 'payment_intent.created', 'payment_intent.payment_failed'],
  ],
  [
    'an authorisation',
    { capture_method: 'manual' as const },
    ['charge.succeeded', 'payment_intent.amount_capturable_updated', 'payment_intent.created'],
  ],
  [
    'a bank debit',
    { payment_method: 'pm_sepaDebit' },
    ['charge.pending', 'payment_intent.created', 'payment_intent.processing'],
  ],
])('%s sends its events', async (_name, params, types) => {
  const { inbox, stripe } = await startWithInbox({ processingDelayMs: 3_600_000 });
  await stripe.paymentIntents.create({ ...PAY, ...params }).catch(() => undefined);
  expect(typesOf(await inbox.wait(types.length))).toEqual(types);
});

test('cancel, refund and saving a method send their events', async () => {
  const { inbox, stripe } = await startWithInbox();
  const customer = await stripe.customers.create();
  await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.setupIntents.create({
    customer: customer.id,
    confirm: true,
    payment_method: 'pm_card_mastercard',
  });
  const open = await stripe.paymentIntents.create({ amount: 1000, currency: 'eur' });
  await stripe.paymentIntents.cancel(open.id);
  const paid = await stripe.paymentIntents.create(PAY);
  await stripe.refunds.create({ payment_intent: paid.id, amount: 400 });
  const events = await inbox.wait(12);
  expect(typesOf(events)).toEqual([
    'charge.refunded',
    'charge.succeeded',
    'customer.created',
    'payment_intent.canceled',
    'payment_intent.created',
    'payment_intent.created',
    'payment_intent.succeeded',
    'payment_method.attached',
    'payment_method.attached',
    'refund.created',
    'setup_intent.created',
    'setup_intent.succeeded',
  ]);
});

test('an endpoint that is down gets the event when it is up again', async () => {
  const { inbox, stripe } = await startWithInbox();
  inbox.answers.push(500, 503, 302);
  await stripe.customers.create();
  const events = await inbox.wait(4);
  expect(new Set(events.map((event) => event.id)).size).toBe(1);
  await eventually(async () => (await stripe.events.retrieve(events[0]?.id ?? '')).pending_webhooks === 0);
  expect(inbox.received).toHaveLength(4);
});

test('the waits between attempts double up to the longest', () => {
  const settings = { firstRetryMs: 500, longestRetryMs: 60_000 };
  expect([1, 2, 3, 7, 8, 9].map((attempts) => retryDelayMs(attempts, settings))).toEqual([
    500, 1000, 2000, 32000, 60000, 60000,
  ]);
});

test('an endpoint can be added later and is sent what happens from then on', async () => {
  const inbox = await startInbox();
  const { sandbox, stripe } = await startTestSandbox();
  await stripe.customers.create({ metadata: { n: '1' } });
  sandbox.addWebhook({ url: inbox.url, secret: WEBHOOK_SECRET });
  await stripe.customers.create({ metadata: { n: '2' } });
  const [event] = await inbox.wait(1);
  expect(event?.data.object).toMatchObject({ metadata: { n: '2' } });
});

test('for chaos tests events are repeated, lost, sent again and payments settled by hand', async () => {
  const { inbox, sandbox, stripe } = await startWithInbox({ processingDelayMs: 3_600_000 });
  expect((await callHelper(sandbox, 'chaos', { repeat: 3, shuffleMs: 20 })).status).toBe(200);
  await stripe.customers.create();
  expect(new Set((await inbox.wait(3)).map((event) => event.id)).size).toBe(1);
  await callHelper(sandbox, 'chaos', { dropRate: 1 });
  const intent = await stripe.paymentIntents.create({ ...PAY, payment_method: 'pm_sepaDebit' });
  await eventually(async () =>
    (await stripe.events.list()).data.every((event) => event.pending_webhooks === 0),
  );
  expect(inbox.received).toHaveLength(3);
  await callHelper(sandbox, 'chaos', {});
  expect(
    (await callHelper(sandbox, 'settle', { payment_intent: intent.id, outcome: 'succeeded' })).status,
  ).toBe(200);
  expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
  expect(typesOf((await inbox.wait(5)).slice(3))).toEqual(['charge.succeeded', 'payment_intent.succeeded']);
  const [lost] = (await stripe.events.list({ type: 'payment_intent.processing' })).data;
  await callHelper(sandbox, 'resend', { event: lost?.id });
  expect((await inbox.wait(6)).at(-1)?.id).toBe(lost?.id);
  expect((await fetch(`${sandbox.url}/_sandbox/deliveries`)).status).toBe(401);
});
