/**
 * Every call that payments makes of its provider, in each form that it has: the sandbox carries it out, and Stripe's own mock,
 * which knows Stripe's description of its API, finds nothing wrong with it (where STRIPE_MOCK_URL is set, as in CI).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { startStripeSandbox, type StripeSandbox } from '../../../local/stripe/server.js';
import { money } from '../../shared/money.js';
import { newId } from '../../shared/ids.js';
import type { IntentRequest, PaymentProvider } from '../provider/provider.js';
import { createStripe, createStripeProvider } from '../provider/stripe.js';
import { eventually } from '../../../tests/testkit/eventually.js';

const mockUrl = process.env['STRIPE_MOCK_URL'];
const servers = ['the sandbox', ...(mockUrl ? ['stripe-mock'] : [])];
const secretKey = 'sk_test_hanse';

let sandbox: StripeSandbox;
beforeAll(async () => {
  sandbox = await startStripeSandbox({
    dataFolder: mkdtempSync(join(tmpdir(), 'hanse-shapes-')),
    ...{ secretKey, webhooks: [] },
  });
});
afterAll(() => sandbox.stop());

interface Seen {
  call: string;
  status: number;
}

/** A provider, what it asked and what it was answered, and which of its functions were called. */
function watched(apiBase: string) {
  const stripe = createStripe({ secretKey, apiBase });
  const seen: Seen[] = [];
  stripe.on('response', ({ method, path, status }: Stripe.ResponseEvent) => {
    seen.push({ call: `${method} ${path}`, status });
  });
  const called = new Set<string>();
  const plain = createStripeProvider(stripe);
  const provider = Object.fromEntries(
    Object.entries(plain).map(([name, run]) => [
      name,
      (...parameters: never[]) => {
        called.add(name);
        return (run as (...all: never[]) => unknown)(...parameters);
      },
    ]),
  ) as unknown as PaymentProvider;
  return { stripe, provider, seen, called, functions: Object.keys(plain) };
}

const requestOf = (changes: Partial<IntentRequest> = {}): IntentRequest => ({
  ...{ paymentId: newId(), orderId: newId(), amount: money(2_599n, 'EUR'), methodId: 'pm_card_visa' },
  ...{ customerId: null, returnUrl: null, strongAuthentication: false, captureMethod: 'AUTOMATIC' },
  key: newId(),
  ...changes,
});

const now = Date.now();
const made = { from: new Date(now - 3_600_000), until: new Date(now + 3_600_000) };
const returnUrl = 'https://shop.example/back';

async function pay(provider: PaymentProvider): Promise<void> {
  const paid = requestOf();
  const { id } = await provider.createIntent(paid);
  await provider.getIntent(id);
  await provider.findIntent(id);
  await provider.findIntentOf(paid.paymentId, made.from);
  await provider.createIntent(requestOf({ returnUrl, strongAuthentication: true }));
  const held = await provider.createIntent(requestOf({ captureMethod: 'MANUAL' }));
  await provider.captureIntent(held.id, 1_000n, newId());
  const waiting = await provider.createIntent(
    requestOf({ methodId: 'pm_card_threeDSecure2Required', returnUrl }),
  );
  await provider.cancelIntent(waiting.id);
  const refundId = newId();
  const refund = await provider.createRefund({ intentId: id, refundId, amount: 599n, key: newId() });
  await provider.getRefund(refund.id);
  await provider.findRefund(refund.id);
  await provider.findRefundOf(refundId, id);
  await provider.listIntents(made);
  await provider.listRefunds(made);
}

async function save(provider: PaymentProvider): Promise<void> {
  const customerId = await provider.createCustomer(newId(), newId());
  const request = { setupId: newId(), methodId: 'pm_card_visa', customerId, returnUrl: null, key: newId() };
  const { id } = await provider.createSetup(request);
  const { method } = await provider.getSetup(id);
  const waiting = await provider.createSetup({
    ...{ ...request, setupId: newId(), key: newId(), returnUrl },
    methodId: 'pm_card_authenticationRequiredOnSetup',
  });
  await provider.cancelSetup(waiting.id);
  const methodId = method?.id ?? 'pm_1';
  await provider.getMethod(methodId);
  await provider.createIntent(requestOf({ customerId, methodId }));
  await provider.detachMethod(methodId);
  await provider.deleteCustomer(customerId);
}

async function settle(provider: PaymentProvider, stripe: Stripe, isSandbox: boolean): Promise<void> {
  if (isSandbox) {
    const { id } = await provider.createIntent(requestOf({ methodId: 'pm_card_createDispute' }));
    await eventually(async () => (await stripe.disputes.list({ payment_intent: id })).data.length > 0);
    await provider.createIntent(requestOf({ amount: money(100_000n, 'EUR') }));
    await fetch(`${sandbox.url}/_sandbox/payout`, {
      ...{ method: 'POST', headers: { authorization: `Bearer ${secretKey}` } },
      body: JSON.stringify({ currency: 'eur' }),
    });
  }
  const [dispute] = await provider.listDisputes(made);
  await provider.getDispute(dispute?.id ?? '');
  await provider.findDispute(dispute?.id ?? '');
  const [payout] = await provider.listPayouts(made);
  await provider.findPayout(payout?.id ?? '');
  await provider.listPayoutMovements(payout?.id ?? '');
}

describe.each(servers)('%s', (server) => {
  const apiBase = () => (server === 'the sandbox' ? sandbox.url : (mockUrl ?? ''));

  test('accepts every call of the provider, and no function of it was left out', async () => {
    const { stripe, provider, seen, called, functions } = watched(apiBase());
    await pay(provider);
    await save(provider);
    await settle(provider, stripe, server === 'the sandbox');
    expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(functions.length);
    expect([...called].sort()).toEqual([...functions].sort());
  });

  test('refuses what Stripe does not know', async () => {
    const { stripe } = watched(apiBase());
    const strange = { amount: 2_599, currency: 'eur', colour: 'red' };
    await expect(stripe.paymentIntents.create(strange)).rejects.toMatchObject({ statusCode: 400 });
    const unfit = { payment_intent: 'pi_1', amount: 'much' as unknown as number };
    await expect(stripe.refunds.create(unfit)).rejects.toMatchObject({ statusCode: 400 });
  });
});
