import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderInUseError } from './folder-lock.js';
import { JournalDamagedError } from './journal.js';
import {
  clientOf,
  newFolder,
  startInbox,
  startTestSandbox,
  stopAll,
  WEBHOOK_SECRET,
} from './test-sandbox.js';
import { eventually } from '../../tests/testkit/eventually.js';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await stopAll();
});

async function startChild(
  dataFolder: string,
  webhookUrl = '',
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'main.ts')], {
    env: {
      ...process.env,
      STRIPE_SANDBOX_PORT: '0',
      STRIPE_SANDBOX_DATA: dataFolder,
      STRIPE_WEBHOOK_URL: webhookUrl,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const line = await eventually(() => output.includes('\n') && output);
  return { child, port: Number(new URL((JSON.parse(line) as { url: string }).url).port) };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const PAY = {
  amount: 1000,
  currency: 'eur',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const },
  payment_method: 'pm_card_visa',
};

test('after kill -9 everything that was acknowledged is there, and a retry of the rest pays once', async () => {
  const dataFolder = await newFolder();
  const first = await startChild(dataFolder);
  const stripe = clientOf(first.port);
  const acknowledged = new Map<string, string>();
  const keys = Array.from({ length: 300 }, (_, index) => `order-${String(index)}`);
  let next = 0;
  async function worker(): Promise<void> {
    for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
      const params = { ...PAY, metadata: { order_id: key } };
      const intent = await stripe.paymentIntents.create(params, { idempotencyKey: key });
      acknowledged.set(key, intent.id);
      if (acknowledged.size === 120) first.child.kill('SIGKILL');
    }
  }
  await Promise.allSettled(Array.from({ length: 8 }, () => worker()));
  expect(acknowledged.size).toBeGreaterThanOrEqual(120);
  expect(acknowledged.size).toBeLessThan(300);

  const second = await startChild(dataFolder);
  const after = clientOf(second.port);
  for (const [key, id] of acknowledged) {
    expect(await after.paymentIntents.retrieve(id)).toMatchObject({
      status: 'succeeded',
      metadata: { order_id: key },
    });
  }
  for (const key of keys) {
    const params = { ...PAY, metadata: { order_id: key } };
    const intent = await after.paymentIntents.create(params, { idempotencyKey: key });
    if (acknowledged.has(key)) expect(intent.id).toBe(acknowledged.get(key));
  }
  const orders: string[] = [];
  for await (const intent of after.paymentIntents.list({ limit: 100 }))
    orders.push(String(intent.metadata['order_id']));
  expect(orders.toSorted()).toEqual(keys.toSorted());
  const charges: unknown[] = [];
  for await (const charge of after.charges.list({ limit: 100 })) charges.push(charge.payment_intent);
  expect(charges).toHaveLength(300);
  await kill(second.child);
});

test('a webhook that was not delivered before kill -9 is delivered after the start', async () => {
  const dataFolder = await newFolder();
  const inbox = await startInbox();
  inbox.answers.push(...Array.from({ length: 1000 }, () => 503));
  const first = await startChild(dataFolder, inbox.url);
  const intent = await clientOf(first.port).paymentIntents.create({ amount: 1000, currency: 'eur' });
  await inbox.wait(1);
  await kill(first.child);
  inbox.answers.length = 0;
  inbox.received.length = 0;
  await startChild(dataFolder, inbox.url);
  const [event] = await inbox.wait(1);
  expect(event).toMatchObject({ type: 'payment_intent.created', data: { object: { id: intent.id } } });
});

test('a last line that the crash tore is ignored, and what comes after it is kept', async () => {
  const { sandbox, stripe, dataFolder } = await startTestSandbox();
  const before = await stripe.paymentIntents.create(PAY);
  await sandbox.stop();
  const file = join(dataFolder, 'journal.jsonl');
  await appendFile(file, '[{"put":"payment_intent","row":{"id":"pi_torn","obj');
  const second = await startTestSandbox({ dataFolder });
  expect((await second.stripe.paymentIntents.list()).data.map((intent) => intent.id)).toEqual([before.id]);
  const after = await second.stripe.paymentIntents.create(PAY);
  await second.sandbox.stop();
  const third = await startTestSandbox({ dataFolder });
  const ids = (await third.stripe.paymentIntents.list()).data.map((intent) => intent.id);
  expect(ids).toEqual([after.id, before.id]);
});

test('a journal that is damaged in the middle is refused and left as it is', async () => {
  const { sandbox, stripe, dataFolder } = await startTestSandbox();
  await stripe.paymentIntents.create(PAY);
  await stripe.paymentIntents.create(PAY);
  await sandbox.stop();
  const file = join(dataFolder, 'journal.jsonl');
  const damaged = (await readFile(file, 'utf8')).replace('[{', '[!');
  await writeFile(file, damaged);
  await expect(startTestSandbox({ dataFolder })).rejects.toThrow(JournalDamagedError);
  expect(await readFile(file, 'utf8')).toBe(damaged);
});

test('a large journal is made small at the start and nothing is lost', async () => {
  const { sandbox, stripe, dataFolder } = await startTestSandbox();
  const kept = await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' });
  for (let round = 0; round < 20; round++) {
    await stripe.paymentIntents.update(kept.id, { metadata: { round: String(round) } });
  }
  await sandbox.stop();
  const file = join(dataFolder, 'journal.jsonl');
  const versions = async () => (await readFile(file, 'utf8')).split('"put":"payment_intent"').length - 1;
  expect(await versions()).toBe(22);
  const second = await startTestSandbox({ dataFolder, compactAboveBytes: 1000 });
  expect(await versions()).toBe(1);
  expect((await second.stripe.paymentIntents.retrieve(kept.id)).metadata).toEqual({ round: '19' });
  expect((await second.stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' })).id).toBe(kept.id);
  await second.sandbox.stop();
  const third = await startTestSandbox({ dataFolder });
  expect((await third.stripe.charges.list()).data).toHaveLength(1);
});

test('a folder belongs to one sandbox at a time', async () => {
  const { sandbox, dataFolder } = await startTestSandbox();
  await expect(startTestSandbox({ dataFolder })).rejects.toThrow(FolderInUseError);
  await sandbox.stop();
  await startTestSandbox({ dataFolder });
});
