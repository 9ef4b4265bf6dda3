// A Stripe-shaped server for the one-command start and the tests: the `stripe` package talks to it as to Stripe.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { answerApi } from './api.js';
import type { Api, ApiAnswer, ApiRequest } from './api.js';
import { chaosSchema, seededRandom } from './chaos.js';
import type { Chaos } from './chaos.js';
import { lockFolder } from './folder-lock.js';
import { answerSandbox } from './sandbox-api.js';
import { API_VERSION, COMPACT_ABOVE_BYTES, openStore } from './store.js';
import type { Store } from './store.js';
import { fire } from './timers.js';
import { startWebhooks } from './webhooks.js';
import type { WebhookEndpoint, Webhooks } from './webhooks.js';

export interface StripeSandboxOptions {
  /** Where the journal is; made if missing. One sandbox per folder. */
  dataFolder: string;
  /** 127.0.0.1 unless told. */
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  secretKey: string;
  webhooks: WebhookEndpoint[];
  clock?: () => Date;
  /** Every API request waits this long before it takes effect, in milliseconds. */
  delayMs?: number;
  /** How long a bank debit stays in `processing`: 5,000 ms unless told. */
  processingDelayMs?: number;
  /** How long after an `automatic_async` capture (the default) the balance transaction follows: 250 ms unless told. */
  asyncCaptureDelayMs?: number;
  /** How long objects stay invisible to search, as they do at Stripe for up to a minute: 0 unless told. */
  searchLagMs?: number;
  /** The waits between attempts to deliver a webhook: 500 ms, doubling up to a minute, unless told. */
  webhookRetry?: { firstMs: number; longestMs: number };
  /** A journal beyond this is made small at the start: 16 MiB unless told. */
  compactAboveBytes?: number;
  chaos?: Partial<Chaos>;
  onProgress?: (line: string) => void;
}

export interface StripeSandbox {
  url: string;
  port: number;
  /** Ends the server; everything acknowledged is on disk anyway. */
  stop(): Promise<void>;
  /** Adds an endpoint, or changes the secret of one; events from now on go to it, and those still owed to its URL. */
  addWebhook(endpoint: WebhookEndpoint): void;
}

const MOST_BODY_BYTES = 1024 * 1024;
const TICK_MS = 25;

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readRequest(request: IncomingMessage): Promise<ApiRequest | undefined> {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const body = await readBody(request);
  if (body === undefined) return undefined;
  const method = request.method ?? 'GET';
  return {
    method,
    path,
    form: method === 'POST' ? body : query.join('?'),
    authorization: headerOf(request, 'authorization'),
    idempotencyKey: headerOf(request, 'idempotency-key'),
  };
}

function write(response: ServerResponse, answer: ApiAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, 'stripe-version': API_VERSION });
  response.end(answer.body);
}

function fireDueTimers(api: Api): void {
  const now = api.clock().getTime();
  for (const timer of api.store.tables.timer.values()) {
    if (timer.dueAt > now) continue;
    const unit = api.store.begin({ requestId: null, idempotencyKey: null }, api.endpoints());
    fire(unit, timer);
    // Should the disk fail, the next answer fails with it; the timer is then still in the journal.
    api.store.commit(unit.changes).catch(() => undefined);
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function apiOf(options: StripeSandboxOptions, store: Store, webhooks: Webhooks, clock: () => Date): Api {
  return {
    store,
    clock,
    secretKey: options.secretKey,
    delayMs: options.delayMs ?? 0,
    endpoints: () => [...webhooks.endpoints.values()],
    keysInUse: new Set(),
    settings: {
      baseUrl: '',
      processingDelayMs: options.processingDelayMs ?? 5_000,
      asyncCaptureDelayMs: options.asyncCaptureDelayMs ?? 250,
      searchLagMs: options.searchLagMs ?? 0,
    },
  };
}

function serve(api: Api, webhooks: Webhooks, isAnswerLost: () => boolean): Server {
  return createServer((incoming, response) => {
    async function answer(): Promise<void> {
      const request = await readRequest(incoming);
      if (!request) {
        response.writeHead(413, { connection: 'close' }).end();
        return;
      }
      const isHelper = request.path.startsWith('/_sandbox/');
      const made = isHelper ? await answerSandbox(api, webhooks, request) : await answerApi(api, request);
      webhooks.wake();
      if (!isHelper && request.method === 'POST' && isAnswerLost()) incoming.socket.destroy();
      else write(response, made);
    }
    answer().catch(() => incoming.socket.destroy());
  });
}

/** Starts the sandbox; rejects when the port or the folder is taken, or the journal is damaged. */
export async function startStripeSandbox(options: StripeSandboxOptions): Promise<StripeSandbox> {
  const clock = options.clock ?? (() => new Date());
  const lock = await lockFolder(options.dataFolder);
  const store = await openStore(
    options.dataFolder,
    clock,
    options.compactAboveBytes ?? COMPACT_ABOVE_BYTES,
  ).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const { firstMs: firstRetryMs, longestMs: longestRetryMs } = options.webhookRetry ?? {
    firstMs: 500,
    longestMs: 60_000,
  };
  let chaos = chaosSchema.parse(options.chaos ?? {});
  let random = seededRandom(chaos.seed);
  const webhooks = startWebhooks(store, { clock, firstRetryMs, longestRetryMs }, chaos);
  const setWebhookChaos = webhooks.setChaos;
  webhooks.setChaos = (next) => {
    chaos = next;
    random = seededRandom(next.seed);
    setWebhookChaos(next);
  };
  for (const endpoint of options.webhooks) webhooks.endpoints.set(endpoint.url, endpoint);
  const api = apiOf(options, store, webhooks, clock);
  const server = serve(api, webhooks, () => random() < chaos.loseAnswerRate);
  const port = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0).catch(
    async (error: unknown) => {
      await Promise.all([store.close(), lock.release()]);
      throw error;
    },
  );
  api.settings.baseUrl = `http://127.0.0.1:${String(port)}`;
  const tick = setInterval(() => {
    fireDueTimers(api);
    webhooks.wake();
  }, TICK_MS);
  options.onProgress?.(`Stripe sandbox on ${api.settings.baseUrl}`);

  async function stop(): Promise<void> {
    clearInterval(tick);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await webhooks.stop();
    server.closeAllConnections();
    await closed;
    await store.close();
    await lock.release();
  }

  return {
    url: api.settings.baseUrl,
    port,
    stop,
    addWebhook(endpoint) {
      webhooks.endpoints.set(endpoint.url, endpoint);
      webhooks.wake();
    },
  };
}
