/** `npm start`: Hanse in one process, with a stand-in for every server that no variable names. */
import { createHmac } from 'node:crypto';
import { join, resolve } from 'node:path';
import { startDemo, type DemoAccounts } from '../local/demo/demo.js';
import { keepMasterKey } from '../local/master-key.js';
import { PostgresStartError } from '../local/postgres/errors.js';
import { startPostgres } from '../local/postgres/server.js';
import { startShop, type Shop } from '../local/shop.js';
import { startStripeSandbox } from '../local/stripe/server.js';
import {
  ConfigError,
  readConfig,
  variables,
  type Config,
  type ShopConfig,
} from '../subgraphs/shared/config.js';
import { createWake } from '../subgraphs/shared/events/wake.js';
import { createBus } from '../subgraphs/shared/bus.js';
import { systemClock } from '../subgraphs/shared/clock.js';
import { newId } from '../subgraphs/shared/ids.js';
import { createLive } from '../subgraphs/shared/live.js';
import { createLog } from '../subgraphs/shared/log.js';
import { prepareDatabase } from '../tools/database/prepare.js';

const help = (): string =>
  `npm start: Hanse in one process.

Every server that you have is switched on by its variable, alone; without it a built-in part stands in.

${Object.entries(variables)
  .map(
    ([name, { meaning, example }]) => `  ${name.padEnd(22)} ${meaning}\n${' '.repeat(25)}example: ${example}`,
  )
  .join('\n')}

  ORDERS_DATABASE_URL and the like (one per subgraph, and RELAY_DATABASE_URL): another URL for that role alone
`;

const progress = (line: string): void => console.log(`  ${line}`);

type Stop = () => Promise<void>;

async function openDatabaseServer(config: Config, stops: Stop[]): Promise<string> {
  if (config.databaseUrl) return config.databaseUrl;
  const postgres = await startPostgres({
    dataFolder: join(resolve(config.dataFolder), 'postgres'),
    port: config.postgresPort,
    onProgress: progress,
  });
  stops.push(() => postgres.stop());
  const url = new URL(postgres.adminUrl);
  url.pathname = '/hanse';
  return url.toString();
}

async function start(config: Config, stops: Stop[]): Promise<{ shop: Shop; demo: DemoAccounts | undefined }> {
  const masterKey = config.masterKey ?? keepMasterKey(config.dataFolder);
  const adminUrl = await openDatabaseServer(config, stops);
  const databaseUrls = await prepareDatabase({ adminUrl, masterKey, onProgress: progress });
  const log = createLog(config.logLevel, 'hanse');
  const bus = createBus({ redisUrl: config.redisUrl, prefix: config.prefix, log });
  stops.push(() => bus.close());

  const webhookSecret = `whsec_${createHmac('sha256', masterKey).update('hanse/sandbox-webhooks').digest('hex')}`;
  const sandbox = config.stripe.secretKey
    ? undefined
    : await startStripeSandbox({
        dataFolder: join(resolve(config.dataFolder), 'stripe'),
        port: config.stripe.sandboxPort,
        secretKey: 'sk_test_hanse',
        webhooks: [],
      });
  if (sandbox) stops.push(() => sandbox.stop());
  const stripe = sandbox
    ? { ...config.stripe, secretKey: 'sk_test_hanse', webhookSecret, apiBase: sandbox.url }
    : config.stripe;

  const shopConfig: ShopConfig = { ...config, masterKey, stripe };
  const shop = await startShop({
    parts: {
      config: shopConfig,
      log,
      clock: systemClock,
      newId,
      live: createLive(bus),
      wake: createWake(bus, (error) => log.warn({ err: error }, 'a wake-up was lost')),
      databaseUrl: (name) => config.databaseUrls[name] ?? databaseUrls[name],
    },
    relayUrl: config.databaseUrls.relay ?? databaseUrls.relay,
  });
  stops.push(() => shop.stop());
  const { webhookUrl } = shop.subgraphs.payments;
  if (webhookUrl) sandbox?.addWebhook({ url: webhookUrl, secret: webhookSecret });
  const demo = config.demo ? await startDemo({ subgraphs: shop.subgraphs, onProgress: progress }) : undefined;
  return { shop, demo };
}

function banner(shop: Shop, demo: DemoAccounts | undefined, seconds: number): string {
  const accounts =
    demo?.accounts.map(
      ({ email, password, role }) => `  ${email.padEnd(26)} ${password.padEnd(30)} ${role}`,
    ) ?? [];
  const { origin } = new URL(shop.gateway.url);
  return [
    `\nHanse is up after ${seconds.toFixed(1)} s.\n`,
    `  Open      ${origin}   (Apollo Sandbox, or GraphiQL without the internet; a first query is in it)`,
    `  GraphQL   ${shop.gateway.url}   and its subscriptions at the same address over graphql-ws`,
    `  Health    ${origin}/ready`,
    ...(accounts.length > 0 ? ['\nDemo accounts (signIn takes e-mail and password):\n', ...accounts] : []),
    '\nCtrl-C ends all of it.\n',
  ].join('\n');
}

/** What a person can act on; anything else is a fault of ours and shows its stack. */
function explain(error: unknown, config?: Config): string {
  const { code, message } = error as { code?: string; message?: string };
  if (error instanceof ConfigError || error instanceof PostgresStartError) return error.message;
  if (code === 'EADDRINUSE') {
    const { port = 0 } = error as { port?: number };
    const variable =
      port === config?.paymentsPort
        ? 'PAYMENTS_PORT'
        : port === config?.stripe.sandboxPort
          ? 'STRIPE_SANDBOX_PORT'
          : 'PORT';
    return `Port ${port} is taken. End what listens there, or choose another: ${variable}=${port + 10} npm start`;
  }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    return `The database of DATABASE_URL cannot be reached (${message || code}). Start it, or leave DATABASE_URL out for the embedded one.`;
  }
  if (code === '28P01' || code === '3D000' || code === '42501')
    return `The database refused: ${message}. Check DATABASE_URL.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(help());
    return;
  }
  const stops: Stop[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      for (const one of stops.splice(0).reverse())
        await one().catch((error: unknown) => console.error(explain(error)));
    })());
  const end = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(130);
    console.log(`\n${signal}: ending what runs. Once more to end at once.`);
    void stop().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const began = Date.now();
  let config: Config | undefined;
  try {
    console.log('Starting Hanse');
    config = readConfig(process.env);
    const { shop, demo } = await start(config, stops);
    console.log(banner(shop, demo, (Date.now() - began) / 1000));
  } catch (error) {
    console.error(`\n${explain(error, config)}`);
    await stop();
    process.exit(1);
  }
}

await main();
