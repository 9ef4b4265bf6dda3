/** What a race is given: a whole shop in one process, a payment sandbox, the database as its superuser, and the time. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import Stripe from 'stripe';
import type { SubgraphName } from '../../../subgraphs/list.js';
import type { Subgraph, SubgraphRequest } from '../../../subgraphs/shared/subgraph.js';
import type { Client } from '../../../tests/testkit/client.js';
import {
  createGoods,
  createTerms,
  fillCart,
  signInGuest,
  signInStaff,
  type Goods,
} from '../../../tests/testkit/goods.js';
import { startTestShop, type TestShop } from '../../../tests/testkit/shop.js';

export interface Bench {
  shop: TestShop;
  /** The shop's database, as its superuser. */
  db: pg.Client;
  stripe: Stripe;
  staff: Client;
  /** Notes what no correct shop does. */
  say(text: string): void;
  /** Notes it unless it is as it must be. */
  expect(what: string, found: unknown, wanted: unknown): void;
  /** Lets time pass, and what is due in it happen. */
  pass(ms: number): Promise<void>;
  /** Changes what is asked of a subgraph on its way: a caller that errs. Undefined: nothing. */
  tamper: Partial<Record<SubgraphName, (request: SubgraphRequest) => SubgraphRequest>>;
}

/** One way to buy that goes wrong where a guard is missing. */
export type Race = (bench: Bench) => Promise<void>;

export const minute = 60_000;
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const times = <T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)));

const tamperWith =
  (tamper: Bench['tamper']) =>
  (subgraph: Subgraph): Subgraph => ({
    ...subgraph,
    execute: (request) => subgraph.execute(tamper[subgraph.name]?.(request) ?? request),
  });

export interface OpenBench {
  /** For one race: staff that have just signed in, and its own list of what was found. */
  begin(found: string[]): Promise<Bench>;
  close(): Promise<void>;
}

/** So many payments of an address in an hour are refused: few, so that a race is soon there. */
export const mostOfAddress = 6;

/** A shop for races; `sql` is run in its database before anything else. */
export async function openBench(sql: string | undefined): Promise<OpenBench> {
  const tamper: Bench['tamper'] = {};
  // A bank debit that takes longer than its order has is then no week away.
  const env = {
    PAYMENT_HOLD_TIMES: 'BANK_TRANSFER:2h',
    PAYMENT_RULES: JSON.stringify({ risk: { rules: { MANY_PAYMENTS_OF_ADDRESS: [[mostOfAddress, 0.85]] } } }),
  };
  const shop = await startTestShop(env, tamperWith(tamper), { processingDelayMs: 3_600_000 });
  const db = new pg.Client({ connectionString: shop.parts.database.adminUrl });
  await db.connect();
  if (sql) await db.query(sql);
  const { secretKey = '', apiBase = '' } = shop.parts.config.stripe;
  const { hostname: host, port } = new URL(apiBase);
  const stripe = new Stripe(secretKey, { host, port, protocol: 'http' });
  let hasTerms = false;
  return {
    begin: async (found) => {
      for (const name of Object.keys(tamper) as SubgraphName[]) delete tamper[name];
      const staff = await signInStaff(shop, 'ADMIN');
      if (!hasTerms) await createTerms(staff);
      hasTerms = true;
      const say = (text: string): void => void found.push(text);
      return {
        ...{ shop, db, stripe, staff, tamper, say },
        expect: (what, is, wanted) => {
          const [a, b] = [is, wanted].map((value) => JSON.stringify(value));
          if (a !== b) say(`${what}: ${a} and not ${b}`);
        },
        pass: async (ms) => {
          shop.parts.testClock.advance(ms);
          // Consumers look once a second.
          await wait(1_500);
        },
      };
    },
    close: async () => {
      await db.end();
      await shop.close();
    },
  };
}

export interface Attempt<T> {
  given: T | null;
  /** Of the refusal or the error. */
  code: string | null;
}

const typeOf = (field: string): string => `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
const mutationOf = (field: string, selection: string): string =>
  `mutation ($input: ${typeOf(field)}!) { ${field}(input: $input) { ${selection} userErrors { code } } }`;

type Payload<T> = (T & { userErrors: { code: string }[] }) | null | undefined;

function attemptOf<T>(payload: Payload<T>, errorCode: string | undefined): Attempt<T> {
  return { given: payload ?? null, code: errorCode ?? payload?.userErrors[0]?.code ?? null };
}

/** A mutation's answer: what it gave, and the code of its refusal or error, if any. */
export async function attempt<T>(
  client: Client,
  field: string,
  input: object,
  selection = '',
): Promise<Attempt<T>> {
  const { data, errors } = await client.request(mutationOf(field, selection), { input });
  return attemptOf((data ?? {})[field] as Payload<T>, errors?.[0]?.extensions.code);
}

/** The same of a subgraph's own door, as another subgraph asks it. */
export async function attemptInside<T>(
  { shop }: Bench,
  subgraph: SubgraphName,
  field: string,
  input: object,
  selection = '',
): Promise<Attempt<T>> {
  const { data, errors } = await shop.subgraphs[subgraph].execute({
    query: mutationOf(field, selection),
    variables: { input },
    caller: { claims: { kind: 'service', sub: 'orders' }, headers: {}, correlationId: 'chaos' },
  });
  const code = errors?.[0]?.extensions?.['code'];
  return attemptOf(data?.[field] as Payload<T>, typeof code === 'string' ? code : errors && 'ERROR');
}

export const countsOf = (outcomes: readonly Attempt<unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { code } of outcomes) counts[code ?? 'DONE'] = (counts[code ?? 'DONE'] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
};

export const goodsOf = (
  { staff }: Bench,
  stock = 10,
  prices: string[] = ['10.00'],
): Promise<Goods & { variantId: string }> =>
  createGoods(staff, { prices, stock }).then((goods) => ({ ...goods, variantId: goods.variantIds[0] ?? '' }));

export interface Order {
  id: string;
  status: string;
  items: { id: string; quantity: number }[];
}
export const orderFields = 'order { id status items { id quantity } }';

/** A guest with a cart that can be ordered. */
export async function filled(
  { shop }: Bench,
  variantIds: readonly string[],
  quantity = 1,
): Promise<{ guest: Client; version: number }> {
  const guest = await signInGuest(shop);
  const lines = variantIds.map((variantId) => ({ variantId, quantity }));
  return { guest, version: (await fillCart(guest, lines)).version };
}

export const place = (
  guest: Client,
  expectedVersion: number,
  idempotencyKey: string = randomUUID(),
): Promise<Attempt<{ order: Order | null }>> =>
  attempt(guest, 'placeOrder', { idempotencyKey, expectedVersion }, orderFields);

export interface Placed extends Order {
  guest: Client;
}

/** A guest's order that waits for its payment. @throws Error where it was refused */
export async function placed(bench: Bench, variantIds: readonly string[], quantity = 1): Promise<Placed> {
  const { guest, version } = await filled(bench, variantIds, quantity);
  const { given, code } = await place(guest, version);
  if (!given?.order) throw new Error(`placeOrder: ${code}`);
  return { ...given.order, guest };
}

export const pay = (
  { guest, id }: Pick<Placed, 'guest' | 'id'>,
  paymentMethodId = 'pm_card_visa',
  idempotencyKey: string = randomUUID(),
): Promise<Attempt<{ order: Order | null; nextActionUrl: string | null }>> =>
  attempt(
    guest,
    'payOrder',
    { idempotencyKey, orderId: id, paymentMethodId },
    `${orderFields} nextActionUrl`,
  );

/** Reads one number. */
export async function countOf({ db }: Bench, sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await db.query<{ n: number }>(`SELECT (${sql})::int AS n`, values);
  return rows[0]?.n ?? -1;
}

/** Waits until a number is so, `patienceMs` at most; whether it is. */
export async function until(
  bench: Bench,
  sql: string,
  values: unknown[],
  wanted: number,
  patienceMs = 15_000,
): Promise<boolean> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await wait(50))
    if ((await countOf(bench, sql, values)) === wanted) return true;
  return false;
}

/** Lets time pass in steps until a number is so; real time `patienceMs` at most. */
export async function passUntil(
  bench: Bench,
  stepMs: number,
  sql: string,
  values: unknown[],
  wanted: number,
  patienceMs = 20_000,
): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await bench.pass(stepMs))
    if ((await countOf(bench, sql, values)) === wanted) return;
}

/** While `work` runs, each change of a table's rows, or each new row that is so, takes so long: who reads meanwhile reads what was before. */
export async function slowed<T>(
  { db }: Bench,
  table: string,
  ms: number,
  work: () => Promise<T>,
  rows: { event: 'UPDATE' | 'INSERT'; when: string } = { event: 'UPDATE', when: 'true' },
): Promise<T> {
  const [schema = ''] = table.split('.');
  await db.query(`
    CREATE FUNCTION ${schema}.chaos_slow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(${ms / 1_000}); RETURN NEW; END $$;
    CREATE TRIGGER chaos_slow BEFORE ${rows.event} ON ${table} FOR EACH ROW WHEN (${rows.when})
    EXECUTE FUNCTION ${schema}.chaos_slow()`);
  try {
    return await work();
  } finally {
    await db.query(`DROP TRIGGER chaos_slow ON ${table}; DROP FUNCTION ${schema}.chaos_slow()`);
  }
}

/** Waits until something that is `slowed` is being written. */
export const underWay = (bench: Bench): Promise<boolean> =>
  until(bench, `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'`, [], 1);

/** Asks the payment sandbox for something that only it can do. */
export async function provider({ shop }: Bench, what: string, body: object): Promise<void> {
  const { apiBase = '', secretKey = '' } = shop.parts.config.stripe;
  const response = await fetch(`${apiBase}/_sandbox/${what}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The sandbox: ${await response.text()}`);
}
