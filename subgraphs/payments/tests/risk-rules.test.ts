/** Each rule of the fraud score alone flips a decision, with payments that were really made. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Context } from '../context.js';
import { createPayment } from '../payment/create.js';
import type { BuyerFactsInput } from '../risk/inputs.js';
import { riskCodes, type RiskCode, type RiskSettings } from '../risk/rules.js';
import { savePaymentMethod } from '../setup/service.js';
import { dropTimers, intentsOf, paymentInput, startPayments, type PaymentsTest } from './payments-test.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const without = (settings: RiskSettings, ...codes: RiskCode[]): RiskSettings => ({
  ...settings,
  steps: { ...settings.steps, ...Object.fromEntries(codes.map((code) => [code, []])) },
});

/** A context of payments whose risk rules are as `change` makes them. */
function contextWith(change: (defaults: RiskSettings) => RiskSettings): Context {
  const ctx = t.consuming.createContext('test');
  return { ...ctx, rules: { ...ctx.rules, risk: change(ctx.rules.risk) } };
}
const open = (): Context => contextWith((defaults) => without(defaults, ...riskCodes));

interface Attempt {
  customerId?: string;
  orderId?: string;
  attemptKey?: string;
  paymentMethodId?: string;
  euros?: number;
  buyer?: BuyerFactsInput;
  deadline?: Date;
}
const pay = (ctx: Context, { euros = 20, ...attempt }: Attempt) =>
  createPayment(ctx, {
    ...paymentInput(t.parts, { amount: { amount: `${euros}.00`, currencyCode: 'EUR' } }),
    ...attempt,
  });

/** What was decided, as the payment's row has it. */
async function decisionOn(ctx: Context, attempt: Attempt): Promise<string> {
  const { payment } = await pay(ctx, attempt);
  const row = await t.db.payment.findUniqueOrThrow({ where: { id: payment.id }, include: { risk: true } });
  const decided =
    row.failureCode === 'risk_refused'
      ? 'REFUSED'
      : row.strongAuthentication
        ? 'STRONG_AUTHENTICATION'
        : 'ACCEPTED';
  expect(row.risk?.decision).toBe(decided);
  return decided;
}

async function times(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 1) await work(i);
}

const declinedCard = 'pm_card_chargeDeclined';
const disposable = { mailDomain: 'mailinator.com' };
const threeCountries = { shippingCountry: 'DE', billingCountry: 'FR', ipCountry: 'US' };

interface Scene {
  /** What happened before; gives the attempt that is decided on. */
  stage: () => Promise<Attempt>;
  expected: 'STRONG_AUTHENTICATION' | 'REFUSED';
}

const sceneOf: Record<RiskCode, Scene> = {
  MANY_FAILED_PAYMENTS: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const [customerId, orderId] = [t.parts.newId(), t.parts.newId()];
      await times(5, (i) =>
        pay(open(), { customerId, orderId, attemptKey: `a${i}`, paymentMethodId: declinedCard }),
      );
      return { customerId };
    },
  },
  MANY_PAYMENTS: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const customerId = t.parts.newId();
      await times(10, () => pay(open(), { customerId }));
      return { customerId };
    },
  },
  MANY_UNPAID_ORDERS: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const customerId = t.parts.newId();
      await times(6, () => pay(open(), { customerId, paymentMethodId: 'pm_card_threeDSecure2Required' }));
      return { customerId };
    },
  },
  MANY_PAYMENTS_OF_ADDRESS: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const buyer = { addressKey: t.parts.newId() };
      await times(20, () => pay(open(), { buyer }));
      return { buyer };
    },
  },
  MANY_FAILED_PAYMENTS_OF_ADDRESS: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const buyer = { addressKey: t.parts.newId() };
      await times(10, () => pay(open(), { buyer, paymentMethodId: declinedCard }));
      return { buyer };
    },
  },
  MANY_PAYMENTS_OF_CARD: {
    expected: 'REFUSED',
    stage: async () => {
      await times(20, () => pay(open(), { paymentMethodId: 'pm_card_jcb' }));
      return { paymentMethodId: 'pm_card_jcb' };
    },
  },
  LARGE_AMOUNT: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const customerId = t.parts.newId();
      await pay(open(), { customerId, euros: 10_000 });
      return { customerId, euros: 10_000, buyer: disposable };
    },
  },
  LARGE_FIRST_PAYMENT: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => ({ euros: 5_000 }),
  },
  LARGE_AMOUNT_OF_NEW_ACCOUNT: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => ({
      euros: 2_000,
      buyer: { accountCreatedAt: t.parts.clock(), shippingCountry: 'DE', billingCountry: 'FR' },
    }),
  },
  AMOUNT_ABOVE_HISTORY: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const customerId = t.parts.newId();
      await pay(open(), { customerId, euros: 10 });
      return { customerId, euros: 900, buyer: disposable };
    },
  },
  AMOUNT_ABOVE_USUAL: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => {
      const customerId = t.parts.newId();
      for (const euros of [10, 20, 20, 500]) await pay(open(), { customerId, euros });
      return { customerId, euros: 900, buyer: threeCountries };
    },
  },
  COUNTRY_MISMATCH: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => ({ buyer: { ...threeCountries, ...disposable } }),
  },
  DISPOSABLE_MAIL: {
    expected: 'STRONG_AUTHENTICATION',
    stage: async () => ({ buyer: { ...threeCountries, ...disposable } }),
  },
};

test.each(riskCodes)('%s alone flips the decision', async (code) => {
  const { stage, expected } = sceneOf[code];
  // Cards are looked up for one rule alone: the sandbox gives everybody who pays with a test card the same one.
  const cards = (settings: RiskSettings): RiskSettings => ({
    ...(code === 'MANY_PAYMENTS_OF_CARD' ? settings : without(settings, 'MANY_PAYMENTS_OF_CARD')),
    cardLookup: code === 'MANY_PAYMENTS_OF_CARD' ? 'always' : 'never',
  });
  const off = contextWith((defaults) => without(cards(defaults), code));
  expect(await decisionOn(off, await stage())).toBe('ACCEPTED');
  expect(await decisionOn(contextWith(cards), await stage())).toBe(expected);
});

const onlyLimitOf = (code: RiskCode, limit: number) =>
  contextWith((defaults) => {
    const none = without(defaults, ...riskCodes);
    return { ...none, steps: { ...none.steps, [code]: [[limit, 0.9]] } };
  });

test.each<[string, RiskCode, () => Attempt[]]>([
  [
    'an account',
    'MANY_PAYMENTS',
    () => {
      const customerId = t.parts.newId();
      return Array.from({ length: 50 }, () => ({ customerId }));
    },
  ],
  [
    'an address, by as many accounts',
    'MANY_PAYMENTS_OF_ADDRESS',
    () => {
      const buyer = { addressKey: t.parts.newId() };
      return Array.from({ length: 50 }, () => ({ buyer }));
    },
  ],
])(
  'of fifty payments at once for %s exactly as many pass as the limit lets',
  async (_name, code, attempts) => {
    const ctx = onlyLimitOf(code, 5);
    const answers = await Promise.all(attempts().map((attempt) => pay(ctx, attempt)));
    const passed = answers.filter(({ payment }) => payment.status === 'SUCCEEDED');
    const refused = answers.filter(({ payment }) => payment.failureCode === 'risk_refused');
    expect([passed.length, refused.length]).toEqual([5, 45]);
    // Nobody asked the provider for those.
    const asked = await Promise.all(refused.slice(0, 5).map(({ payment }) => intentsOf(t, payment.orderId)));
    expect(asked.flat()).toEqual([]);
  },
);

test('a saved card is known beforehand: of twenty payments with it at once, by whoever, exactly as many pass', async () => {
  const users = [t.parts.newId(), t.parts.newId()];
  const methods = new Map<string, string>();
  for (const id of users) {
    const viewer = { ...open().viewer, kind: 'user' as const, id };
    const { paymentMethod } = await savePaymentMethod(
      { ...open(), viewer },
      { paymentMethodId: 'pm_card_gb' },
    );
    methods.set(id, paymentMethod?.id ?? '');
  }
  const ctx = { ...onlyLimitOf('MANY_PAYMENTS_OF_CARD', 5) };
  const provider = { ...ctx.provider, getMethod: () => Promise.reject(new Error('asked for a saved card')) };
  const attempts = Array.from({ length: 20 }, (_, i) => users[i % 2] ?? '');
  const answers = await Promise.all(
    attempts.map((customerId) =>
      pay({ ...ctx, provider }, { customerId, paymentMethodId: methods.get(customerId) ?? '' }),
    ),
  );
  expect(answers.filter(({ payment }) => payment.status === 'SUCCEEDED')).toHaveLength(5);
});

test('the same attempt, however often and however many at once, is counted once', async () => {
  const [customerId, orderId] = [t.parts.newId(), t.parts.newId()];
  const ctx = onlyLimitOf('MANY_PAYMENTS', 1);
  const attempt = {
    customerId,
    orderId,
    attemptKey: 'one',
    deadline: new Date(t.parts.clock().getTime() + 15 * 60_000),
  };
  const answers = await Promise.all(Array.from({ length: 8 }, () => pay(ctx, attempt)));
  answers.push(await pay(ctx, attempt));
  expect(new Set(answers.map(({ payment }) => payment.id)).size).toBe(1);
  expect(answers.at(-1)?.payment.status).toBe('SUCCEEDED');
  const row = await t.db.riskVelocity.findUniqueOrThrow({ where: { subject: `account:${customerId}` } });
  expect([row.attempts.length, row.orders, row.times.length]).toEqual([1, [orderId], 1]);
  expect(await decisionOn(ctx, { customerId })).toBe('REFUSED');
});

test('a card is looked up where something is suspicious, and not otherwise', async () => {
  const asked: string[] = [];
  const watch = (ctx: Context): Context => ({
    ...ctx,
    provider: {
      ...ctx.provider,
      getMethod: (id) => {
        asked.push(id);
        return ctx.provider.getMethod(id);
      },
    },
  });
  const defaults = watch(contextWith((settings) => without(settings, 'MANY_PAYMENTS_OF_CARD')));
  expect(await decisionOn(defaults, { buyer: { shippingCountry: 'DE', billingCountry: 'DE' } })).toBe(
    'ACCEPTED',
  );
  expect(asked).toEqual([]);
  // 1 - 0.7 * 0.55, with the American card: three countries.
  const buyer = { ...disposable, shippingCountry: 'DE', billingCountry: 'FR' };
  expect(await decisionOn(defaults, { buyer })).toBe('STRONG_AUTHENTICATION');
  expect(asked).toEqual(['pm_card_visa']);
  const never = watch(contextWith((settings) => ({ ...settings, cardLookup: 'never' })));
  expect(await decisionOn(never, { buyer })).toBe('ACCEPTED');
  expect(asked).toHaveLength(1);
});

test('a card that the provider does not know is no obstacle to the judgement', async () => {
  const ctx = contextWith((settings) => ({ ...settings, cardLookup: 'always' }));
  const { payment } = await pay(ctx, { paymentMethodId: 'pm_nobodyKnows' });
  expect(payment).toMatchObject({ status: 'FAILED', failureCode: 'invalid_payment_method' });
});

test('what is older than an hour or a day counts no more, and is forgotten after two', async () => {
  const customerId = t.parts.newId();
  const orderId = t.parts.newId();
  const ctx = onlyLimitOf('MANY_PAYMENTS', 3);
  await times(3, () => pay(ctx, { customerId }));
  expect(await decisionOn(ctx, { customerId })).toBe('REFUSED');
  t.parts.testClock.advance(3_601_000);
  expect(await decisionOn(ctx, { customerId })).toBe('ACCEPTED');
  const subjects = async () =>
    (await t.db.riskVelocity.findMany({ where: { subject: { contains: customerId } } })).length;
  const reconcile = t.consumer('reconciliation').timers?.['Reconcile'];
  if (!reconcile) throw new Error('There is no timer that reconciles.');
  const run = () => reconcile(t.consuming.createContext('test'), []);
  await run();
  expect(await subjects()).toBe(1);
  t.parts.testClock.advance(49 * 3_600_000);
  await pay(open(), { orderId });
  for (let time = 0; time < 2; time += 1) {
    await run();
    expect(await subjects()).toBe(0);
  }
  await dropTimers(t);
});
