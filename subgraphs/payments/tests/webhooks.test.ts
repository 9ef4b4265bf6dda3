import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { userCaller } from '../../../tests/testkit/parts.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import { verify } from '../webhook/server.js';
import {
  answerChallenge,
  create,
  eventsOf,
  intentsOf,
  paymentInput,
  startPayments,
  stripeOf,
  webhookSecret,
  type PaymentsTest,
} from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments();
});
afterAll(() => t.close());

const threeDSecure = {
  paymentMethodId: 'pm_card_threeDSecure2Required',
  returnUrl: 'https://shop.example/back',
};
const paymentOf = (id = '') => t.db.payment.findUniqueOrThrow({ where: { id } });

test('3-D Secure that was passed pays the order by webhook alone', async () => {
  const { payment, nextActionUrl } = await create(t, paymentInput(t.parts, threeDSecure));
  expect(payment?.status).toBe('REQUIRES_ACTION');
  await answerChallenge(nextActionUrl, 'complete');
  await eventually(async () => (await paymentOf(payment?.id)).status === 'SUCCEEDED');
  expect(await eventsOf(t, payment?.id)).toEqual([
    'PaymentUpdated REQUIRES_ACTION',
    'PaymentUpdated SUCCEEDED',
    'PaymentProcessed',
  ]);
});

test('3-D Secure that was failed fails the payment and ends it at the provider', async () => {
  const input = paymentInput(t.parts, threeDSecure);
  const { payment, nextActionUrl } = await create(t, input);
  await answerChallenge(nextActionUrl, 'fail');
  const row = await eventually(async () => {
    const found = await paymentOf(payment?.id);
    return found.holdsOrder ? false : found;
  });
  expect(row).toMatchObject({ status: 'FAILED', failureCode: 'payment_intent_authentication_failure' });
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'canceled' }]);
  expect(await eventsOf(t, payment?.id)).toEqual([
    'PaymentUpdated REQUIRES_ACTION',
    'PaymentUpdated FAILED',
    'PaymentFailed',
  ]);
});

test('refreshPayment sees it without waiting for the webhook, for the customer alone', async () => {
  const input = paymentInput(t.parts, threeDSecure);
  const { payment, nextActionUrl } = await create(t, input);
  const refresh = `mutation($input: RefreshPaymentInput!) { refreshPayment(input: $input) { payment { status } userErrors { code } } }`;
  await answerChallenge(nextActionUrl, 'complete');
  const variables = { input: { paymentId: payment?.id } };
  expect(await t.call(refresh, variables, userCaller())).toEqual({
    refreshPayment: { payment: null, userErrors: [{ code: 'NOT_FOUND' }] },
  });
  for (let i = 0; i < 2; i += 1) {
    expect(await t.call(refresh, variables, userCaller(input.customerId))).toEqual({
      refreshPayment: { payment: { status: 'SUCCEEDED' }, userErrors: [] },
    });
  }
});

test('webhooks that come five times each, late and in any order, change nothing that is right', async () => {
  await t.helper('chaos', { repeat: 5, shuffleMs: 300 });
  const inputs = Array.from({ length: 4 }, (_, i) => paymentInput(t.parts, i % 2 ? threeDSecure : {}));
  const created = await Promise.all(inputs.map((input) => create(t, input)));
  await Promise.all(
    created.map(({ nextActionUrl }) => nextActionUrl && answerChallenge(nextActionUrl, 'complete')),
  );
  await eventually(async () => {
    const rows = await Promise.all(created.map(({ payment }) => paymentOf(payment?.id)));
    return rows.every((row) => row.status === 'SUCCEEDED');
  });
  await t.quiet();
  await t.helper('chaos', {});
  const told = await Promise.all(created.map(({ payment }) => eventsOf(t, payment?.id)));
  for (const events of told) {
    expect(events.filter((type) => type === 'PaymentProcessed')).toHaveLength(1);
    expect(events.filter((type) => type === 'PaymentUpdated SUCCEEDED')).toHaveLength(1);
  }
  const stored = await t.db.webhookEvent.groupBy({ by: ['providerEventId'], _count: true });
  expect(stored.every((row) => row._count === 1)).toBe(true);
  // Each one that bids us read made us read once, not five times.
  const types = (await t.db.webhookEvent.findMany()).map((row) => row.type);
  const read = types.filter(
    (type) => type !== 'payment_intent.created' && type.startsWith('payment_intent.'),
  );
  expect(await t.db.inboxMessage.count({ where: { consumer: 'webhooks' } })).toBe(read.length);
});

test('every event of the provider, sent again days later, changes nothing', async () => {
  await t.quiet();
  const before = await t.db.payment.findMany({ orderBy: { id: 'asc' } });
  const events = await t.db.outboxEvent.count();
  for await (const event of stripeOf(t).events.list({ limit: 100 }))
    await t.helper('resend', { event: event.id });
  await t.quiet();
  expect(await t.db.payment.findMany({ orderBy: { id: 'asc' } })).toEqual(before);
  expect(await t.db.outboxEvent.count()).toBe(events);
});

test('webhooks that never come are made good by the timer', async () => {
  await t.helper('chaos', { dropRate: 1 });
  const { payment, nextActionUrl } = await create(t, paymentInput(t.parts, threeDSecure));
  await answerChallenge(nextActionUrl, 'complete');
  await t.quiet();
  expect((await paymentOf(payment?.id)).status).toBe('REQUIRES_ACTION');
  t.parts.testClock.advance(61_000);
  await eventually(async () => (await paymentOf(payment?.id)).status === 'SUCCEEDED');
  await t.helper('chaos', {});
});

function eventBody(id: string, type: string, intentId: string): string {
  return JSON.stringify({
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(t.parts.clock().getTime() / 1000),
    type,
    livemode: false,
    data: { object: { id: intentId, object: 'payment_intent' } },
  });
}

function sign(body: string, secret = webhookSecret, ahead = 0, now = t.parts.clock()): string {
  const seconds = Math.floor(now.getTime() / 1000) + ahead;
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

async function post(body: string | Buffer, signature: string | null, method = 'POST'): Promise<number> {
  const response = await fetch(t.payments.webhookUrl, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(signature === null ? {} : { 'stripe-signature': signature }),
    },
    ...(method === 'POST' ? { body } : {}),
  });
  return response.status;
}

test('a forged webhook is refused and leaves nothing', async () => {
  const before = await t.db.webhookEvent.count();
  const body = eventBody('evt_forged', 'payment_intent.succeeded', 'pi_1');
  const good = sign(body);
  const mac = good.slice(good.indexOf('v1=') + 3);
  const time = good.slice(2, good.indexOf(','));
  const forgeries: [string, string | null][] = [
    [body, null],
    [body, ''],
    [body, 'nonsense'],
    [body, sign(body, 'whsec_other')],
    [body, sign(body, '')],
    [body, sign(body, webhookSecret, -301)],
    // Far ahead: the clock goes on while the others are posted, and 301 would be 300 a moment later.
    [body, sign(body, webhookSecret, 900)],
    [body, `t=${time},v0=${mac}`],
    [body, `v1=${mac}`],
    [body, `t=${Number(time) + 1},v1=${mac}`],
    [body, `t=${time},v1=${mac.slice(0, -1)}`],
    [body, `t=${time},v1=`],
    [JSON.stringify(JSON.parse(body), null, 2), good],
    [body.replace('pi_1', 'pi_2'), good],
    [`${body} `, good],
    ['', good],
  ];
  for (let i = 0; i < 60; i += 1) {
    const at = Math.floor((i * body.length) / 60);
    const flipped = Buffer.from(body);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (i % 7));
    forgeries.push([flipped.toString('latin1'), good]);
  }
  for (const [forged, signature] of forgeries)
    expect([await post(forged, signature), signature]).toEqual([400, signature]);
  expect(await post(body, null, 'GET')).toBe(405);
  expect(await post('x'.repeat(600_000), good)).toBe(413);
  expect(await t.db.webhookEvent.count()).toBe(before);
  // What the forgeries were made from is good itself.
  expect(await post(body, good)).toBe(200);
  expect(await t.db.webhookEvent.count()).toBe(before + 1);
});

test('a signature may be five minutes old or ahead, and not a second more', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const body = eventBody('evt_dated', 'payment_intent.succeeded', 'pi_1');
  const isGood = (ahead: number): boolean => {
    const options = { stripe: stripeOf(t), secrets: [webhookSecret], clock: () => now };
    return verify(options, Buffer.from(body), sign(body, webhookSecret, ahead, now)) !== null;
  };
  expect([-301, -300, 0, 300, 301].map(isGood)).toEqual([false, true, true, true, false]);
});

test('an event is said to have been received only when it is stored', async () => {
  const body = eventBody('evt_stored', 'payment_intent.succeeded', 'pi_unknown');
  await t.db.$executeRaw`ALTER TABLE webhook_event RENAME TO webhook_event_away`;
  expect(await post(body, sign(body))).toBe(500);
  await t.db.$executeRaw`ALTER TABLE webhook_event_away RENAME TO webhook_event`;
  expect(await post(body, sign(body))).toBe(200);
  expect(await t.db.webhookEvent.count({ where: { providerEventId: 'evt_stored' } })).toBe(1);
});

test('a webhook that cannot be handled is tried again and ends as a dead letter, which staff can retry', async () => {
  const stopped = await startPayments({ webhooks: false, consume: false });
  try {
    await stopped.db.inboxMessage.create({
      data: {
        consumer: 'webhooks',
        eventId: stopped.parts.newId(),
        type: 'ProviderEvent',
        version: 1,
        aggregateType: 'Timer',
        aggregateId: stopped.parts.newId(),
        aggregateSeq: 0,
        correlationId: 'test',
        occurredAt: stopped.parts.clock(),
        payload: { kind: 'intent', id: 'pi_gone' },
        runAt: stopped.parts.clock(),
      },
    });
    for (let i = 0; i < 12; i += 1) {
      expect(await consumeOnce(stopped.consuming, stopped.consumer('webhooks'))).toBe(1);
      stopped.parts.testClock.advance(2 * 3_600_000);
    }
    expect(await consumeOnce(stopped.consuming, stopped.consumer('webhooks'))).toBe(0);
    const list = `{ paymentsDeadLetters { nodes { id consumer type attempts lastError } } }`;
    expect(await stopped.refusal(list, {}, userCaller())).toBe('FORBIDDEN');
    const staff = userCaller(stopped.parts.newId(), 'admin');
    const { paymentsDeadLetters } = await stopped.call<{ paymentsDeadLetters: { nodes: { id: string }[] } }>(
      list,
      {},
      staff,
    );
    expect(paymentsDeadLetters.nodes).toMatchObject([
      {
        consumer: 'webhooks',
        type: 'ProviderEvent',
        attempts: 12,
        lastError: "No such payment_intent: 'pi_gone'",
      },
    ]);
    const retry = `mutation($input: RetryPaymentsDeadLettersInput!) { retryPaymentsDeadLetters(input: $input) { retriedIds userErrors { code } } }`;
    const ids = paymentsDeadLetters.nodes.map(({ id }) => id);
    expect(
      await stopped.refusal(retry, { input: { ids } }, userCaller(stopped.parts.newId(), 'manager')),
    ).toBe('FORBIDDEN');
    expect(await stopped.call(retry, { input: { ids } }, staff)).toEqual({
      retryPaymentsDeadLetters: { retriedIds: ids, userErrors: [] },
    });
    expect(await consumeOnce(stopped.consuming, stopped.consumer('webhooks'))).toBe(1);
  } finally {
    await stopped.close();
  }
});
