// A carrier for the one-command start and the tests: rates, labels, tracking over HTTP, with state that survives a crash.
import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { seededRandom } from '../stripe/chaos.js';
import { lockFolder } from '../stripe/folder-lock.js';
import { openJournal, replayJournal } from '../stripe/journal.js';
import {
  amountOf,
  deliveryDateOf,
  hasLeft,
  isService,
  ratesOf,
  trackingOf,
  unknownAddress,
  type Label,
} from './parcels.js';
import { startWebhookSender, type Webhook } from './webhooks.js';

export interface CarrierSandboxOptions {
  /** Where the journal is; made if missing. One sandbox per folder. */
  dataFolder: string;
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** What callers must send. */
  key: string;
  clock?: () => Date;
  /** How long each step of a parcel takes: a minute unless told. */
  stepMs?: number;
  /** Seeded faults from the beginning. */
  chaos?: CarrierFaults & { seed: number };
}

export interface CarrierFaults {
  /** How often a request fails before its work, and how often its answer is lost after it: 0 to 1. */
  failRate: number;
  loseAnswerRate: number;
}

export interface CarrierSandbox {
  url: string;
  /** All labels that were ever bought. */
  labels(): readonly Label[];
  /** Tells of every step of a parcel there from now on, signed with the secret. */
  addWebhook(webhook: Webhook): void;
  /** Other faults from now on; null: none. */
  setFaults(faults: CarrierFaults | null): void;
  stop(): Promise<void>;
}

const parcel = z.object({
  reference: z.string().min(1).max(100),
  to: z.looseObject({ postalCode: z.string().min(1), country: z.string().length(2) }),
  weightGrams: z.number().int().min(0).max(1_000_000),
  isReturn: z.boolean(),
});
const order = parcel.extend({ service: z.string() });

interface Answer {
  status: number;
  body: object;
}
const refused = (code: string, message: string): Answer => ({ status: 422, body: { code, message } });
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > 100_000) return null;
  }
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return null;
  }
}

export async function startCarrierSandbox(options: CarrierSandboxOptions): Promise<CarrierSandbox> {
  const { dataFolder, host = '127.0.0.1', port = 0, key, stepMs = 60_000, chaos } = options;
  let faults: CarrierFaults | null = chaos ?? null;
  const clock = options.clock ?? (() => new Date());
  const random = seededRandom(chaos?.seed ?? 1);
  await mkdir(dataFolder, { recursive: true });
  const lock = await lockFolder(dataFolder);
  const file = join(dataFolder, 'carrier.jsonl');
  const byId = new Map<string, Label>();
  const byKey = new Map<string, Label>();
  const keep = (label: Label): void => {
    byId.set(label.id, label);
    byKey.set(label.key, label);
  };
  await replayJournal(file, (change) => keep(change as Label));
  const journal = await openJournal(file);
  /** Resolves when it is on disk: no answer leaves before. */
  const save = async (label: Label): Promise<void> => {
    keep(label);
    await journal.append(label);
  };

  async function buy(body: unknown, idempotencyKey: string | undefined): Promise<Answer> {
    const read = order.safeParse(body);
    if (!idempotencyKey) return refused('KEY_MISSING', 'Send an idempotency-key.');
    if (!read.success) return refused('MALFORMED', z.prettifyError(read.error));
    const { service, to } = read.data;
    if (!isService(service)) return refused('UNKNOWN_SERVICE', `There is no service ${service}.`);
    if (to.postalCode === unknownAddress) return refused('ADDRESS_UNKNOWN', 'There is no such address.');
    const known = byKey.get(idempotencyKey);
    if (known) return { status: 200, body: show(known) };
    const id = `lb_${digest(idempotencyKey).toString('hex').slice(0, 24)}`;
    const label: Label = {
      ...{ id, key: idempotencyKey, request: read.data, trackingNumber: `HS${digest(id).readUInt32BE(0)}DE` },
      ...{ amount: amountOf(read.data, service), createdAt: clock().toISOString() },
      ...{ deliveryDate: deliveryDateOf(service, clock()), cancelledAt: null },
    };
    await save(label);
    return { status: 200, body: show(label) };
  }

  const show = ({ id, trackingNumber, amount, deliveryDate }: Label): object => ({
    ...{ id, trackingNumber, amount, deliveryDate, currencyCode: 'EUR' },
    trackingUrl: `${url}/track/${trackingNumber}`,
    labelUrl: `${url}/labels/${id}.txt`,
  });

  async function cancel(label: Label): Promise<Answer> {
    if (label.cancelledAt === null && hasLeft(label, clock(), stepMs))
      return refused('ON_ITS_WAY', 'The parcel is on its way.');
    if (label.cancelledAt === null) await save({ ...label, cancelledAt: clock().toISOString() });
    return { status: 200, body: { cancelled: true } };
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const given = digest(request.headers.authorization ?? '');
    if (!timingSafeEqual(given, digest(`Bearer ${key}`))) return { status: 401, body: {} };
    const body = await bodyOf(request);
    const idempotencyKey = request.headers['idempotency-key'];
    const asked = `${request.method} ${request.url}`;
    if (asked === 'POST /v1/rates') {
      const read = parcel.safeParse(body);
      if (!read.success) return refused('MALFORMED', z.prettifyError(read.error));
      return { status: 200, body: { rates: ratesOf(read.data, clock()) } };
    }
    if (asked === 'POST /v1/labels')
      return buy(body, Array.isArray(idempotencyKey) ? idempotencyKey[0] : idempotencyKey);
    const match = /^(GET|POST) \/v1\/labels\/(\w+)\/(tracking|cancel)$/.exec(asked);
    const label = byId.get(match?.[2] ?? '');
    if (!label) return { status: 404, body: { code: 'NOT_FOUND', message: 'There is no such thing.' } };
    return match?.[3] === 'cancel'
      ? cancel(label)
      : { status: 200, body: { events: trackingOf(label, clock(), stepMs) } };
  }

  const happens = (rate: number | undefined): boolean => rate !== undefined && random() < rate;
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (happens(faults?.failRate)) return void response.writeHead(503).end();
    const { status, body } = await answer(request);
    if (happens(faults?.loseAnswerRate)) return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
  const sender = startWebhookSender({ labels: () => byId.values(), clock, stepMs });
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const url = `http://${host}:${typeof address === 'object' && address ? address.port : port}`;
  return {
    url,
    labels: () => [...byId.values()],
    addWebhook: (webhook) => sender.add(webhook),
    setFaults: (next) => void (faults = next),
    stop: async () => {
      await sender.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await journal.close();
      await lock.release();
    },
  };
}
