import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { userCaller } from '../../../tests/testkit/parts.js';
import { ProviderUnavailable, type PaymentProvider } from '../provider/provider.js';
import { checkSetup, syncProviderSetup } from '../setup/service.js';
import { setupStatuses, isOpen } from '../setup/rules.js';
import {
  answerChallenge,
  create,
  intentsOf,
  paymentInput,
  startPayments,
  stripeOf,
  type PaymentsTest,
} from './payments-test.js';

const line: { cut: 'before' | 'after' | null } = { cut: null };

/** Loses the next setup: before the provider has it, or its answer. */
const wrapProvider = (provider: PaymentProvider): PaymentProvider => ({
  ...provider,
  createSetup: async (request) => {
    const { cut } = line;
    line.cut = null;
    if (cut === 'before') throw new ProviderUnavailable('cut', null);
    const answer = await provider.createSetup(request);
    if (cut === 'after') throw new ProviderUnavailable('cut', null);
    return answer;
  },
});

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ wrapProvider, webhooks: false, consume: false });
});
afterAll(() => t.close());

interface Saved {
  paymentMethod: { id: string; last4: string; default: boolean } | null;
  clientSecret: string | null;
  nextActionUrl: string | null;
  userErrors: { code: string }[];
}
const saveMutation = `mutation($input: SavePaymentMethodInput!) {
  savePaymentMethod(input: $input) { paymentMethod { id last4 default } clientSecret nextActionUrl userErrors { code } }
}`;
const save = async (userId: string, input: object): Promise<Saved> =>
  (await t.call<{ savePaymentMethod: Saved }>(saveMutation, { input }, userCaller(userId))).savePaymentMethod;

const threeDSecure = {
  paymentMethodId: 'pm_card_authenticationRequiredOnSetup',
  returnUrl: 'https://shop.example/back',
};
const setupOf = (customerId: string) => t.db.paymentMethodSetup.findFirstOrThrow({ where: { customerId } });
const methodsOf = (customerId: string) => t.db.paymentMethod.findMany({ where: { customerId } });
const timerOf = (id: string) =>
  t.db.inboxMessage.findFirst({ where: { aggregateId: id, type: 'SetupCheck', doneAt: null } });
const ctx = () => t.consuming.createContext('test');

/** A setup of a new user that waits for 3-D Secure. */
async function waiting() {
  const userId = t.parts.newId();
  const answer = await save(userId, threeDSecure);
  return { userId, answer, setup: await setupOf(userId) };
}

test('a card whose bank wants to see the customer waits for that, and the same call finishes it', async () => {
  const { userId, answer, setup } = await waiting();
  expect(answer).toMatchObject({ paymentMethod: null, userErrors: [] });
  expect(answer.clientSecret).toMatch(/^seti_.+_secret_/);
  expect(setup).toMatchObject({ status: 'REQUIRES_ACTION', paymentMethodId: null });
  expect(await methodsOf(userId)).toEqual([]);
  expect(await timerOf(setup.id)).not.toBeNull();
  // Asked again before the customer is back, it is the same one.
  expect(await save(userId, threeDSecure)).toMatchObject({ nextActionUrl: answer.nextActionUrl });
  await answerChallenge(answer.nextActionUrl, 'complete');
  expect(await save(userId, threeDSecure)).toMatchObject({
    paymentMethod: { last4: '3155', default: true },
    nextActionUrl: null,
  });
  expect(await setupOf(userId)).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(await methodsOf(userId)).toHaveLength(1);
  expect(await timerOf(setup.id)).toBeNull();
});

test.each(['webhook', 'timer'] as const)('the %s finishes it without the customer', async (by) => {
  const { userId, answer, setup } = await waiting();
  await answerChallenge(answer.nextActionUrl, 'complete');
  for (let i = 0; i < 2; i += 1)
    await (by === 'timer'
      ? checkSetup(ctx(), setup.id)
      : syncProviderSetup(ctx(), setup.providerSetupId ?? ''));
  expect(await setupOf(userId)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await methodsOf(userId)).toHaveLength(1);
});

test('who fails at the bank saves nothing, and the setup is ended at the provider', async () => {
  const { userId, answer, setup } = await waiting();
  await answerChallenge(answer.nextActionUrl, 'fail');
  expect((await save(userId, threeDSecure)).userErrors).toEqual([{ code: 'PAYMENT_METHOD_DECLINED' }]);
  expect(await setupOf(userId)).toMatchObject({
    ...{ status: 'FAILED', failureCode: 'setup_intent_authentication_failure' },
  });
  const atProvider = await stripeOf(t).setupIntents.retrieve(setup.providerSetupId ?? '');
  expect(atProvider.status).toBe('canceled');
  expect(await methodsOf(userId)).toEqual([]);
});

test('five calls at once and one more make one setup and save one method', async () => {
  const userId = t.parts.newId();
  await save(userId, { paymentMethodId: 'pm_card_mastercard' });
  const { customer } = await stripeOf(t).paymentMethods.retrieve(
    (await methodsOf(userId))[0]?.providerMethodId ?? '',
  );
  const made = await stripeOf(t).paymentMethods.list({ customer: String(customer) });
  expect(made.data).toHaveLength(1);
  const answers = await Promise.all(Array.from({ length: 5 }, () => save(userId, threeDSecure)));
  expect(new Set(answers.map(({ nextActionUrl }) => nextActionUrl)).size).toBe(1);
  await answerChallenge(answers[0]?.nextActionUrl ?? null, 'complete');
  const { id } = await t.db.paymentMethodSetup.findFirstOrThrow({
    where: { customerId: userId, status: 'REQUIRES_ACTION' },
  });
  await Promise.all(Array.from({ length: 5 }, () => checkSetup(ctx(), id)));
  expect(await methodsOf(userId)).toHaveLength(2);
  expect(await t.db.paymentMethodSetup.count({ where: { customerId: userId } })).toBe(2);
});

test.each(['before', 'after'] as const)(
  'a call that was cut %s the provider had it is finished by the timer',
  async (cut) => {
    const userId = t.parts.newId();
    await save(userId, { paymentMethodId: 'pm_card_visa' });
    line.cut = cut;
    const input = { paymentMethodId: 'pm_card_amex' };
    expect(await t.refusal(saveMutation, { input }, userCaller(userId))).toBe('PROVIDER_UNAVAILABLE');
    const setup = await t.db.paymentMethodSetup.findFirstOrThrow({
      where: { customerId: userId, providerMethodId: 'pm_card_amex' },
    });
    expect(setup.status).toBe('PENDING');
    for (let i = 0; i < 2; i += 1) await checkSetup(ctx(), setup.id);
    expect(await methodsOf(userId)).toHaveLength(2);
    expect(
      (await stripeOf(t).setupIntents.list({ limit: 100 })).data.filter(
        (one) => one.metadata?.['setup_id'] === setup.id,
      ),
    ).toHaveLength(1);
  },
);

test('who does not come back within the hour is not waited for', async () => {
  const { userId, answer, setup } = await waiting();
  t.parts.testClock.advance(3_601_000);
  for (let i = 0; i < 2; i += 1) await checkSetup(ctx(), setup.id);
  expect(await setupOf(userId)).toMatchObject({ status: 'CANCELLED' });
  expect(await timerOf(setup.id)).toBeNull();
  await expect(answerChallenge(answer.nextActionUrl, 'complete')).rejects.toThrow('409');
  expect(await methodsOf(userId)).toEqual([]);
});

test('every state that is open can end, and no other can change', () => {
  expect(setupStatuses.filter((status) => isOpen({ status }))).toEqual([
    'PENDING',
    'REQUIRES_ACTION',
    'PROCESSING',
  ]);
});

test('the default is chosen, and after it was removed the newest is it', async () => {
  const userId = t.parts.newId();
  const caller = userCaller(userId);
  const ids: string[] = [];
  for (const brand of ['visa', 'mastercard', 'amex'])
    ids.push((await save(userId, { paymentMethodId: `pm_card_${brand}` })).paymentMethod?.id ?? '');
  const choose = `mutation($input: SetDefaultPaymentMethodInput!) { setDefaultPaymentMethod(input: $input) {
    paymentMethod { id default } userErrors { code } } }`;
  const chosen = (paymentMethodId: string | undefined, who = caller) =>
    t.call(choose, { input: { paymentMethodId } }, who);
  for (let i = 0; i < 2; i += 1)
    expect(await chosen(ids[1])).toEqual({
      setDefaultPaymentMethod: { paymentMethod: { id: ids[1], default: true }, userErrors: [] },
    });
  expect(await chosen(ids[0], userCaller())).toEqual({
    setDefaultPaymentMethod: { paymentMethod: null, userErrors: [{ code: 'NOT_FOUND' }] },
  });
  const defaults = async () => (await methodsOf(userId)).filter((one) => one.isDefault).map(({ id }) => id);
  expect(await defaults()).toEqual([ids[1]]);
  const remove = `mutation($input: RemovePaymentMethodInput!) { removePaymentMethod(input: $input) { removedPaymentMethodId } }`;
  await t.call(remove, { input: { paymentMethodId: ids[1] } }, caller);
  expect(await defaults()).toEqual([ids[2]]);
});

test('a card that was set up with 3-D Secure still asks the customer when the bank wants that', async () => {
  const { userId, answer } = await waiting();
  await answerChallenge(answer.nextActionUrl, 'complete');
  const { paymentMethod } = await save(userId, threeDSecure);
  const input = paymentInput(t.parts, {
    ...{ customerId: userId, paymentMethodId: paymentMethod?.id, returnUrl: threeDSecure.returnUrl },
  });
  const { payment, nextActionUrl } = await create(t, input);
  expect(payment?.status).toBe('REQUIRES_ACTION');
  await answerChallenge(nextActionUrl, 'complete');
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'succeeded' }]);
});
