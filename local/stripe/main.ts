// The sandbox as a process of its own.
import { startStripeSandbox } from './server.js';
import type { WebhookEndpoint } from './webhooks.js';

const HELP = `A Stripe-shaped sandbox server. It keeps its state in a folder and posts signed webhooks.

  npm run start:sandbox

  HOST                           address to listen on (default 127.0.0.1)
  STRIPE_SANDBOX_PORT            its port, 0 for a free one (default 12111)
  STRIPE_SANDBOX_DATA            folder of the journal (default .hanse/stripe)
  STRIPE_SECRET_KEY              the key that callers must send (default sk_test_hanse)
  STRIPE_WEBHOOK_URL             where events are posted (none: nowhere)
  STRIPE_WEBHOOK_SECRET          what they are signed with (required with a URL, e.g. whsec_hanse)
  STRIPE_WEBHOOK_EVENTS          types of the events to post, with commas between (default: all)
  STRIPE_SANDBOX_DELAY_MS        every request waits this long (default 0)
  STRIPE_SANDBOX_PROCESSING_MS   how long a bank debit is processing (default 5000)
  STRIPE_SANDBOX_CHAOS           JSON, e.g. {"repeat":3,"shuffleMs":2000,"dropRate":0.2,"loseAnswerRate":0.05,"seed":1}

Prints {"url":"http://127.0.0.1:PORT"} when it listens.
`;

function wholeNumber(name: string, fallback: number): number {
  const value = process.env[name];
  if (value === undefined || value === '') return fallback;
  if (/^\d+$/.test(value)) return Number(value);
  throw new Error(`${name} is "${value}" and must be a whole number, e.g. ${String(fallback)}.`);
}

function webhooksFromEnvironment(): WebhookEndpoint[] {
  const {
    STRIPE_WEBHOOK_URL: url,
    STRIPE_WEBHOOK_SECRET: secret,
    STRIPE_WEBHOOK_EVENTS: events,
  } = process.env;
  if (!url) return [];
  if (!URL.canParse(url)) {
    throw new Error(
      `STRIPE_WEBHOOK_URL is "${url}" and must be a URL, e.g. http://127.0.0.1:4004/webhooks/stripe.`,
    );
  }
  if (!secret)
    throw new Error('STRIPE_WEBHOOK_SECRET is missing and must sign the webhooks, e.g. whsec_hanse.');
  return [{ url, secret, ...(events && { events: events.split(',') }) }];
}

function chaosFromEnvironment(): object {
  const value = process.env['STRIPE_SANDBOX_CHAOS'];
  if (!value) return {};
  try {
    return JSON.parse(value) as object;
  } catch {
    throw new Error(`STRIPE_SANDBOX_CHAOS is not JSON: write something like {"repeat":2}.`);
  }
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const sandbox = await startStripeSandbox({
    dataFolder: process.env['STRIPE_SANDBOX_DATA'] ?? '.hanse/stripe',
    host: process.env['HOST'] || '127.0.0.1',
    port: wholeNumber('STRIPE_SANDBOX_PORT', 12111),
    secretKey: process.env['STRIPE_SECRET_KEY'] ?? 'sk_test_hanse',
    webhooks: webhooksFromEnvironment(),
    delayMs: wholeNumber('STRIPE_SANDBOX_DELAY_MS', 0),
    processingDelayMs: wholeNumber('STRIPE_SANDBOX_PROCESSING_MS', 5_000),
    chaos: chaosFromEnvironment(),
  });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void sandbox.stop().then(() => process.exit(0));
    });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
