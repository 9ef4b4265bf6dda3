/**
 * Random commands to an order's payments through payments' API, against a pure model: attempts, the bank's answers, captures,
 * cancellations, refunds, each again under its key, and the provider's webhooks as often as they come.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  answerChallenge,
  cancel,
  create,
  eventsOf,
  paymentInput,
  startPayments,
  webhookSecret,
  type PaymentsTest,
} from '../../subgraphs/payments/tests/payments-test.js';
import { consumeOnce } from '../../subgraphs/shared/events/inbox.js';
import { runs } from './runs.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const price = 2_599;
const methods = {
  works: 'pm_card_visa',
  declined: 'pm_card_chargeDeclined',
  asks: 'pm_card_threeDSecure2Required',
} as const;
/** What each key asks for, minor units: one is more than there is. */
const captureAmounts = [1_000, price, price + 1];
const refundAmounts = [500, 800, price, 1_000];

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      key: fc.nat({ max: 3 }),
      method: fc.constantFrom('works', 'declined', 'asks'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('bank' as const),
      outcome: fc.constantFrom('complete', 'fail'),
      told: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('capture' as const), key: fc.nat({ max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('refund' as const), key: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('webhooks' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

interface Attempt {
  key: number;
  status: string;
  captured: number;
  refunded: number;
  capturedBy: number | null;
}

interface Model {
  manual: boolean;
  attempts: Attempt[];
  refunds: Set<number>;
}

const pay = (attempt: Attempt, { manual }: Model): void => {
  attempt.status = manual ? 'AUTHORIZED' : 'SUCCEEDED';
  attempt.captured = manual ? 0 : price;
};
const isOpen = ({ status }: Attempt): boolean => status === 'REQUIRES_ACTION';

/** What the command changes in the model, and the refusal's code; null: it is done. */
function expected(model: Model, asked: Command): string | null {
  const { attempts } = model;
  const paid = attempts.find(({ captured }) => captured > 0);
  const setAside = attempts.find(({ status }) => status === 'AUTHORIZED');
  switch (asked.kind) {
    case 'create': {
      if (attempts.some(({ key }) => key === asked.key)) return null;
      if (paid || setAside) return 'ALREADY_PAID';
      for (const open of attempts.filter(isOpen)) open.status = 'CANCELLED';
      const status = asked.method === 'declined' ? 'FAILED' : 'REQUIRES_ACTION';
      const attempt: Attempt = { key: asked.key, status, captured: 0, refunded: 0, capturedBy: null };
      if (asked.method === 'works') pay(attempt, model);
      attempts.push(attempt);
      return null;
    }
    case 'bank': {
      const open = attempts.find(isOpen);
      if (open && asked.outcome === 'complete') pay(open, model);
      else if (open) open.status = 'FAILED';
      return null;
    }
    case 'capture':
      if (attempts.some(({ capturedBy }) => capturedBy === asked.key)) return null;
      if (paid) return 'ALREADY_CAPTURED';
      if (!setAside) return 'NOTHING_AUTHORIZED';
      if ((captureAmounts[asked.key] ?? 0) > price) return 'CAPTURE_EXCEEDS_AUTHORIZED';
      setAside.status = 'SUCCEEDED';
      setAside.captured = captureAmounts[asked.key] ?? 0;
      setAside.capturedBy = asked.key;
      return null;
    case 'cancel':
      for (const one of attempts) if (isOpen(one) || one === setAside) one.status = 'CANCELLED';
      return null;
    case 'refund': {
      if (model.refunds.has(asked.key)) return null;
      if (!paid) return 'NOTHING_CAPTURED';
      const amount = refundAmounts[asked.key] ?? 0;
      if (paid.refunded + amount > paid.captured) return 'REFUND_EXCEEDS_CAPTURED';
      model.refunds.add(asked.key);
      paid.refunded += amount;
      paid.status = paid.refunded === paid.captured ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
      return null;
    }
    case 'webhooks':
      return null;
  }
}

const euros = (minor: number): object => ({ amount: (minor / 100).toFixed(2), currencyCode: 'EUR' });

interface Run {
  input: ReturnType<typeof paymentInput>;
  captureIds: string[];
  refundIds: string[];
  /** The bank's page of the latest attempt that has one. */
  page: string | null;
}

interface Refusable {
  userErrors: { code: string }[];
}
const call = async (field: 'capturePayment' | 'refundPayment', input: object): Promise<string | null> => {
  const type = field === 'capturePayment' ? 'CapturePaymentInput' : 'RefundPaymentInput';
  const data = await t.call<Record<string, Refusable>>(
    `mutation ($input: ${type}!) { ${field}(input: $input) { userErrors { code } } }`,
    { input },
  );
  return data[field]?.userErrors[0]?.code ?? null;
};

/** The provider tells of all intents of the order, so many times each, and payments handles it. */
async function tell(orderId: string, times: number): Promise<void> {
  for (const { providerIntentId } of await t.db.payment.findMany({ where: { orderId } })) {
    if (providerIntentId === null) continue;
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    const object = { id: providerIntentId, object: 'payment_intent' };
    const body = JSON.stringify({
      ...{ id, object: 'event', type: 'payment_intent.succeeded', created: 1, data: { object } },
    });
    const at = Math.floor(t.parts.clock().getTime() / 1_000);
    const signature = createHmac('sha256', webhookSecret).update(`${at}.${body}`).digest('hex');
    const headers = { 'stripe-signature': `t=${at},v1=${signature}` };
    for (let i = 0; i < times; i += 1)
      expect((await fetch(t.payments.webhookUrl, { method: 'POST', body, headers })).status).toBe(200);
  }
  while ((await consumeOnce(t.consuming, t.consumer('webhooks'))) > 0);
}

async function run(
  asked: Command,
  { input, captureIds, refundIds, ...rest }: Run,
): Promise<[string | null, string | null]> {
  const { orderId } = input;
  const none = [null, rest.page] as [null, string | null];
  switch (asked.kind) {
    case 'create': {
      const attempt = { ...input, attemptKey: String(asked.key), paymentMethodId: methods[asked.method] };
      const { userErrors, nextActionUrl } = await create(t, attempt);
      return [userErrors[0]?.code ?? null, nextActionUrl ?? rest.page];
    }
    case 'bank':
      if (rest.page) await answerChallenge(rest.page, asked.outcome).catch(() => undefined);
      await tell(orderId, asked.told);
      return none;
    case 'capture': {
      const amount = euros(captureAmounts[asked.key] ?? 0);
      return [await call('capturePayment', { orderId, captureId: captureIds[asked.key], amount }), rest.page];
    }
    case 'refund': {
      const amount = euros(refundAmounts[asked.key] ?? 0);
      return [await call('refundPayment', { orderId, refundId: refundIds[asked.key], amount }), rest.page];
    }
    case 'cancel':
      expect((await cancel(t, orderId)).allEnded).toBe(true);
      return none;
    case 'webhooks':
      await tell(orderId, 2);
      return none;
  }
}

interface Standing {
  payments: object[];
  /** What was told of money that was taken, and of money that went back. */
  taken: number;
  givenBack: number;
}

async function standing(orderId: string): Promise<Standing> {
  const rows = await t.db.payment.findMany({ where: { orderId }, orderBy: { createdAt: 'asc' } });
  const told = (await Promise.all(rows.map(({ id }) => eventsOf(t, id)))).flat();
  return {
    payments: rows.map(({ attemptKey, status, capturedAmount, refundedAmount }) => ({
      ...{ key: Number(attemptKey), status },
      ...{ captured: Number(capturedAmount), refunded: Number(refundedAmount) },
    })),
    taken: told.filter((type) => type === 'PaymentProcessed').length,
    givenBack: told.filter((type) => type === 'PaymentRefunded').length,
  };
}

const standingIn = ({ attempts, refunds }: Model): Standing => ({
  payments: attempts.map(({ key, status, captured, refunded }) => ({ key, status, captured, refunded })),
  taken: attempts.filter(({ captured }) => captured > 0).length,
  givenBack: refunds.size,
});

test('payments do what their model does, whatever is asked and told in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(command, { minLength: 4, maxLength: 14 }),
      async (manual, commands) => {
        const ids = (count: number): string[] => Array.from({ length: count }, () => t.parts.newId());
        const state: Run = {
          input: paymentInput(t.parts, {
            returnUrl: 'https://shop.example/back',
            captureMethod: manual ? 'MANUAL' : 'AUTOMATIC',
          }),
          ...{ captureIds: ids(3), refundIds: ids(4), page: null },
        };
        const model: Model = { manual, attempts: [], refunds: new Set() };
        for (const asked of commands) {
          const wanted = expected(model, asked);
          const [code, page] = await run(asked, state);
          state.page = page;
          expect([asked, code]).toEqual([asked, wanted]);
          expect([asked, await standing(state.input.orderId)]).toEqual([asked, standingIn(model)]);
        }
      },
    ),
    { numRuns: runs(40) },
  );
});
