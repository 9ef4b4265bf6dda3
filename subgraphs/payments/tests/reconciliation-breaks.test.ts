/** What staff do with breaks. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import { eventsOf } from './payments-test.js';
import {
  type Break,
  breaksOf,
  fields,
  list,
  listQuery,
  mendLine,
  paid,
  reconcile,
  reconcileLater,
  standing,
  start,
  t,
} from './reconciliation-test.js';

beforeAll(start);
afterAll(() => t.close());
beforeEach(mendLine);

const resolveMutation = `mutation($input: ResolveReconciliationBreakInput!) {
  resolveReconciliationBreak(input: $input) { reconciliationBreak { ${fields} } userErrors { code field } }
}`;
interface Resolved {
  resolveReconciliationBreak: {
    reconciliationBreak: Break | null;
    userErrors: { code: string; field: string[] }[];
  };
}
const resolve = async (input: object, caller = staffCaller('finance')) =>
  (await t.call<Resolved>(resolveMutation, { input }, caller)).resolveReconciliationBreak;

async function amountBreak() {
  const { paymentId, intentId } = await paid();
  const take = (capturedAmount: bigint) =>
    t.db.payment.update({ where: { id: paymentId }, data: { capturedAmount } });
  await take(2600n);
  await reconcileLater();
  const [found] = await breaksOf(intentId);
  if (!found) throw new Error('The break was not found.');
  return { found, intentId, take };
}

test('staff settle a break with a note; it stays settled until one side says something else', async () => {
  const { found, intentId, take } = await amountBreak();
  const finance = staffCaller('finance');
  const staffId = (finance.claims as { sub: string }).sub;
  const settled = {
    reconciliationBreak: {
      ...found,
      ...{ status: 'RESOLVED', resolvedBy: 'STAFF', resolver: { id: staffId }, note: 'A cent of theirs.' },
    },
    userErrors: [],
  };
  const input = { breakId: found.id, note: ' A cent of theirs. ', idempotencyKey: 'once' };
  expect(await resolve(input, finance)).toEqual(settled);
  expect(await resolve(input, finance)).toEqual(settled);
  expect(await resolve({ breakId: found.id, note: 'Another.' })).toEqual(settled);
  expect(await t.refusal(resolveMutation, { input: { ...input, note: 'Another.' } }, finance)).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
  await reconcile();
  expect(await breaksOf(intentId)).toEqual([settled.reconciliationBreak]);
  expect(await eventsOf(t, found.id)).toEqual(['ReconciliationBreakFound']);
  await take(2601n);
  await reconcile();
  expect(await standing(intentId)).toEqual(['AMOUNT_DIFFERS OPEN']);
  expect(await eventsOf(t, found.id)).toEqual(['ReconciliationBreakFound', 'ReconciliationBreakFound']);
});

test('a break that is not there, no note and a very long one are refused', async () => {
  const { found, intentId } = await amountBreak();
  const codes = async (input: object) => (await resolve(input)).userErrors;
  const missing = [{ code: 'NOT_FOUND', field: ['breakId'] }];
  const badNote = [{ code: 'INVALID_INPUT', field: ['note'] }];
  expect(await codes({ breakId: t.parts.newId(), note: 'Why.' })).toEqual(missing);
  expect(await codes({ breakId: '1', note: 'Why.' })).toEqual(missing);
  expect(await codes({ breakId: found.id, note: ' ' })).toEqual(badNote);
  expect(await codes({ breakId: found.id, note: 'x'.repeat(1_001) })).toEqual(badNote);
  expect(await breaksOf(intentId)).toEqual([found]);
});

test('customers neither list nor settle breaks; who may read payments may list them and not settle', async () => {
  const { found, intentId } = await amountBreak();
  const input = { breakId: found.id, note: 'Mine now.' };
  for (const [caller, code] of [
    [anonymousCaller(), 'UNAUTHENTICATED'],
    [guestCaller(), 'FORBIDDEN'],
    [userCaller(), 'FORBIDDEN'],
    [staffCaller('warehouse'), 'FORBIDDEN'],
  ] as const) {
    expect(await t.refusal(listQuery, {}, caller)).toBe(code);
    expect(await t.refusal(resolveMutation, { input }, caller)).toBe(code);
  }
  expect((await list({}, staffCaller('support'))).nodes.map(({ id }) => id)).toContain(found.id);
  expect(await t.refusal(resolveMutation, { input }, staffCaller('support'))).toBe('FORBIDDEN');
  expect(await breaksOf(intentId)).toEqual([found]);
});

test('the list goes by pages, the newest first, of one status or of all', async () => {
  const [older, newer] = [await amountBreak(), await amountBreak()];
  await resolve({ breakId: older.found.id, note: 'Known.' });
  const all = (await list()).nodes.map(({ id }) => id);
  expect(all.slice(0, 2)).toEqual([newer.found.id, older.found.id]);
  const first = await list({ first: 1 });
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = await list({ first: 1, after: first.pageInfo.endCursor });
  expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual([newer.found.id, older.found.id]);
  const ids = async (status: string) => (await list({ status })).nodes.map(({ id }) => id);
  expect(await ids('OPEN')).toContain(newer.found.id);
  expect(await ids('OPEN')).not.toContain(older.found.id);
  expect(await ids('RESOLVED')).toContain(older.found.id);
});
