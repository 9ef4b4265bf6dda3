/** A door for webhooks: open to the world, so nothing gets past it that `read` does not know as signed. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../log.js';

export interface WebhookDoorOptions<Event> {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** `/webhooks/stripe` */
  path: string;
  log: Log;
  /** The event, if exactly these bytes were signed by who may; null otherwise. */
  read: (body: Buffer, headers: IncomingHttpHeaders) => Event | null;
  /** Resolves when the event is in the database. */
  receive: (event: Event) => Promise<void>;
}

export interface WebhookDoor {
  url: string;
  stop(): Promise<void>;
}

const mostBytes = 512 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answer<Event>(options: WebhookDoorOptions<Event>, request: IncomingMessage): Promise<number> {
  if (request.url?.split('?')[0] !== options.path) return 404;
  if (request.method !== 'POST') return 405;
  const body = await readBody(request);
  if (!body) return 413;
  const event = options.read(body, request.headers);
  if (!event) {
    options.log.warn(
      { address: request.socket.remoteAddress },
      'a webhook without a valid signature was refused',
    );
    return 400;
  }
  await options.receive(event);
  return 200;
}

/** Listens; 200 is said only when the event is in the database, else its sender sends it again. */
export async function openWebhookDoor<Event>(options: WebhookDoorOptions<Event>): Promise<WebhookDoor> {
  const server: Server = createServer((request, response) => {
    answer(options, request).then(
      (status) => {
        // What was not read to its end is not read at all.
        if (status !== 200) response.setHeader('connection', 'close');
        response.writeHead(status).end();
      },
      (error: unknown) => {
        options.log.error({ err: error }, 'a webhook could not be stored; its sender will send it again');
        response.writeHead(500).end();
      },
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  return {
    url: `http://${host}:${port}${options.path}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
