import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, start, subscribe, type Running } from './running.js';
import { eventually } from '../../tests/testkit/eventually.js';

let running: Running;
beforeAll(async () => {
  running = await start();
});
afterAll(() => running.gateway.stop());

const latest = () => running.streams.at(-1)!;

/** Subscribes and waits until the subgraph's stream is open. */
async function open(query: string, client = connect(running), variables = {}) {
  const before = running.streams.length;
  const subscription = subscribe(client, query, variables);
  await eventually(() => running.streams.length > before);
  return { ...subscription, client, stream: latest() };
}

const stockQuery = `subscription ($id: ID!) {
  stockChanged(id: $id) { n: count note book { title available reviews { body author { name } } } }
}`;

test('each event has the fields of all subgraphs, read anew', async () => {
  const { results, stream, client } = await open(stockQuery, connect(running), { id: 'b2' });
  stream.push({ stockChanged: { count: 5, book: { id: 'b2' } } });
  await eventually(() => results.length === 1);
  running.data.titles['b2'] = 'Two, second edition';
  running.data.names['a1'] = 'Anna';
  stream.push({ stockChanged: { count: 4, book: { id: 'b2' } } });
  await eventually(() => results.length === 2);
  const event = (n: number, title: string, name: string) => ({
    data: {
      stockChanged: {
        n,
        note: 'fine',
        book: { title, available: 7, reviews: [{ body: 'r1', author: { name } }] },
      },
    },
  });
  expect(results).toEqual([event(5, 'Two', 'Ann'), event(4, 'Two, second edition', 'Anna')]);
  await client.dispose();
});

test('an error in one event does not end the stream', async () => {
  const { results, stream, client } = await open('subscription { stockChanged(id: "b1") { count note } }');
  stream.push({ stockChanged: { count: -1, book: { id: 'b1' } } });
  stream.push({ stockChanged: { count: 2, book: { id: 'b1' } } });
  await eventually(() => results.length === 2);
  expect(results).toEqual([
    {
      data: { stockChanged: { count: -1, note: null } },
      errors: [
        {
          message: 'Negative.',
          path: ['stockChanged', 'note'],
          extensions: { code: 'NEGATIVE', service: 'stock' },
        },
      ],
    },
    { data: { stockChanged: { count: 2, note: 'fine' } } },
  ]);
  await client.dispose();
});

test('the subgraph’s stream is let go of when the client stops, and when it vanishes', async () => {
  const first = await open(stockQuery, connect(running), { id: 'b1' });
  first.stop();
  await eventually(() => first.stream.returned);
  const second = await open(stockQuery, connect(running), { id: 'b1' });
  second.client.terminate();
  await eventually(() => second.stream.returned);
});

test('a stream that fails ends with a masked error', async () => {
  running.logged.length = 0;
  const { done, stream } = await open('subscription { stockChanged(id: "b1") { count } }');
  stream.fail(new Error('password authentication failed'));
  await expect(done).rejects.toMatchObject([
    { extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'stock' } },
  ]);
  expect(running.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('an invalid or refused subscription is told why, and the connection lives on', async () => {
  const client = connect(running);
  const refusal = (query: string) => expect(subscribe(client, query).done).rejects;
  await refusal('subscription { nothing }').toMatchObject([
    { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
  ]);
  await refusal('subscription { refused { n } }').toMatchObject([
    { extensions: { code: 'FORBIDDEN', service: 'stock' } },
  ]);
  await refusal('subscription ($on: Boolean!) { refused @skip(if: $on) { n } }').toMatchObject([
    { extensions: { code: 'SUBSCRIPTION_ROOT_CONDITION' } },
  ]);
  await refusal('subscription ($id: ID!) { stockChanged(id: $id) { count } }').toMatchObject([
    { extensions: { code: 'BAD_USER_INPUT' } },
  ]);
  const { results, done } = subscribe(client, '{ warehouse }');
  await done;
  expect(results).toEqual([{ data: { warehouse: 'Lübeck' } }]);
  await client.dispose();
});

test('connectionParams carry token and headers', async () => {
  const client = connect(running, { connectionParams: { Authorization: 'Bearer ann', 'X-Currency': 'EUR' } });
  const { results, done } = subscribe(client, '{ whoAmI { sub currency } }');
  await done;
  expect(results).toEqual([{ data: { whoAmI: { sub: 'ann', currency: 'EUR' } } }]);
  await client.dispose();
});

/** The close event of a connection; the client reports it to every running operation. */
const closed = (done: Promise<void>) =>
  done.then(
    () => ({ code: 0, reason: '' }),
    ({ code, reason }: { code: number; reason: string }) => ({ code, reason }),
  );

test('a bad token closes the connection with the reason', async () => {
  const client = connect(running, { connectionParams: { authorization: 'Bearer bad' } });
  expect(await closed(subscribe(client, '{ warehouse }').done)).toEqual({
    code: 4403,
    reason: "The access token's signature is wrong.",
  });
});

test('a stream ends when its token expires', async () => {
  const client = connect(running, { connectionParams: { authorization: 'Bearer ann:4' } });
  const { done, stream } = await open(stockQuery, client, { id: 'b1' });
  expect(await closed(done)).toEqual({ code: 4403, reason: 'The access token expired.' });
  await eventually(() => stream.returned);
});

test('a client that reads too slowly is told so, and its stream freed', async () => {
  const small = await start({ limits: { queuedEvents: 4 } });
  let socket: { pause: () => void; resume: () => void } | undefined;
  const client = connect(small, { on: { connected: (ws) => (socket = ws as typeof socket) } });
  const { done, results } = subscribe(client, 'subscription { numbers(size: 1) { n fill } }');
  await eventually(() => small.streams.length === 1);
  const stream = small.streams[0]!;
  stream.push({ numbers: { n: 0, fill: '' } });
  await eventually(() => results.length === 1);
  socket?.pause();
  const fill = 'x'.repeat(4 * 1024 * 1024);
  let n = 0;
  await eventually(() => {
    if (!stream.returned) stream.push({ numbers: { n: (n += 1), fill } });
    return stream.returned;
  });
  socket?.resume();
  await expect(done).rejects.toMatchObject([{ extensions: { code: 'SUBSCRIPTION_TOO_SLOW' } }]);
  await client.dispose();
  await small.gateway.stop();
});

test('operations per connection and subscriptions in total are limited, and room comes back', async () => {
  const small = await start({ limits: { operationsPerConnection: 2, subscriptions: 3 } });
  const query = 'subscription { stockChanged(id: "b1") { count } }';
  const [first, second] = [connect(small), connect(small)];
  const kept = subscribe(first, query);
  subscribe(first, query);
  await eventually(() => small.streams.length === 2);
  await expect(subscribe(first, query).done).rejects.toMatchObject([
    { extensions: { code: 'TOO_MANY_OPERATIONS' } },
  ]);
  subscribe(second, query);
  await eventually(() => small.streams.length === 3);
  await expect(subscribe(second, query).done).rejects.toMatchObject([
    { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
  ]);
  kept.stop();
  await eventually(() => small.streams[0]!.returned);
  subscribe(second, query);
  await eventually(() => small.streams.length === 4);
  await first.dispose();
  await second.dispose();
  await small.gateway.stop();
});

test('stopping lets running requests end, refuses new ones and closes streams as going away', async () => {
  const leaving = await start();
  const client = connect(leaving);
  const { done } = subscribe(client, 'subscription { stockChanged(id: "b1") { count } }');
  await eventually(() => leaving.streams.length === 1);
  const slow = leaving.post({ query: 'mutation { slow(ms: 300) }' });
  await eventually(() =>
    leaving.calls.some(({ service, query }) => service === 'books' && query.includes('slow')),
  );
  const stopped = leaving.gateway.stop();
  await expect(leaving.post({ query: '{ warehouse }' })).rejects.toThrow();
  expect((await slow).body).toEqual({ data: { slow: 'done' } });
  expect(await closed(done)).toEqual({ code: 1001, reason: 'The server is shutting down.' });
  await stopped;
  expect(leaving.streams[0]?.returned).toBe(true);
});
