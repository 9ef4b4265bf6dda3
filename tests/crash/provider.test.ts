/** The payment provider loses answers, mixes up its webhooks and is killed twice, while guests pay. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { findFreePort } from '../../local/postgres/port.js';
import { withClient } from '../../tools/prisma-engine/engine.js';
import { checkout, plainEnvironment } from '../start/program.js';
import { createGoods, createTerms, signInStaff } from '../testkit/goods.js';
import { askAtRest } from '../testkit/ledger.js';
import { askProvider } from '../testkit/provider-ledger.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';
import { buy, type Market } from './guests.js';
import { eventually, pause } from '../testkit/eventually.js';

const guests = 20;
const secretKey = 'sk_test_hanse';
const minute = 60_000;
/** Everything that can go wrong on the way of an answer or a webhook. */
const chaos = {
  repeat: 2,
  delayMs: 20,
  shuffleMs: 500,
  dropRate: 0.4,
  loseAnswerRate: 0.5,
  seed: 7,
};

let folder: string;
let port: number;
let sandbox: ChildProcess;
let shop: TestShop;
let stripe: Stripe;
const kills: Promise<void>[] = [];
/** Guests of a test that failed go on for a while, and must start nothing any more. */
let over = false;

/** The sandbox as a process of its own; resolves when it listens. */
async function startSandbox(webhookUrl = '', wrong: object = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/stripe/main.ts'], {
    cwd: checkout,
    env: {
      ...plainEnvironment(),
      STRIPE_SANDBOX_PORT: String(port),
      STRIPE_SANDBOX_DATA: folder,
      STRIPE_SECRET_KEY: secretKey,
      STRIPE_WEBHOOK_URL: webhookUrl,
      STRIPE_WEBHOOK_SECRET: 'whsec_test',
      STRIPE_SANDBOX_CHAOS: JSON.stringify(wrong),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { value } = (await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()) as {
    value?: string;
  };
  if (!value) throw new Error('The sandbox ended without a word.');
  return child;
}

async function kill(): Promise<void> {
  if (sandbox.exitCode !== null || sandbox.signalCode !== null) return;
  const ended = once(sandbox, 'exit');
  sandbox.kill('SIGKILL');
  await ended;
}

async function crash(): Promise<void> {
  if (over) return;
  await kill();
  sandbox = await startSandbox(shop.subgraphs.payments.webhookUrl, chaos);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hanse-provider-'));
  port = await findFreePort();
  sandbox = await startSandbox();
  shop = await startTestShop({ STRIPE_API_BASE: `http://127.0.0.1:${port}` });
  stripe = new Stripe(secretKey, { host: '127.0.0.1', port, protocol: 'http' });
  await crash(); // the first one that knows where its webhooks go
});

afterAll(async () => {
  over = true;
  await Promise.allSettled(kills);
  await kill(); // first: a child that stays would keep the run from ending
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

test('twenty guests who pay a provider that fails in every way are charged once, or not at all', async () => {
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 100 });
  const moments = [guests + 2, guests + 12];
  let steps = 0;
  const market: Market = {
    url: shop.gateway.url,
    variantId: variantIds[0] ?? '',
    retries: {},
    onStep: () => {
      steps += 1;
      if (moments.includes(steps)) kills.push((kills.at(-1) ?? Promise.resolve()).then(crash));
    },
  };
  // Every other guest goes away after the first call: what became of it is for the shop to find out.
  const bought = await Promise.all(
    Array.from({ length: guests }, (_, i) => buy(market, { leaves: i % 2 === 1 })),
  );
  await Promise.all(kills);
  expect(kills).toHaveLength(2);
  expect(bought.filter((_, i) => i % 2 === 0).map((one) => one.status)).toEqual(
    Array(guests / 2).fill('PAID'),
  );
  expect(Object.values(market.retries).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);

  // The provider behaves again. What nobody told the shop it asks for by itself, minutes later by its clock.
  await kill();
  sandbox = await startSandbox(shop.subgraphs.payments.webhookUrl);
  await withClient(shop.parts.database.adminUrl, async (client) => {
    const open = async (): Promise<number> => {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM orders.orders WHERE order_state = 'PENDING'`,
      );
      return rows[0]?.n ?? -1;
    };
    // Steps of two minutes, so that payments are asked for again and again before the orders are given up.
    await eventually(
      async () => {
        shop.parts.testClock.advance(2 * minute);
        await pause(500);
        return { violations: await askAtRest(client, shop.parts.clock, 3_000), open: await open() };
      },
      (now) => now.open === 0 && now.violations.length === 0,
    );
    expect(await askProvider(client, stripe)).toEqual([]);
    const { rows } = await client.query<{ id: string; status: string }>(
      'SELECT id, status FROM orders.orders',
    );
    expect(rows).toHaveLength(guests);
    const statusOf = new Map(rows.map(({ id, status }) => [id, status]));
    for (const { orderId, status } of bought)
      expect(status === null ? ['PAID', 'CANCELLED'] : [status]).toContain(statusOf.get(orderId));
  });
}, 300_000);
