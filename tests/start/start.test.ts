import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { createClient, type Client } from '../testkit/client.js';
import { address, fillCart, mutate } from '../testkit/goods.js';
import { isAlive, startProgram, type Program } from './program.js';
import { eventually } from '../testkit/eventually.js';

// Each test starts the whole program, some several times; on a busy machine that takes its time.
jest.setTimeout(600_000);

const programs: Program[] = [];
const folders: string[] = [];

function start(env: Record<string, string>): Program {
  const program = startProgram(env);
  programs.push(program);
  return program;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hanse-start-'));
  // PostgreSQL's user must get through it when root runs this; closed folders have a test of their own.
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const program of programs.splice(0)) {
    if (program.child.exitCode === null) program.child.kill('SIGKILL');
    await program.ended;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Pid of the PostgreSQL that runs on a data folder. */
function postmasterOf(folder: string): number | undefined {
  const [file] = ['postgres/data/postmaster.pid', 'postgres/postmaster.pid']
    .map((name) => join(folder, name))
    .filter(existsSync);
  return file ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

async function guestOf(url: string): Promise<{ client: Client; token: string }> {
  const visitor = createClient(url);
  const { signInAsGuest } = await visitor.data<{ signInAsGuest: { session: { accessToken: string } } }>(
    'mutation { signInAsGuest { session { accessToken } } }',
  );
  const token = signInAsGuest.session.accessToken;
  return { client: visitor.as(token), token };
}

async function cheapVariant(client: Client): Promise<string> {
  const { searchProducts } = await eventually(
    () =>
      client.data<{ searchProducts: { nodes: { variants: { id: string }[] }[] } }>(
        '{ searchProducts(query: "sea salt", first: 1) { nodes { variants { id } } } }',
      ),
    (answer) => answer.searchProducts.nodes.length > 0,
  );
  return searchProducts.nodes[0]?.variants[0]?.id ?? '';
}

test('the first start shows progress and a banner that is true; Ctrl-C ends all of it', async () => {
  const folder = newFolder();
  const program = start({ HANSE_DATA: folder });
  const url = await program.url();
  expect(program.output()).toMatch(/unpacking|initialising|Preparing the database/i);
  expect(program.output()).toMatch(/Filling the shop: \d+ products/);
  const [, email = '', password = ''] = /(anna@\S+)\s+(\S+)/.exec(program.output()) ?? [];
  const { signIn } = await createClient(url).data<{ signIn: { user: { firstName: string } } }>(
    'mutation ($input: SignInInput!) { signIn(input: $input) { user { firstName } } }',
    { input: { email, password } },
  );
  expect(signIn.user.firstName).toBe('Anna');
  const ready = await fetch(`${url}/ready`);
  expect(ready.status).toBe(200);

  const postgres = postmasterOf(folder);
  program.child.kill('SIGINT');
  expect(await program.ended).toBe(0);
  if (postgres !== undefined) await eventually(() => !isAlive(postgres));
});

test('after kill -9 the next start finds what was acknowledged, and no stray PostgreSQL', async () => {
  const folder = newFolder();
  const first = start({ HANSE_DATA: folder });
  const guest = await guestOf(await first.url());
  const variantId = await cheapVariant(guest.client);
  const { version } = await fillCart(guest.client, [{ variantId, quantity: 2 }]);
  const { order } = await mutate<{ order: { id: string; number: string } }>(
    guest.client,
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: version },
    'order { id number }',
  );
  await mutate(
    guest.client,
    'payOrder',
    { idempotencyKey: 'pay', orderId: order.id, paymentMethodId: 'pm_card_visa' },
    '',
  );
  first.child.kill('SIGKILL');
  await first.ended;

  const began = Date.now();
  const second = start({ HANSE_DATA: folder });
  const client = createClient(await second.url()).as(guest.token);
  expect(second.output()).not.toContain('Filling the shop');
  const found = await client.data<{
    order: { number: string; status: string; shippingAddress: { city: string } };
  }>('query ($id: ID!) { order(id: $id) { number status shippingAddress { city } payments { status } } }', {
    id: order.id,
  });
  expect(found.order).toEqual({
    number: order.number,
    status: 'PAID',
    shippingAddress: { city: address.city },
    payments: [{ status: 'SUCCEEDED' }],
  });
  expect(began).toBeLessThan(Date.now());
});

test('a start that was killed at any moment is finished by the next one', async () => {
  const folder = newFolder();
  for (const moment of ['nitialising', 'Preparing the database: orders', 'products', 'some orders']) {
    const program = start({ HANSE_DATA: folder });
    // A later start passes without a word what an earlier one had done before it was killed.
    await program.printed(new RegExp(`${moment}|Ctrl-C ends all of it`));
    program.child.kill('SIGKILL');
    await program.ended;
  }
  const last = start({ HANSE_DATA: folder });
  const client = createClient(await last.url());
  const { products } = await client.data<{ products: { nodes: { name: string }[] } }>(
    '{ products(first: 100) { nodes { name } } }',
  );
  const names = products.nodes.map(({ name }) => name);
  expect(names).toHaveLength(34);
  expect(new Set(names).size).toBe(34);
});

test('a taken port is named, with a way out, and nothing is left running', async () => {
  const folder = newFolder();
  const server = await new Promise<Server>((resolve) => {
    const listening = createServer().listen(0, '127.0.0.1', () => resolve(listening));
  });
  const { port } = server.address() as AddressInfo;
  const program = start({ HANSE_DATA: folder, PORT: String(port), DEMO: 'off' });
  expect(await program.ended).toBe(1);
  server.close();
  expect(program.output()).toContain(`Port ${port} is taken`);
  expect(program.output()).not.toContain('    at ');
  expect(postmasterOf(folder)).toBeUndefined();
});

test('a database that is down, a wrong variable and a missing one are each named with a way out', async () => {
  const folder = newFolder();
  const down = start({ HANSE_DATA: folder, DATABASE_URL: 'postgresql://nobody:x@127.0.0.1:9/none' });
  expect(await down.ended).toBe(1);
  expect(down.output()).toContain('The database cannot be reached');
  const wrong = start({ HANSE_DATA: folder, PORT: 'http', STRIPE_SECRET_KEY: 'sk_test_1' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.output()).toContain('PORT is not a number. Example: PORT=4000');
  expect(wrong.output()).toContain('STRIPE_WEBHOOK_SECRET is missing');
  expect(wrong.output()).not.toContain('    at ');
});
