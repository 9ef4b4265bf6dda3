/** One run: the shop starts, is bought from while it breaks, comes to rest, and is examined. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Stops } from '../../subgraphs/shared/program.js';
import type { SourceChange } from '../build.js';
import { showProgress } from '../retailer/progress.js';
import { runTasks } from '../retailer/workers.js';
import { askSnapshot, type Answer } from '../verify/ask.js';
import { askStripe, openStripe } from '../verify/provider.js';
import { questions } from '../verify/questions/list.js';
import { ClientFault, createClient, Unknown, type Client, type Network, type Session } from './client.js';
import { startBreaking } from './faults.js';
import { createGoods, type Goods } from './goods.js';
import { judge, judgeLabels, type Judgement } from './judge.js';
import { newTold, type StaffMove, type Told } from './ledger.js';
import type { Checkout, Plan } from './plan.js';
import { settle, type Unsettled } from './settle.js';
import { staffAccount, startChaosShop, type ChaosShop } from './shop.js';
import { stories } from './stories.js';
import type { Visit } from './visit.js';

export interface RunOptions {
  /** Customers at a time. */
  workers: number;
  /** How long a client tries the same call, and how long the shop may take to settle. */
  patienceMs: number;
  settleMs: number;
  changes: readonly SourceChange[];
  /** Run in the database as its superuser once it is migrated. */
  sql?: string;
  onProgress: (line: string) => void;
  onLine?: (process: string, line: string) => void;
}

export interface RunResult {
  book: Told[];
  judgement: Judgement;
  unsettled: Unsettled;
  answers: Answer[];
  faults: Record<string, number>;
  retries: Record<string, number>;
  /** Each with its type and its last error. */
  deadLetters: string[];
  seconds: { start: number; load: number; settle: number };
}

async function tell(checkout: Checkout, visit: Visit): Promise<void> {
  try {
    await stories[checkout.story](visit);
  } catch (error) {
    const { told } = visit;
    if (error instanceof Unknown) told.unknown ??= error.message;
    else if (error instanceof ClientFault) told.faults.push(error.message);
    else throw error;
  }
}

/** All checkouts, while things break. */
async function load(
  shop: ChaosShop,
  plan: Plan,
  { workers, patienceMs }: RunOptions,
): Promise<
  Pick<RunResult, 'book' | 'faults' | 'retries'> & { goods: Goods; staffMoves: StaffMove[]; staff: Client }
> {
  const retries: Record<string, number> = {};
  const network: Network = { url: shop.url, patienceMs, retries };
  const visitor = createClient(network);
  const { session } = await visitor.sure<{ session: Session }>(
    'signIn',
    staffAccount,
    'session { accessToken refreshToken }',
  );
  const staff = visitor.as(session);
  const goods = await createGoods(staff, plan.goods);
  const progress = showProgress('Checkouts', plan.checkouts.length);
  const breaking = startBreaking(shop, plan.faults, (name) => progress.note(`breaking ${name}`));
  const common = { goods, visitor, staff, accounts: new Map(), staffMoves: [], step: breaking.step };
  const book: Told[] = [];
  try {
    await runTasks(plan.checkouts, workers, async (checkout) => {
      const told = newTold(checkout.number, checkout.story);
      book.push(told);
      await tell(checkout, { ...common, checkout, told });
      progress.step();
    });
    progress.note('the last faults');
    await breaking.finish();
  } finally {
    progress.end();
  }
  return { book, goods, retries, staff, staffMoves: common.staffMoves, faults: breaking.counts };
}

/** The provider behaves again. What it has dropped stays dropped. */
async function calmProvider({ stripe }: ChaosShop): Promise<void> {
  const response = await fetch(`${stripe.url}/_sandbox/chaos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stripe.secretKey}` },
    body: '{}',
  });
  if (!response.ok) throw new Error(`The payment sandbox answered ${response.status}.`);
}

/** Staff take what customers who went away have left set aside: under one key per order, however often. */
async function takeWhatIsSetAside(
  client: pg.Client,
  staff: Client,
  keys: Map<string, string>,
): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM orders.orders WHERE order_state = 'CONFIRMED' AND payment_state = 'AUTHORIZED'`,
  );
  for (const { id: orderId } of rows) {
    const idempotencyKey = keys.get(orderId) ?? randomUUID();
    keys.set(orderId, idempotencyKey);
    await staff.call('captureOrder', { idempotencyKey, orderId }, 'order { id }');
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function runChaos(plan: Plan, options: RunOptions): Promise<RunResult> {
  const { onProgress } = options;
  const stops: Stops = [];
  const began = performance.now();
  const since = (from: number): number => (performance.now() - from) / 1_000;
  try {
    const shop = await startChaosShop({
      ...{ ...options, provider: plan.provider, carrierSeed: plan.seed, stops },
    });
    if (options.sql) {
      const admin = await connect(shop.database.adminUrl);
      await admin.query(options.sql).finally(() => admin.end());
    }
    const loading = performance.now();
    const { goods, staffMoves, staff, ...loaded } = await load(shop, plan, options);
    const settling = performance.now();
    await calmProvider(shop);
    shop.carrier.setFaults(null);
    const client = await connect(shop.database.urls.verify);
    stops.push(() => client.end());
    const captureKeys = new Map<string, string>();
    const unsettled = await settle(client, shop.clock, options.settleMs, onProgress, () =>
      takeWhatIsSetAside(client, staff, captureKeys),
    );
    onProgress('Verifying');
    const asking = { at: shop.clock.now(), rows: 20 };
    const stripe = openStripe({ STRIPE_SECRET_KEY: shop.stripe.secretKey, STRIPE_API_BASE: shop.stripe.url });
    const answers = [
      ...(await askSnapshot(client, questions, asking)),
      ...(await askStripe(client, stripe, asking)),
    ];
    const judgement = await judge(client, goods, loaded.book, staffMoves);
    judgement.violations.push(...(await judgeLabels(client, shop.carrier.labels())));
    const dead = await client.query<{ text: string }>(deadLetters);
    return {
      ...loaded,
      ...{ unsettled, answers, judgement },
      deadLetters: dead.rows.map(({ text }) => text),
      seconds: {
        start: since(began) - since(loading),
        load: since(loading) - since(settling),
        settle: since(settling),
      },
    };
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error: unknown) => onProgress(String(error)));
  }
}

const deadLetters = ['users', 'catalog', 'orders', 'payments', 'inventory', 'recommendations']
  .map(
    (schema) =>
      `SELECT '${schema}: ' || type || ' of ' || aggregate_id || ': ' || coalesce(last_error, '') AS text FROM ${schema}.dead_letter`,
  )
  .join(' UNION ALL ');
