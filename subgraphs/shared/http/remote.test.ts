import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { buildSchema, type ExecutionResult } from 'graphql';
import { systemClock } from '../clock.js';
import { createLog } from '../log.js';
import { createSubgraph, type Subgraph } from '../subgraph.js';
import { createRemote, type Remote } from './remote.js';
import { startSubgraphServer, type SubgraphServer } from './server.js';
import { createSigner, signatureHeader } from './signature.js';
import { findFreePort } from '../../../local/postgres/port.js';
import { eventually, pause } from '../../../tests/testkit/eventually.js';

const keys = [{ id: 'k', secret: randomBytes(32) }];
const log = createLog('silent', 'test');
const sign = createSigner(keys, systemClock);
const caller = { claims: { kind: 'user', sub: 'u' }, headers: { 'x-currency': 'EUR' }, correlationId: 'c' };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Counts what reaches it; `ticks` begins with a snapshot, the number of streams that were begun. */
function toySubgraph() {
  const seen = { queries: 0, mutations: 0, streams: 0, freed: 0 };
  const never = new Promise<never>(() => {});
  async function* ticks(): AsyncGenerator<object> {
    seen.streams += 1;
    try {
      yield { tick: seen.streams };
      await never;
    } finally {
      seen.freed += 1;
    }
  }
  const schema = buildSchema(
    'type Query { who: String echo(text: String!): String } type Mutation { act: Int } type Subscription { tick: Int ends: Int }',
  );
  const { Query, Mutation, Subscription } = {
    Query: schema.getQueryType()!.getFields(),
    Mutation: schema.getMutationType()!.getFields(),
    Subscription: schema.getSubscriptionType()!.getFields(),
  };
  Query['who']!.resolve = (_root, _args, context: typeof caller) => {
    seen.queries += 1;
    return JSON.stringify(context);
  };
  Query['echo']!.resolve = (_root, { text }: { text: string }) => text;
  Mutation['act']!.resolve = () => (seen.mutations += 1);
  Subscription['tick']!.subscribe = () => {
    const stream = ticks();
    return {
      next: () => stream.next(),
      return: async () => ((seen.freed += 1), { done: true, value: undefined }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
  Subscription['ends']!.subscribe = async function* () {
    yield { ends: 1 };
    yield { ends: 2 };
  };
  let isReady = true;
  let shortage: string | undefined;
  const subgraph: Subgraph = createSubgraph({
    name: 'orders',
    schema,
    log,
    createContext: (from) => from,
    start: async () => {},
    ready: async () => {
      if (!isReady) throw new Error('no');
      return shortage;
    },
    stop: async () => {},
  });
  return {
    seen,
    subgraph,
    setReady: (value: boolean) => void (isReady = value),
    setShortage: (value: string) => void (shortage = value),
  };
}

async function serve(subgraph: Subgraph, port = 0): Promise<SubgraphServer> {
  const server = await startSubgraphServer({
    subgraph,
    host: '127.0.0.1',
    port,
    keys,
    clock: systemClock,
    log,
  });
  stops.push(() => server.stop());
  return server;
}

function remoteOf(...ports: number[]): Remote {
  const origins = ports.map((port) => `http://127.0.0.1:${port}`);
  const remote = createRemote({ name: 'orders', origins, sign, log });
  stops.push(() => remote.close());
  return remote;
}

const valuesOf = async (stream: AsyncIterableIterator<ExecutionResult> | ExecutionResult, count: number) => {
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  const values: unknown[] = [];
  for (let i = 0; i < count; i += 1) {
    const { done, value } = (await stream.next()) as IteratorResult<ExecutionResult, undefined>;
    values.push(done ? 'done' : value.data);
  }
  return values;
};

/** Unicode, also where a chunk ends within a character. */
const long = 'Größe 🜁 '.repeat(50_000);

test('answers as in the same process, the caller with it', async () => {
  const { subgraph } = toySubgraph();
  const { port } = await serve(subgraph);
  const remote = remoteOf(port);
  expect(await remote.execute({ query: '{ who }', caller })).toEqual({
    data: { who: JSON.stringify(caller) },
  });
  const query = 'query ($text: String!) { echo(text: $text) }';
  expect(await remote.execute({ query, variables: { text: long }, caller })).toEqual({
    data: { echo: long },
  });
  expect(await remote.execute({ query: '{ nothing }', caller })).toMatchObject({
    errors: [{ message: expect.stringContaining('nothing') }],
  });
});

test('refuses what is not signed, and says nothing of itself', async () => {
  const { subgraph, seen } = toySubgraph();
  const { port } = await serve(subgraph);
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    body: JSON.stringify({ query: '{ who }', caller }),
  });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNSIGNED_REQUEST' } }] });
  expect(seen.queries).toBe(0);
});

test('goes to the next process where one is away, and comes back to it', async () => {
  const [first, second] = [toySubgraph(), toySubgraph()];
  const a = await serve(first.subgraph, await findFreePort());
  const b = await serve(second.subgraph);
  const remote = remoteOf(a.port, b.port);
  const ask = () => remote.execute({ query: 'mutation { act }', caller });
  await Promise.all([ask(), ask(), ask(), ask()]);
  expect([first.seen.mutations, second.seen.mutations]).toEqual([2, 2]);
  await a.stop();
  // Only a query may find that a connection has ended; then a mutation uses none of those.
  const query = { query: '{ echo(text: "a") }', caller };
  await Promise.all([1, 2, 3, 4].map(() => remote.execute(query)));
  await Promise.all([ask(), ask(), ask(), ask()]);
  expect([first.seen.mutations, second.seen.mutations]).toEqual([2, 6]);
  await serve(first.subgraph, a.port);
  await Promise.all([ask(), ask(), ask(), ask()]);
  expect(first.seen.mutations).toBe(4);
});

test('what cannot be reached is not available, and says so', async () => {
  const { subgraph } = toySubgraph();
  const { port, stop } = await serve(subgraph);
  const remote = remoteOf(port);
  await stop();
  const unavailable = { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] };
  expect(await remote.execute({ query: '{ who }', caller })).toMatchObject(unavailable);
  expect(await remote.subscribe({ query: 'subscription { tick }', caller })).toMatchObject(unavailable);
  await expect(remote.ready()).rejects.toThrow('orders');
});

/** Passes each request on, and hangs up on who sent it instead of answering; `once`: and is gone then. */
async function startRude(
  port: number,
  { once = false } = {},
): Promise<{ port: number; signatures: unknown[] }> {
  const signatures: unknown[] = [];
  const rude = createServer((request) => {
    signatures.push(request.headers[signatureHeader]);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = { [signatureHeader]: String(request.headers[signatureHeader]) };
      void fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers,
        body: Buffer.concat(chunks),
      }).then(() => {
        if (once) rude.close();
        request.socket.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
  stops.push(async () => void rude.close());
  return { port: (rude.address() as AddressInfo).port, signatures };
}

test('a mutation that was cut off runs once, and what it did is unknown; a query is asked again', async () => {
  const { subgraph, seen } = toySubgraph();
  const rude = await startRude((await serve(subgraph)).port);
  const remote = remoteOf(rude.port);
  const unavailable = { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] };
  expect(await remote.execute({ query: 'mutation { act }', caller })).toMatchObject(unavailable);
  expect(seen.mutations).toBe(1);
  expect(new Set(rude.signatures).size).toBe(1);
  expect(rude.signatures.length).toBe(2);
  await remote.execute({ query: '{ who }', caller });
  expect(seen.queries).toBe(2);
});

test('a mutation that was cut off does not run in another process when its own has gone', async () => {
  const { subgraph, seen } = toySubgraph();
  const other = toySubgraph();
  const rude = await startRude((await serve(subgraph)).port, { once: true });
  const remote = remoteOf((await serve(other.subgraph)).port, rude.port);
  expect(await remote.execute({ query: 'mutation { act }', caller })).toMatchObject({
    errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  });
  expect([seen.mutations, other.seen.mutations]).toEqual([1, 0]);
});

test('streams take no connection from queries, however many there are', async () => {
  const { subgraph } = toySubgraph();
  const remote = remoteOf((await serve(subgraph)).port);
  for (let i = 0; i < 130; i += 1)
    await valuesOf(await remote.subscribe({ query: 'subscription { tick }', caller }), 1);
  expect(await remote.execute({ query: '{ echo(text: "a") }', caller })).toEqual({ data: { echo: 'a' } });
});

test('who goes before a stream has begun leaves nothing behind', async () => {
  const { subgraph, seen } = toySubgraph();
  let open = (): void => {};
  let asked = (): void => {};
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const slow: Subgraph = {
    ...subgraph,
    subscribe: async (request) => {
      asked();
      await isOpen;
      return subgraph.subscribe(request);
    },
  };
  const { port } = await serve(slow);
  const heartbeats = jest.spyOn(globalThis, 'setInterval');
  const remote = remoteOf(port);
  const answer = remote.subscribe({ query: 'subscription { tick }', caller });
  await isAsked;
  await remote.close();
  await answer;
  // Several turns, however late the first of them ends: the server hears of the client's going in one of them.
  for (let turn = 0; turn < 5; turn += 1) await pause(20);
  open();
  await eventually(() => seen.freed > 0);
  expect([seen.freed, heartbeats.mock.calls.length]).toEqual([1, 0]);
  heartbeats.mockRestore();
});

test('a stream ends when it is over, and its source is freed when its reader goes', async () => {
  const { subgraph, seen } = toySubgraph();
  const { port } = await serve(subgraph);
  const remote = remoteOf(port);
  const ending = await remote.subscribe({ query: 'subscription { ends }', caller });
  expect(await valuesOf(ending, 3)).toEqual([{ ends: 1 }, { ends: 2 }, 'done']);

  const stream = await remote.subscribe({ query: 'subscription { tick }', caller });
  expect(await valuesOf(stream, 1)).toEqual([{ tick: 1 }]);
  const waiting = (stream as AsyncIterableIterator<ExecutionResult>).next();
  await (stream as AsyncIterableIterator<ExecutionResult>).return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await eventually(() => seen.freed > 0);
});

test('a stream that is cut off is begun anew, with a snapshot', async () => {
  const { subgraph } = toySubgraph();
  const first = await serve(subgraph, await findFreePort());
  const remote = remoteOf(first.port);
  const stream = await remote.subscribe({ query: 'subscription { tick }', caller });
  expect(await valuesOf(stream, 1)).toEqual([{ tick: 1 }]);
  await first.stop();
  await serve(subgraph, first.port);
  expect(await valuesOf(stream, 1)).toEqual([{ tick: 2 }]);
});

test('is ready when one of its processes is', async () => {
  const [one, other] = [toySubgraph(), toySubgraph()];
  const remote = remoteOf((await serve(one.subgraph)).port, (await serve(other.subgraph)).port);
  expect(await remote.ready()).toBeUndefined();
  one.setReady(false);
  expect(await remote.ready()).toBeUndefined();
  other.setShortage('no search engine');
  expect(await remote.ready()).toBe('no search engine');
  other.setReady(false);
  await expect(remote.ready()).rejects.toThrow('orders is not ready');
});

test('a mutation that a load balancer sends to another process the second time does not run twice', async () => {
  const said = new Set<string>();
  const isFirst = async (word: string): Promise<boolean> => !said.has(word) && Boolean(said.add(word));
  const toys = [toySubgraph(), toySubgraph()];
  const ports: number[] = [];
  for (const { subgraph } of toys) {
    const options = { subgraph, host: '127.0.0.1', port: 0, keys, isFirst, clock: systemClock, log };
    const server = await startSubgraphServer(options);
    stops.push(() => server.stop());
    ports.push(server.port);
  }
  const body = JSON.stringify({ query: 'mutation { act }', caller });
  const headers = { [signatureHeader]: sign('orders', body) };
  const statuses: number[] = [];
  for (const port of ports)
    statuses.push(
      (await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })).status,
    );
  expect(statuses).toEqual([200, 401]);
  expect(toys.map(({ seen }) => seen.mutations)).toEqual([1, 0]);
});
