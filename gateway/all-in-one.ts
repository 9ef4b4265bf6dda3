/** `npm start`: Hanse in one process, with a stand-in for every server that no variable names. */
import { createHmac } from 'node:crypto';
import { join, resolve } from 'node:path';
import { startCarrierSandbox } from '../local/carrier/server.js';
import { openLocalDatabase } from '../local/database.js';
import { startDemo, type DemoAccounts } from '../local/demo/demo.js';
import { keepMasterKey } from '../local/master-key.js';
import { PostgresStartError } from '../local/postgres/errors.js';
import { startShop, type Shop } from '../local/shop.js';
import { startStripeSandbox } from '../local/stripe/server.js';
import type { Config, ShopConfig } from '../subgraphs/shared/config.js';
import { createWake } from '../subgraphs/shared/events/wake.js';
import { createBus } from '../subgraphs/shared/bus.js';
import { systemClock } from '../subgraphs/shared/clock.js';
import { newId } from '../subgraphs/shared/ids.js';
import { createLive } from '../subgraphs/shared/live.js';
import { createLog } from '../subgraphs/shared/log.js';
import { announcePresence } from '../subgraphs/shared/presence.js';
import { run, type Stops } from '../subgraphs/shared/program.js';
import { webhookEvents } from '../subgraphs/payments/webhook/rules.js';

const carrierKey = 'ck_test_hanse';

const progress = (line: string): void => console.log(`  ${line}`);

async function start(config: Config, stops: Stops): Promise<{ shop: Shop; demo: DemoAccounts | undefined }> {
  const masterKey = config.masterKey ?? keepMasterKey(config.dataFolder);
  const databaseUrls = await openLocalDatabase({ config, masterKey, stops, onProgress: progress });
  const log = createLog(config.logLevel, 'hanse');
  const presence = await announcePresence({
    url: databaseUrls.relay,
    hasRedis: config.redisUrl !== undefined,
    log,
  });
  stops.push(() => presence.stop());
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

  const parcels = config.carrier
    ? undefined
    : await startCarrierSandbox({ dataFolder: join(resolve(config.dataFolder), 'carrier'), key: carrierKey });
  if (parcels) stops.push(() => parcels.stop());
  const carrierSecret = `cwsec_${createHmac('sha256', masterKey).update('hanse/carrier-webhooks').digest('hex')}`;
  const carrier = parcels
    ? { url: parcels.url, key: carrierKey, webhook: { secrets: [carrierSecret], port: 0 } }
    : config.carrier;

  const shopConfig: ShopConfig = { ...config, masterKey, stripe, carrier };
  const shop = await startShop({
    parts: {
      config: shopConfig,
      log,
      clock: systemClock,
      newId,
      live: createLive(bus),
      wake: createWake(bus, (error) => log.warn({ err: error }, 'a wake-up was lost')),
      databaseUrl: (name) => databaseUrls[name],
    },
    relayUrl: databaseUrls.relay,
  });
  stops.push(() => shop.stop());
  const { webhookUrl } = shop.subgraphs.payments;
  if (webhookUrl) sandbox?.addWebhook({ url: webhookUrl, secret: webhookSecret, events: webhookEvents });
  const { webhookUrl: newsUrl } = shop.subgraphs.orders;
  if (newsUrl) parcels?.addWebhook({ url: newsUrl, secret: carrierSecret });
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

await run({
  about: `npm start: Hanse in one process.

Every server that you have is switched on by its variable, alone; without it a built-in part stands in.`,
  isForPeople: (error) => error instanceof PostgresStartError,
  start: async (config, stops) => {
    console.log('Starting Hanse');
    const { shop, demo } = await start(config, stops);
    return (seconds) => banner(shop, demo, seconds);
  },
});
