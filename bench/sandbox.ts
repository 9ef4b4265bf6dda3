/**
 * The payment sandbox as a process of its own, also beside a shop that is all in one: it stands for Stripe, which is
 * somebody else's machine, so what it uses is told apart.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../local/postgres/port.js';
import { webhookEvents } from '../subgraphs/payments/webhook/rules.js';

export interface Sandbox {
  pid: number;
  /** The variables that a shop needs to pay there. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Starts it with its journal below `folder`; it posts webhooks to where a shop with its variables listens. */
export async function startSandbox(folder: string): Promise<Sandbox> {
  const webhookPort = await findFreePort();
  const [secretKey, webhookSecret] = ['sk_test_hanse', 'whsec_hanse'];
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/stripe/main.ts'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      STRIPE_SANDBOX_PORT: '0',
      STRIPE_SANDBOX_DATA: join(folder, 'stripe'),
      STRIPE_SECRET_KEY: secretKey,
      STRIPE_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}/webhooks/stripe`,
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      STRIPE_WEBHOOK_EVENTS: webhookEvents.join(','),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) =>
      resolve((JSON.parse(line.toString()) as { url: string }).url),
    );
    void ended.then(() => reject(new Error('The payment sandbox ended before it listened.')));
  });
  return {
    pid: child.pid ?? 0,
    env: {
      STRIPE_API_BASE: url,
      STRIPE_SECRET_KEY: secretKey,
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      PAYMENTS_PORT: String(webhookPort),
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
