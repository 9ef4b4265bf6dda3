/** Webhooks as a network in trouble brings them: each many times, in any order, days late, a fifth of them never; and forged. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { consumeOnce } from '../../shared/events/inbox.js';
import { webhookEvents } from '../webhook/rules.js';
import { checkPayment } from '../payment/service.js';
import {
  answerChallenge,
  create,
  eventsOf,
  paymentInput,
  startPayments,
  stripeOf,
  webhookSecret,
  type PaymentsTest,
} from './payments-test.js';

const nextSecret = 'whsec_next';
let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({
    ...{ webhooks: false, consume: false, webhookSecrets: `${webhookSecret},${nextSecret}` },
    sandbox: { processingDelayMs: 30 * 86_400_000 },
  });
});
afterAll(() => t.close());

const seconds = (): number => Math.floor(t.parts.clock().getTime() / 1000);
const hmac = (text: string, secret: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');
const signed = (body: string, secret = webhookSecret, at = seconds()): string =>
  `t=${at},v1=${hmac(`${at}.${body}`, secret)}`;

async function deliver(body: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(t.payments.webhookUrl, { method: 'POST', body, headers });
  return response.status;
}

const returnUrl = 'https://shop.example/back';
/** Payments of which only the provider knows how they went on: passed, failed and open challenges, a debit, a hold. */
async function begin(): Promise<string[]> {
  const ways = [
    { paymentMethodId: 'pm_card_threeDSecure2Required', outcome: 'complete' },
    { paymentMethodId: 'pm_card_threeDSecure2Required', outcome: 'fail' },
    { paymentMethodId: 'pm_paypal', outcome: 'complete', captureMethod: 'MANUAL' },
    { paymentMethodId: 'pm_sepaDebit', outcome: null },
    { paymentMethodId: 'pm_card_visa', outcome: null },
  ] as const;
  return Promise.all(
    ways.map(async ({ outcome, ...way }) => {
      const { payment, nextActionUrl } = await create(t, paymentInput(t.parts, { ...way, returnUrl }));
      if (outcome) await answerChallenge(nextActionUrl, outcome);
      return payment?.id ?? '';
    }),
  );
}

/** What the provider has told about since `from`, as it would post it. */
async function bodiesSince(from: number): Promise<string[]> {
  const bodies: string[] = [];
  for await (const event of stripeOf(t).events.list({ created: { gte: from }, limit: 100 }))
    bodies.push(JSON.stringify(event));
  return bodies;
}

const webhooks = async (): Promise<void> => {
  while ((await consumeOnce(t.consuming, t.consumer('webhooks'))) > 0);
};

const standsFor: Record<string, readonly string[]> = {
  succeeded: ['SUCCEEDED'],
  canceled: ['FAILED', 'CANCELLED'],
  processing: ['PROCESSING'],
  requires_capture: ['AUTHORIZED'],
};

interface Delivery {
  times: number;
  dropped: boolean;
  lateMs: number;
}
const delivery: fc.Arbitrary<Delivery> = fc.record({
  times: fc.integer({ min: 1, max: 10 }),
  dropped: fc.integer({ min: 1, max: 5 }).map((n) => n === 1),
  lateMs: fc.integer({ min: 0, max: 72 * 3_600_000 }),
});

test('each 1 to 10 times, shuffled, up to 72 hours late, a fifth never: what the provider says now stands, told once', async () => {
  const storm = fc.asyncProperty(
    fc.infiniteStream(delivery),
    fc.infiniteStream(fc.nat()),
    async (fates, order) => {
      const from = seconds();
      const ids = await begin();
      const bodies = await bodiesSince(from);
      const sent = bodies.flatMap((body) => {
        const { value } = fates.next() as { value: Delivery };
        const copies = value.dropped ? 0 : value.times;
        return Array.from({ length: copies }, () => ({
          body,
          lateMs: value.lateMs,
          rank: Number(order.next().value),
        }));
      });
      sent.sort((a, b) => a.rank - b.rank);
      let late = 0;
      for (const one of sent) {
        // The clock goes on while they come: to where the latest of them is.
        if (one.lateMs > late) t.parts.testClock.advance(one.lateMs - late);
        late = Math.max(late, one.lateMs);
        expect(await deliver(one.body, { 'stripe-signature': signed(one.body) })).toBe(200);
      }
      await webhooks();
      const told = sent.map(({ body }) => JSON.parse(body) as { id: string; type: string });
      const distinct = new Set(told.filter(({ type }) => webhookEvents.includes(type)).map(({ id }) => id));
      const stored = await t.db.webhookEvent.findMany({ where: { providerEventId: { in: [...distinct] } } });
      expect(stored).toHaveLength(distinct.size);
      // Nothing more comes: the timers make good what was dropped.
      t.parts.testClock.advance(15 * 60_000);
      for (const id of ids) await checkPayment(t.consuming.createContext('test'), id);
      for (const id of ids) {
        const row = await t.db.payment.findUniqueOrThrow({ where: { id } });
        const intent = await stripeOf(t).paymentIntents.retrieve(row.providerIntentId ?? '');
        expect(standsFor[intent.status]).toContain(row.status);
        const told = await eventsOf(t, id);
        expect(told).toHaveLength(new Set(told).size);
        expect(told.includes('PaymentProcessed')).toBe(row.status === 'SUCCEEDED');
      }
    },
  );
  await fc.assert(storm, { numRuns: 6, endOnFailure: true });
});

const bodyOf = (intentId: string, eventId: string): string =>
  JSON.stringify({
    ...{
      id: eventId,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: seconds(),
      livemode: false,
    },
    ...{ type: 'payment_intent.succeeded', data: { object: { id: intentId, object: 'payment_intent' } } },
  });

/** A request with one thing wrong with it. */
type Mutation = (body: string, n: number) => { body: string; headers: Record<string, string> };
const mutations: Record<string, Mutation> = {
  'a bit of the body': (body, n) => {
    const bytes = Buffer.from(body);
    const at = n % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (n % 7));
    return { body: bytes.toString('latin1'), headers: { 'stripe-signature': signed(body) } };
  },
  'a digit of the signature': (body, n) => {
    const signature = signed(body);
    const at = signature.length - 1 - (n % 64);
    const other = signature[at] === '0' ? '1' : '0';
    return {
      body,
      headers: { 'stripe-signature': `${signature.slice(0, at)}${other}${signature.slice(at + 1)}` },
    };
  },
  'another secret': (body, n) => ({ body, headers: { 'stripe-signature': signed(body, `whsec_${n}`) } }),
  'too old': (body, n) => ({
    body,
    headers: { 'stripe-signature': signed(body, webhookSecret, seconds() - 302 - n) },
  }),
  // Far ahead: the clock goes on while it is on its way.
  'from the future': (body, n) => ({
    body,
    headers: { 'stripe-signature': signed(body, webhookSecret, seconds() + 900 + n) },
  }),
  'a time that was not signed': (body, n) => {
    const at = seconds();
    const signature = `t=${at - 1 - (n % 200)},v1=${hmac(`${at}.${body}`, webhookSecret)}`;
    return { body, headers: { 'stripe-signature': signature } };
  },
  'no header': (body) => ({ body, headers: {} }),
  'another scheme': (body) => ({ body, headers: { 'stripe-signature': signed(body).replace('v1=', 'v0=') } }),
  'no time': (body) => ({ body, headers: { 'stripe-signature': signed(body).replace(/^t=\d+,/, '') } }),
  'the same JSON, written anew': (body) => ({
    body: JSON.stringify(JSON.parse(body), null, 1),
    headers: { 'stripe-signature': signed(body) },
  }),
};

test('a thousand requests with one thing wrong: none is accepted, and nothing changes', async () => {
  const { payment } = await create(
    t,
    paymentInput(t.parts, { paymentMethodId: 'pm_card_threeDSecure2Required', returnUrl }),
  );
  const row = () => t.db.payment.findUniqueOrThrow({ where: { id: payment?.id ?? '' } });
  const before = await row();
  const [events, messages] = [await t.db.webhookEvent.count(), await t.db.inboxMessage.count()];
  const mutation = fc.constantFrom(...Object.keys(mutations));
  let refused = 0;
  const forged = fc.asyncProperty(mutation, fc.nat(100_000), async (name, n) => {
    const body = bodyOf(before.providerIntentId ?? '', `evt_forged_${refused}`);
    const made = mutations[name]?.(body, n) ?? { body, headers: {} };
    // Bytes as they are: a flipped bit must not be made whole by an encoding.
    const answer = await fetch(t.payments.webhookUrl, {
      ...{ method: 'POST', headers: made.headers },
      body: Buffer.from(made.body, 'latin1'),
    });
    expect(answer.status).toBe(400);
    refused += 1;
  });
  await fc.assert(forged, { numRuns: 1_000, endOnFailure: true });
  expect(refused).toBe(1_000);
  expect(await t.db.webhookEvent.count()).toBe(events);
  expect(await t.db.inboxMessage.count()).toBe(messages);
  expect(await row()).toEqual(before);
});

test('while one secret is replaced by the other, both are good, and nothing else', async () => {
  const count = await t.db.webhookEvent.count();
  for (const [n, secret] of [webhookSecret, nextSecret].entries()) {
    const body = bodyOf('pi_nobody', `evt_rotated_${n}`);
    expect(await deliver(body, { 'stripe-signature': signed(body, secret) })).toBe(200);
  }
  const body = bodyOf('pi_nobody', 'evt_rotated_2');
  expect(await deliver(body, { 'stripe-signature': signed(body, `${webhookSecret},${nextSecret}`) })).toBe(
    400,
  );
  expect(await t.db.webhookEvent.count()).toBe(count + 2);
});
