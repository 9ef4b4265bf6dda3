import { afterEach, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { refusalOf, startInbox, startTestSandbox, stopAll, WEBHOOK_SECRET } from './test-sandbox.js';
import { eventually } from '../../tests/testkit/eventually.js';

afterEach(stopAll);

const RETURN_URL = 'https://shop.example/back?cart=1';
const PAY = {
  amount: 5000,
  currency: 'eur',
  confirm: true,
  return_url: RETURN_URL,
  payment_method: 'pm_card_threeDSecure2Required',
} satisfies Stripe.PaymentIntentCreateParams;

function press(url: string, outcome: 'complete' | 'fail'): Promise<Response> {
  const page = new URL(url);
  const body = new URLSearchParams({ outcome, client_secret: page.searchParams.get('client_secret') ?? '' });
  return fetch(`${page.origin}${page.pathname}`, { method: 'POST', body, redirect: 'manual' });
}

function challengeOf(intent: Stripe.PaymentIntent | Stripe.SetupIntent): string {
  expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } });
  return intent.next_action?.redirect_to_url?.url ?? '';
}

test('a person who completes the challenge comes back to the shop with a paid intent', async () => {
  const inbox = await startInbox();
  const { stripe } = await startTestSandbox({ webhooks: [{ url: inbox.url, secret: WEBHOOK_SECRET }] });
  const waiting = await stripe.paymentIntents.create(PAY);
  expect(waiting).toMatchObject({ latest_charge: null, amount_received: 0 });
  const url = challengeOf(waiting);
  const page = await (await fetch(url)).text();
  expect(page).toContain('<button name="outcome" value="complete">Complete</button>');
  const done = await press(url, 'complete');
  expect(done.status).toBe(303);
  const back = new URL(done.headers.get('location') ?? '');
  expect(back.origin + back.pathname).toBe('https://shop.example/back');
  expect(Object.fromEntries(back.searchParams)).toEqual({
    cart: '1',
    payment_intent: waiting.id,
    payment_intent_client_secret: waiting.client_secret,
    redirect_status: 'succeeded',
  });
  const paid = await stripe.paymentIntents.retrieve(waiting.id, { expand: ['latest_charge'] });
  expect(paid).toMatchObject({
    status: 'succeeded',
    next_action: null,
    latest_charge: { payment_method_details: { card: { three_d_secure: { result: 'authenticated' } } } },
  });
  const types = await eventually(() => {
    const found = inbox.received.map((item) => (JSON.parse(item.body) as Stripe.Event).type);
    return found.includes('payment_intent.succeeded') && found;
  });
  expect(types).toEqual(expect.arrayContaining(['payment_intent.requires_action', 'charge.succeeded']));
  // Pressing the button again changes nothing.
  expect((await press(url, 'fail')).status).toBe(409);
  expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('succeeded');
});

test('a person who fails the challenge leaves an intent that can be paid with another card', async () => {
  const { stripe } = await startTestSandbox();
  const waiting = await stripe.paymentIntents.create(PAY);
  const done = await press(challengeOf(waiting), 'fail');
  expect(new URL(done.headers.get('location') ?? '').searchParams.get('redirect_status')).toBe('failed');
  const failed = await stripe.paymentIntents.retrieve(waiting.id);
  expect(failed).toMatchObject({
    status: 'requires_payment_method',
    next_action: null,
    latest_charge: null,
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  });
  const paid = await stripe.paymentIntents.confirm(waiting.id, {
    payment_method: 'pm_card_visa',
    return_url: RETURN_URL,
  });
  expect(paid.status).toBe('succeeded');
});

test('the card can still be declined after the challenge', async () => {
  const { stripe } = await startTestSandbox();
  const method = 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds';
  const waiting = await stripe.paymentIntents.create({ ...PAY, payment_method: method });
  await press(challengeOf(waiting), 'complete');
  expect(await stripe.paymentIntents.retrieve(waiting.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
  });
});

test('nobody without the client secret can press the button', async () => {
  const { stripe } = await startTestSandbox();
  const waiting = await stripe.paymentIntents.create(PAY);
  const page = new URL(challengeOf(waiting));
  page.searchParams.set('client_secret', 'wrong');
  expect((await fetch(page)).status).toBe(404);
  expect((await press(page.toString(), 'complete')).status).toBe(404);
  expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('requires_action');
});

test('a challenge whose payment was canceled meanwhile is over', async () => {
  const { stripe } = await startTestSandbox();
  const waiting = await stripe.paymentIntents.create(PAY);
  const url = challengeOf(waiting);
  await stripe.paymentIntents.cancel(waiting.id);
  expect((await press(url, 'complete')).status).toBe(409);
  expect(await stripe.paymentIntents.retrieve(waiting.id)).toMatchObject({
    status: 'canceled',
    latest_charge: null,
  });
});

test('without the customer a card that wants a challenge is declined', async () => {
  const { stripe } = await startTestSandbox();
  const error = await refusalOf(stripe.paymentIntents.create({ ...PAY, off_session: true }));
  expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
  expect(error.payment_intent?.status).toBe('requires_payment_method');
});

test('a card that was set up with a challenge can be charged later without the customer', async () => {
  const { stripe } = await startTestSandbox();
  const customer = await stripe.customers.create();
  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    confirm: true,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
    return_url: RETURN_URL,
  });
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toEqual([]);
  await press(challengeOf(setup), 'complete');
  expect((await stripe.setupIntents.retrieve(setup.id)).status).toBe('succeeded');
  const saved = (await stripe.customers.listPaymentMethods(customer.id)).data;
  expect(saved.map((method) => method.card?.last4)).toEqual(['3155']);
  const later = { ...PAY, customer: customer.id, payment_method: saved[0]?.id ?? '' };
  expect((await stripe.paymentIntents.create({ ...later, off_session: true })).status).toBe('succeeded');
  expect((await stripe.paymentIntents.create(later)).status).toBe('requires_action');
});
