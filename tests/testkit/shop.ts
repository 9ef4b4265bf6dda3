/** A whole shop for a story: every subgraph and the gateway, on a database of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionResult } from 'graphql';
import { startCarrierSandbox, type CarrierSandbox } from '../../local/carrier/server.js';
import { startShop, type Shop } from '../../local/shop.js';
import { startStripeSandbox, type StripeSandboxOptions } from '../../local/stripe/server.js';
import type { Subgraph, SubgraphRequest } from '../../subgraphs/shared/subgraph.js';
import { createClient, type Client } from './client.js';
import { createTestParts, type TestParts } from './parts.js';

export interface TestShop extends Shop {
  parts: TestParts;
  carrier: CarrierSandbox;
  /** Where mails and the rest are written. */
  dataFolder: string;
  /** A client without a token. */
  visitor(): Client;
  close(): Promise<void>;
}

const copy = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

/** What crosses between processes in the distributed set-up crosses JSON here, so that nothing works in one way only. */
function jsonBoundary(subgraph: Subgraph): Subgraph {
  const outgoing = (request: SubgraphRequest): SubgraphRequest => copy(request);
  return {
    ...subgraph,
    execute: async (request) => copy(await subgraph.execute(outgoing(request))),
    subscribe: async (request) => {
      const stream = await subgraph.subscribe(outgoing(request));
      if (!(Symbol.asyncIterator in stream)) return copy(stream);
      const copied: AsyncIterableIterator<ExecutionResult> = {
        next: async () => {
          const { done, value } = (await stream.next()) as IteratorResult<ExecutionResult, undefined>;
          return done ? { done: true, value: undefined } : { done: false, value: copy(value) };
        },
        return: async () => {
          await stream.return?.();
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]: () => copied,
      };
      return copied;
    },
  };
}

/** Starts a shop; `env` as the environment would have it, `wrap` around every subgraph's door, `provider` as its sandbox is. */
export async function startTestShop(
  env: Record<string, string> = {},
  wrap: (subgraph: Subgraph) => Subgraph = (subgraph) => subgraph,
  provider: Partial<StripeSandboxOptions> = {},
): Promise<TestShop> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'hanse-shop-'));
  const secretKey = 'sk_test_hanse';
  const webhookSecret = 'whsec_test';
  const carrierSecret = 'cwsec_test_of_the_shop';
  const sandbox = await startStripeSandbox({
    dataFolder: join(dataFolder, 'stripe'),
    secretKey,
    webhooks: [],
    ...provider,
  });
  const carrier = await startCarrierSandbox({ dataFolder: join(dataFolder, 'carrier'), key: 'ck_test' });
  const stopSandboxes = async (): Promise<void> => {
    await sandbox.stop();
    await carrier.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  };
  try {
    return await open();
  } catch (error) {
    // What was started would keep the test's process alive.
    await stopSandboxes();
    throw error;
  }

  async function open(): Promise<TestShop> {
    const parts = await createTestParts(
      {},
      {
        HANSE_DATA: dataFolder,
        STRIPE_SECRET_KEY: secretKey,
        STRIPE_WEBHOOK_SECRET: webhookSecret,
        STRIPE_API_BASE: sandbox.url,
        CARRIER_URL: carrier.url,
        CARRIER_KEY: 'ck_test',
        CARRIER_WEBHOOK_SECRET: carrierSecret,
        ...env,
      },
    );
    const shop = await startShop({
      parts,
      relayUrl: parts.database.urls.relay,
      wrap: (subgraph) => wrap(jsonBoundary(subgraph)),
    });
    const { webhookUrl } = shop.subgraphs.payments;
    if (webhookUrl) sandbox.addWebhook({ url: webhookUrl, secret: webhookSecret });
    const { webhookUrl: newsUrl } = shop.subgraphs.orders;
    if (newsUrl) carrier.addWebhook({ url: newsUrl, secret: carrierSecret });
    return {
      ...shop,
      parts,
      carrier,
      dataFolder,
      visitor: () => createClient(shop.gateway.url),
      close: async () => {
        await shop.stop();
        await stopSandboxes();
        await parts.close();
      },
    };
  }
}
