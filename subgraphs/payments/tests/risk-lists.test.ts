/** Lists of risk: each kind of entry alone flips a decision, and the entries are kept, found, ended and forgotten. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { addressKeyOf, ipKeyOf, mailKeyOf } from '../../shared/buyer-keys.js';
import { recordStatements } from '../../shared/db.js';
import type { Context } from '../context.js';
import { createPayment } from '../payment/create.js';
import { forgetUser } from '../payment-method/service.js';
import { riskCodes, type RiskSettings } from '../risk/rules.js';
import { riskListKinds, type RiskListKind } from '../risk-list/rules.js';
import { endListEntries } from '../risk-list/service.js';
import { savePaymentMethod } from '../setup/service.js';
import {
  dropTimers,
  intentsOf,
  paymentInput,
  startPayments,
  stripeOf,
  type PaymentsTest,
} from './payments-test.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const ctx = (): Context => t.consuming.createContext('test');
const staff = staffCaller('finance');

const entryFields =
  'id list kind value reason endsAt removedAt customer { id } payment { id } addedBy { id } removedBy { id }';
interface Entry {
  id: string;
  list: string;
  kind: string;
  value: string | null;
  reason: string;
  endsAt: string | null;
  removedAt: string | null;
  customer: { id: string } | null;
  payment: { id: string } | null;
  addedBy: { id: string } | null;
  removedBy: { id: string } | null;
}
interface Changed {
  entries: Entry[] | null;
  userErrors: { code: string; field: string[] | null }[];
}

const addMutation = `mutation ($input: AddRiskListEntriesInput!) {
  addRiskListEntries(input: $input) { entries { ${entryFields} } userErrors { code field } } }`;
async function add(list: 'ALLOW' | 'DENY', subjects: object[], more: object = {}): Promise<Changed> {
  const input = { idempotencyKey: t.parts.newId(), list, subjects, reason: 'A test', ...more };
  return (await t.call<{ addRiskListEntries: Changed }>(addMutation, { input }, staff)).addRiskListEntries;
}
const removeMutation = `mutation ($input: RemoveRiskListEntriesInput!) {
  removeRiskListEntries(input: $input) { entries { ${entryFields} } userErrors { code field } } }`;
async function remove(ids: string[], more: object = {}): Promise<Changed> {
  const input = { idempotencyKey: t.parts.newId(), ids, ...more };
  return (await t.call<{ removeRiskListEntries: Changed }>(removeMutation, { input }, staff))
    .removeRiskListEntries;
}
const listQuery = `query ($filter: RiskListFilter, $first: Int, $after: String) {
  riskListEntries(filter: $filter, first: $first, after: $after) { nodes { ${entryFields} } pageInfo { endCursor hasNextPage } } }`;
interface Listing {
  nodes: Entry[];
  pageInfo: { endCursor: string; hasNextPage: boolean };
}
const list = async (variables: object): Promise<Listing> =>
  (await t.call<{ riskListEntries: Listing }>(listQuery, { ...variables }, staff)).riskListEntries;
const idsOf = ({ entries }: Changed): string[] => (entries ?? []).map(({ id }) => id);

interface Attempt {
  customerId?: string;
  paymentMethodId?: string;
  amount?: object;
  buyer?: object;
  initiatedBy?: string;
}
interface Judgement {
  id: string;
  orderId: string;
  status: string;
  decision: string | undefined;
  codes: string[];
}
async function pay(attempt: Attempt, by: Context = ctx()): Promise<Judgement> {
  const input = { ...paymentInput(t.parts), ...attempt };
  const { payment } = await createPayment(by, input as Parameters<typeof createPayment>[1]);
  const risk = await t.db.riskAssessment.findUniqueOrThrow({ where: { paymentId: payment.id } });
  const codes = (risk.reasons as { code: string }[]).map(({ code }) => code);
  return { id: payment.id, orderId: input.orderId, status: payment.status, decision: risk.decision, codes };
}

/** Rules as `change` makes them; the cards of the sandbox are everybody's, so how often they were used says nothing here. */
function contextWith(change: Partial<RiskSettings> = {}): Context {
  const base = ctx();
  const risk = { ...base.rules.risk, ...change };
  const steps = { ...risk.steps, MANY_PAYMENTS_OF_CARD: [] };
  return { ...base, rules: { ...base.rules, risk: { ...risk, steps } } };
}
/** One rule that refuses every payment: what a permission has to outdo. */
const refusesAll = (): Context => {
  const none = Object.fromEntries(riskCodes.map((code) => [code, []]));
  return contextWith({
    steps: { ...(none as unknown as RiskSettings['steps']), DISPOSABLE_MAIL: [[1, 0.9]] },
    disposableMailDomains: new Set(['mail.example']),
  });
};

const address = { line1: 'Mengstraße 4', city: 'Lübeck', postalCode: '23552', country: 'DE' };
interface Case {
  subject: (customerId: string) => Promise<object>;
  attempt: (customerId: string) => Attempt;
}
const mail = { mailDomain: 'mail.example' };
const caseOf: Record<RiskListKind, Case> = {
  CUSTOMER: {
    subject: async (customerId) => ({ customerId }),
    attempt: (customerId) => ({ customerId, buyer: mail }),
  },
  EMAIL: {
    subject: async () => ({ email: 'Anna+shop@Mail.Example' }),
    attempt: () => ({ buyer: { ...mail, mailKey: mailKeyOf(ctx().vault, 'anna@mail.example') } }),
  },
  EMAIL_DOMAIN: {
    subject: async () => ({ emailDomain: 'Bad.Example' }),
    attempt: () => ({ buyer: { mailDomain: 'deep.bad.example' } }),
  },
  CARD: {
    subject: async () => {
      const { id } = await pay({ paymentMethodId: 'pm_card_jcb' }, contextWith());
      return { cardOfPaymentId: id };
    },
    attempt: () => ({ paymentMethodId: 'pm_card_jcb', buyer: mail }),
  },
  IP_ADDRESS: {
    subject: async () => ({ ipAddress: '2001:db8:1:2::7' }),
    attempt: () => ({ buyer: { ...mail, ipKey: ipKeyOf(ctx().vault, '2001:db8:1:2::9') } }),
  },
  IP_COUNTRY: {
    subject: async () => ({ ipCountry: 'BR' }),
    attempt: () => ({ buyer: { ...mail, ipCountry: 'BR' } }),
  },
  ADDRESS: {
    subject: async () => ({ address }),
    attempt: () => ({
      buyer: {
        ...mail,
        addressKey: addressKeyOf(ctx().vault, { ...address, line1: 'MENGSTRASSE 4', line2: null }),
      },
    }),
  },
};

test.each(riskListKinds)('%s on the deny list alone refuses, and is named', async (kind) => {
  const { subject, attempt } = caseOf[kind];
  const customerId = t.parts.newId();
  expect(await pay(attempt(customerId), contextWith())).toMatchObject({ decision: 'ACCEPTED', codes: [] });
  const added = await add('DENY', [await subject(customerId)]);
  expect(added).toMatchObject({ entries: [{ list: 'DENY', kind }], userErrors: [] });
  const refused = await pay(attempt(customerId), contextWith());
  expect(refused).toMatchObject({ status: 'FAILED', decision: 'REFUSED', codes: [`DENIED_${kind}`] });
  // The provider was never asked for it.
  expect(await intentsOf(t, refused.orderId)).toEqual([]);
  await remove(idsOf(added));
  expect(await pay(attempt(customerId), contextWith())).toMatchObject({ decision: 'ACCEPTED', codes: [] });
});

test.each(riskListKinds)('%s on the allow list alone is not scored, and is named', async (kind) => {
  const { subject, attempt } = caseOf[kind];
  const customerId = t.parts.newId();
  const tried = attempt(customerId);
  const by = refusesAll();
  const judged =
    kind === 'EMAIL_DOMAIN'
      ? { ...by.rules.risk, disposableMailDomains: new Set(['bad.example']) }
      : by.rules.risk;
  const strict = { ...by, rules: { ...by.rules, risk: judged } };
  expect(await pay(tried, strict)).toMatchObject({ decision: 'REFUSED', codes: ['DISPOSABLE_MAIL'] });
  const added = await add('ALLOW', [await subject(customerId)]);
  expect(await pay(tried, strict)).toMatchObject({
    status: 'SUCCEEDED',
    decision: 'ACCEPTED',
    codes: [`ALLOWED_${kind}`],
  });
  await remove(idsOf(added));
  expect(await pay(tried, strict)).toMatchObject({ decision: 'REFUSED', codes: ['DISPOSABLE_MAIL'] });
});

test('a permission does not reach the rules of compliance', async () => {
  const customerId = t.parts.newId();
  await add('ALLOW', [{ customerId }]);
  const offers = [
    { buyer: { shippingCountry: 'KP' } },
    { buyer: { minimumAge: 18 } },
    { amount: { amount: '0.10', currencyCode: 'EUR' } },
    { amount: { amount: '20000.01', currencyCode: 'EUR' } },
  ];
  for (const offer of offers) {
    const { id, orderId, status, decision } = await pay({ customerId, ...offer });
    expect([status, decision]).toEqual(['FAILED', 'ACCEPTED']);
    expect((await t.db.complianceCheck.findUniqueOrThrow({ where: { paymentId: id } })).passed).toBe(false);
    expect(await intentsOf(t, orderId)).toEqual([]);
  }
});

test('a denial is stronger than a permission, and both are named', async () => {
  const customerId = t.parts.newId();
  await add('ALLOW', [{ customerId }]);
  await add('DENY', [{ emailDomain: 'both.example' }]);
  const buyer = { mailDomain: 'both.example' };
  expect(await pay({ customerId, buyer })).toMatchObject({
    decision: 'REFUSED',
    codes: ['DENIED_EMAIL_DOMAIN', 'ALLOWED_CUSTOMER'],
  });
});

test('a denied card is known beforehand: a saved one without asking, another by asking, and for staff as well', async () => {
  const { card } = await stripeOf(t).paymentMethods.retrieve('pm_card_gb');
  const added = await add('DENY', [{ cardFingerprint: card?.fingerprint }]);
  const asked: string[] = [];
  const watched = (change: Partial<RiskSettings> = {}): Context => {
    const base = contextWith(change);
    const getMethod = (method: string) => {
      asked.push(method);
      return base.provider.getMethod(method);
    };
    return { ...base, provider: { ...base.provider, getMethod } };
  };
  const denied = { decision: 'REFUSED', codes: ['DENIED_CARD'] };
  expect(await pay({ paymentMethodId: 'pm_card_gb' }, watched())).toMatchObject(denied);
  const initiatedBy = t.parts.newId();
  expect(await pay({ paymentMethodId: 'pm_card_gb', initiatedBy }, watched())).toMatchObject(denied);
  expect(asked).toEqual(['pm_card_gb', 'pm_card_gb']);
  // Where the configuration says never, it is not asked for.
  expect(await pay({ paymentMethodId: 'pm_card_gb' }, watched({ cardLookup: 'never' }))).toMatchObject({
    decision: 'ACCEPTED',
  });
  const customerId = t.parts.newId();
  const viewer = { ...ctx().viewer, kind: 'user' as const, id: customerId };
  const { paymentMethod } = await savePaymentMethod({ ...ctx(), viewer }, { paymentMethodId: 'pm_card_gb' });
  asked.length = 0;
  const saved = { customerId, paymentMethodId: paymentMethod?.id ?? '' };
  expect(await pay(saved, watched({ cardLookup: 'never' }))).toMatchObject(denied);
  await remove(idsOf(added));
  // With no card on a list nobody is asked about a quiet payment.
  expect(await pay({ paymentMethodId: 'pm_card_gb' }, watched())).toMatchObject({ decision: 'ACCEPTED' });
  expect(asked).toEqual([]);
});

test('lists cost a payment no statement, whatever is on them', async () => {
  const count = async (): Promise<number> => {
    const by = ctx();
    const stop = recordStatements();
    await createPayment(by, paymentInput(t.parts));
    return stop().length;
  };
  // The first one has a data key to fetch.
  await count();
  const before = await count();
  const subjects = Array.from({ length: 100 }, (_, i) => ({ email: `person${i}@many.example` }));
  const added = await add('DENY', subjects);
  expect(await count()).toBe(before);
  await remove(idsOf(added));
});

test('an entry holds until its end, is ended by the timer, and its hash goes with it', async () => {
  const customerId = t.parts.newId();
  const endsAt = new Date(t.parts.clock().getTime() + 3_600_000).toISOString();
  const [id = ''] = idsOf(await add('DENY', [{ customerId }], { endsAt }));
  expect(await pay({ customerId })).toMatchObject({ decision: 'REFUSED' });
  t.parts.testClock.advance(3_600_000);
  expect(await pay({ customerId })).toMatchObject({ decision: 'ACCEPTED' });
  const run = async (): Promise<void> => {
    for (let time = 1; time <= 2; time += 1) await endListEntries(ctx());
  };
  await run();
  const row = await t.db.riskListEntry.findUniqueOrThrow({ where: { id } });
  expect(row).toMatchObject({ key: null, removedBy: null, removedAt: new Date(endsAt) });
  const { nodes } = await list({ filter: { customerId, removed: true } });
  expect(nodes).toMatchObject([{ id, removedBy: null }]);
  t.parts.testClock.advance(366 * 86_400_000);
  await run();
  expect(await t.db.riskListEntry.findUnique({ where: { id } })).toBeNull();
  await dropTimers(t);
});

test('what is on a list already gets the new reason and end; each key is done once, also by twins', async () => {
  const email = 'twice@mail.example';
  const key = t.parts.newId();
  const first = await Promise.all(
    [1, 2, 3].map(() => add('DENY', [{ email }, { email: 'TWICE@mail.example' }], { idempotencyKey: key })),
  );
  expect(new Set(first.flatMap(idsOf)).size).toBe(1);
  expect(first.map(({ entries }) => entries?.length)).toEqual([1, 1, 1]);
  const owner = t.parts.newId();
  const again = await add('DENY', [{ email, ofCustomerId: owner }], { reason: 'Again' });
  expect(idsOf(again)).toEqual(idsOf(first[0] ?? { entries: [], userErrors: [] }));
  expect(again.entries).toMatchObject([{ reason: 'Again', customer: { id: owner } }]);
  // A repeat of the first call changes nothing.
  expect(
    (await add('DENY', [{ email }, { email: 'TWICE@mail.example' }], { idempotencyKey: key })).entries,
  ).toMatchObject([{ reason: 'Again' }]);
  const other = { input: { idempotencyKey: key, list: 'DENY', subjects: [{ email }], reason: 'A test' } };
  expect(await t.refusal(addMutation, other, staff)).toBe('IDEMPOTENCY_KEY_REUSED');

  const found = () => list({ filter: { subject: { email: ' Twice+x@mail.example' } } });
  expect((await found()).nodes).toMatchObject([{ id: idsOf(again)[0], kind: 'EMAIL', value: null }]);
  const removal = { idempotencyKey: t.parts.newId() };
  const [one, two] = await Promise.all([remove(idsOf(again), removal), remove(idsOf(again), removal)]);
  expect(one).toEqual(two);
  const later = await remove(idsOf(again));
  expect(later.entries).toEqual(one?.entries);
  expect((await found()).nodes).toEqual([]);
});

test('no personal value is kept, in whatever table', async () => {
  const subjects = [
    { email: 'secret.person@private.example' },
    { ipAddress: '203.0.113.77' },
    { address: { ...address, line1: 'Geheimgasse 99' } },
    { cardFingerprint: 'Zq9secretPrint' },
  ];
  const added = await add('DENY', subjects);
  expect(added.userErrors).toEqual([]);
  const tables = await t.db.$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'payments'`;
  let all = '';
  for (const { name } of tables) {
    const rows = await t.db.$queryRawUnsafe<{ text: string }[]>(`SELECT t::text AS text FROM ${name} t`);
    all += rows.map(({ text }) => text).join('\n');
  }
  expect(all).toContain(idsOf(added)[0]);
  expect(all).not.toMatch(/secret|private\.example|203\.0\.113|geheim/i);
  await remove(idsOf(added));
});

test('who is erased is allowed by nothing any more; what they are denied by stays for a year, and is nobody’s', async () => {
  const customerId = t.parts.newId();
  const { id } = await pay({ customerId, paymentMethodId: 'pm_card_mastercard' }, contextWith());
  const mine = { email: 'gone@mail.example', ofCustomerId: customerId };
  const others = await add('DENY', [{ email: 'stays@mail.example', ofCustomerId: t.parts.newId() }]);
  const allowed = await add('ALLOW', [{ customerId }, mine]);
  const denied = await add('DENY', [{ customerId }, mine, { cardOfPaymentId: id }]);
  expect(denied.entries?.map(({ customer }) => customer?.id)).toEqual([customerId, customerId, customerId]);
  const begun = t.parts.clock().getTime();
  for (let time = 1; time <= 2; time += 1) await forgetUser(ctx(), customerId);
  const left = await t.db.riskListEntry.findMany({
    where: { id: { in: [...idsOf(others), ...idsOf(allowed), ...idsOf(denied)] } },
    orderBy: { id: 'asc' },
  });
  const nobodys = { list: 'DENY', customerId: null, paymentId: null, removedAt: null };
  expect(left).toMatchObject([
    { id: idsOf(others)[0], endsAt: null, removedAt: null },
    { ...nobodys, kind: 'EMAIL' },
    { ...nobodys, kind: 'CARD' },
  ]);
  for (const { endsAt } of left.slice(1)) {
    const days = ((endsAt?.getTime() ?? 0) - begun) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(365);
    expect(days).toBeLessThan(366);
  }
  expect(await t.db.riskListEntry.count({ where: { customerId } })).toBe(0);
  await remove(left.map((entry) => entry.id));
});

test('what cannot be listed is refused, and nothing is listed', async () => {
  const before = await t.db.riskListEntry.count();
  const noCard = await pay({ paymentMethodId: 'pm_sepaDebit' });
  const refused: [object, string, string[]][] = [
    [{}, 'INVALID_INPUT', ['subjects', '1']],
    [{ email: 'a@b.example', ipCountry: 'DE' }, 'INVALID_INPUT', ['subjects', '1']],
    [{ email: 'nobody' }, 'INVALID_INPUT', ['subjects', '1', 'email']],
    [{ emailDomain: 'com' }, 'INVALID_INPUT', ['subjects', '1', 'emailDomain']],
    [{ ipAddress: '1.2.3' }, 'INVALID_INPUT', ['subjects', '1', 'ipAddress']],
    [{ cardFingerprint: '12345678' }, 'INVALID_INPUT', ['subjects', '1', 'cardFingerprint']],
    [{ customerId: 'x' }, 'INVALID_INPUT', ['subjects', '1', 'customerId']],
    [{ ipCountry: 'DE', ofCustomerId: 'x' }, 'INVALID_INPUT', ['subjects', '1', 'ofCustomerId']],
    [{ address: { ...address, line1: ' ' } }, 'INVALID_INPUT', ['subjects', '1', 'address']],
    [{ cardOfPaymentId: t.parts.newId() }, 'NOT_FOUND', ['subjects', '1', 'cardOfPaymentId']],
    [{ cardOfPaymentId: noCard.id }, 'CARD_NOT_KNOWN', ['subjects', '1', 'cardOfPaymentId']],
  ];
  for (const [subject, code, field] of refused)
    expect(await add('DENY', [{ emailDomain: 'fine.example' }, subject])).toEqual({
      entries: null,
      userErrors: [{ code, field }],
    });
  const past = new Date(t.parts.clock().getTime() - 1).toISOString();
  const wrong: [object[], object, string[]][] = [
    [[], {}, ['subjects']],
    [Array.from({ length: 101 }, () => ({ ipCountry: 'DE' })), {}, ['subjects']],
    [[{ ipCountry: 'DE' }], { reason: ' ' }, ['reason']],
    [[{ ipCountry: 'DE' }], { reason: 'x'.repeat(501) }, ['reason']],
    [[{ ipCountry: 'DE' }], { endsAt: past }, ['endsAt']],
  ];
  for (const [subjects, more, field] of wrong)
    expect(await add('DENY', subjects, more)).toEqual({
      entries: null,
      userErrors: [{ code: 'INVALID_INPUT', field }],
    });
  expect(await remove([t.parts.newId()])).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
  expect(await remove([])).toMatchObject({ userErrors: [{ code: 'INVALID_INPUT' }] });
  expect(await t.db.riskListEntry.count()).toBe(before);
});

test('a list is read in pages, with who did what, in a constant number of statements', async () => {
  const countries = ['AD', 'AE', 'AF', 'AG', 'AI'];
  const added = await add(
    'DENY',
    countries.map((ipCountry) => ({ ipCountry })),
  );
  const filter = { list: 'DENY', kind: 'IP_COUNTRY' };
  const first = await list({ filter, first: 3 });
  const second = await list({ filter, first: 3, after: first.pageInfo.endCursor });
  expect([...first.nodes, ...second.nodes].map(({ value }) => value).sort()).toEqual(countries);
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
  const by = first.nodes[0]?.addedBy?.id;
  expect(by).toBeTruthy();
  const { entries } = await remove(idsOf(added));
  expect(entries?.map(({ removedBy }) => removedBy?.id)).toEqual(countries.map(() => by));
  expect((await list({ filter })).nodes).toEqual([]);
  expect(
    (await list({ filter: { ...filter, removed: true }, first: 100 })).nodes.length,
  ).toBeGreaterThanOrEqual(5);
  expect(await t.refusal(listQuery, { filter: { subject: { email: 'x' } } }, staff)).toBe('BAD_USER_INPUT');
  expect((await list({ filter: { subject: { cardOfPaymentId: t.parts.newId() } } })).nodes).toEqual([]);
});

test('support sees the lists and does not change them', async () => {
  const support = staffCaller('support');
  const input = {
    idempotencyKey: t.parts.newId(),
    list: 'ALLOW',
    subjects: [{ ipCountry: 'FR' }],
    reason: 'Mine',
  };
  expect(await t.refusal(addMutation, { input }, support)).toBe('FORBIDDEN');
  const removal = { idempotencyKey: t.parts.newId(), ids: [t.parts.newId()] };
  expect(await t.refusal(removeMutation, { input: removal }, support)).toBe('FORBIDDEN');
  expect(await t.db.riskListEntry.count({ where: { value: 'FR' } })).toBe(0);
  await expect(t.call(listQuery, {}, support)).resolves.toBeTruthy();
});

test('a reason of a payment leads to its entry', async () => {
  const customerId = t.parts.newId();
  const [id] = idsOf(await add('DENY', [{ customerId }], { reason: 'Chargeback of May' }));
  const paid = await pay({ customerId });
  const query = `query ($id: ID!) { payment(id: $id) { risk { score level decision reasons { code weight listEntry { id reason } } } } }`;
  const risk = { score: 1, level: 'HIGH', decision: 'REFUSED' };
  const reasons = [{ code: 'DENIED_CUSTOMER', weight: 1, listEntry: { id, reason: 'Chargeback of May' } }];
  expect(await t.call(query, { id: paid.id }, staff)).toEqual({
    payment: { risk: { ...risk, reasons } },
  });
});
