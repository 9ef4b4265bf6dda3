import { afterEach, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { holdsCardNumber } from './card-numbers.js';
import { refusalOf, SECRET_KEY, startTestSandbox, stopAll } from './test-sandbox.js';

afterEach(stopAll);

const PAY = {
  amount: 1000,
  currency: 'eur',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const },
};

test('a card number is refused wherever it stands and never reaches the disk', async () => {
  const { sandbox, stripe, dataFolder } = await startTestSandbox();
  await stripe.customers.create();
  const attempts = [
    ['payment_methods', 'type=card&card[number]=4242424242424242&card[exp_month]=8'],
    ['payment_intents', 'amount=1000&currency=eur&payment_method_data[card][number]=tok_x'],
    ['payment_intents', 'amount=1000&currency=eur&metadata[note]=my card 4242 4242 4242 4242'],
    ['customers', 'description=5555-5555-5555-4444'],
  ] as const;
  for (const [path, body] of attempts) {
    const response = await fetch(`${sandbox.url}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET_KEY}`, 'idempotency-key': `key of ${path}` },
      body,
    });
    expect(response.status).toBe(402);
    const { error } = (await response.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe('invalid_request_error');
    expect(error.message).toContain(
      'Sending credit card numbers directly to the Stripe API is generally unsafe',
    );
  }
  expect((await stripe.paymentIntents.list()).data).toEqual([]);
  const journal = await readFile(join(dataFolder, 'journal.jsonl'), 'utf8');
  expect(journal).toContain('cus_');
  expect(journal).not.toMatch(/4242|5555|key of/);
});

test('a card number is told from other numbers by length, issuer and check digit', () => {
  expect(
    ['4242424242424242', '378282246310005', '2223003122003222', 'x 6011 1111 1111 1117 y'].map(
      holdsCardNumber,
    ),
  ).toEqual(Array.from({ length: 4 }, () => true));
  // A wrong check digit, an unknown issuer, too short, too long, a timestamp in nanoseconds, a UUID.
  const others = [
    '4242424242424241',
    '9242424242424249',
    '424242424242',
    '42424242424242424242424',
    '1763729917000000000',
    'pi:01a1fe79-04eb-7627-8f39-295261740725:1',
  ];
  expect(others.map(holdsCardNumber)).toEqual(others.map(() => false));
});

test('no personal data is kept', async () => {
  const { stripe, dataFolder } = await startTestSandbox();
  const address = { line1: 'Canaryweg 1', city: 'Canaryhausen', country: 'DE' };
  const customer = await stripe.customers.create(
    { email: 'canary@example.com', name: 'Carla Canary', phone: '+49canary', address },
    { idempotencyKey: 'k1' },
  );
  await stripe.paymentIntents.create({
    ...PAY,
    customer: customer.id,
    payment_method: 'pm_card_visa',
    receipt_email: 'canary@example.com',
    shipping: { name: 'Carla Canary', address },
  });
  expect(await readFile(join(dataFolder, 'journal.jsonl'), 'utf8')).not.toMatch(/canary/i);
});

test('a saved method belongs to one customer, is listed, and is gone after detaching', async () => {
  const { stripe } = await startTestSandbox();
  const customer = await stripe.customers.create();
  const stranger = await stripe.customers.create();
  const saved = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect(saved).toMatchObject({
    customer: customer.id,
    type: 'card',
    card: { brand: 'visa', last4: '4242' },
  });
  const second = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect(second.id).not.toBe(saved.id);
  expect(second.card?.fingerprint).toBe(saved.card?.fingerprint);
  const listed = await stripe.paymentMethods.list({ customer: customer.id, type: 'card' });
  expect(listed.data.map((method) => method.id)).toEqual([second.id, saved.id]);
  const pay = { ...PAY, payment_method: saved.id };
  expect((await refusalOf(stripe.paymentIntents.create(pay))).param).toBe('payment_method');
  expect((await refusalOf(stripe.paymentIntents.create({ ...pay, customer: stranger.id }))).param).toBe(
    'payment_method',
  );
  expect((await refusalOf(stripe.paymentMethods.attach(saved.id, { customer: stranger.id }))).code).toBe(
    'payment_method_unexpected_state',
  );
  expect((await stripe.paymentIntents.create({ ...pay, customer: customer.id })).status).toBe('succeeded');
  expect((await stripe.paymentIntents.create({ ...pay, customer: customer.id })).status).toBe('succeeded');
  expect((await stripe.paymentMethods.detach(saved.id)).customer).toBeNull();
  expect(
    (await stripe.paymentMethods.list({ customer: customer.id })).data.map((method) => method.id),
  ).toEqual([second.id]);
  expect(
    (await refusalOf(stripe.paymentMethods.attach(saved.id, { customer: customer.id }))).message,
  ).toContain('may not be used again');
});

test('a declined card cannot be saved; one that declines only later can', async () => {
  const { stripe } = await startTestSandbox();
  const customer = await stripe.customers.create();
  const refused = await refusalOf(
    stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: customer.id }),
  );
  expect(refused).toMatchObject({ statusCode: 402, code: 'card_declined' });
  const saved = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  const failed = await refusalOf(
    stripe.paymentIntents.create({
      ...PAY,
      customer: customer.id,
      payment_method: saved.id,
      off_session: true,
    }),
  );
  expect(failed).toMatchObject({ statusCode: 402, code: 'card_declined' });
  expect(
    (await stripe.paymentMethods.list({ customer: customer.id })).data.map((method) => method.id),
  ).toEqual([saved.id]);
});

test('a method that was paid with and not saved cannot be used twice; one asked to be saved can', async () => {
  const { stripe } = await startTestSandbox();
  const customer = await stripe.customers.create();
  const once = await stripe.paymentIntents.create({ ...PAY, payment_method: 'pm_card_visa' });
  const again = await refusalOf(
    stripe.paymentIntents.create({ ...PAY, payment_method: String(once.payment_method) }),
  );
  expect(again.message).toContain('may not be used again');
  const kept = await stripe.paymentIntents.create({
    ...PAY,
    customer: customer.id,
    payment_method: 'pm_card_visa',
    setup_future_usage: 'off_session',
  });
  const later = {
    ...PAY,
    customer: customer.id,
    payment_method: String(kept.payment_method),
    off_session: true,
  };
  expect((await stripe.paymentIntents.create(later)).status).toBe('succeeded');
});

test('a deleted customer is gone with its methods', async () => {
  const { stripe } = await startTestSandbox();
  const customer = await stripe.customers.create({ metadata: { a: '1' } });
  expect((await stripe.customers.update(customer.id, { metadata: { b: '2' } })).metadata).toEqual({
    a: '1',
    b: '2',
  });
  const saved = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect(await stripe.customers.del(customer.id)).toMatchObject({ id: customer.id, deleted: true });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ id: customer.id, deleted: true });
  expect((await stripe.paymentMethods.retrieve(saved.id)).customer).toBeNull();
  const error = await refusalOf(
    stripe.paymentIntents.create({ amount: 1000, currency: 'eur', customer: customer.id }),
  );
  expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
});
