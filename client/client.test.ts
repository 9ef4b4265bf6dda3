/** The client against a real gateway over a small graph: what an app sees of answers, errors, tokens and live events. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, type TypedQueryDocumentNode } from 'graphql';
import { WebSocket } from 'ws';
import { start, type Running } from '../gateway/tests/running.js';
import { accepted, createClient, type Client } from './client.js';
import { GraphQLRequestError, RefusedError } from './errors.js';
import { eventually } from '../tests/testkit/eventually.js';

let running: Running;
let client: Client;

beforeAll(async () => {
  running = await start();
  client = createClient({
    url: running.gateway.url,
    headers: { 'x-currency': 'SEK' },
    webSocket: WebSocket,
  });
});
afterAll(() => running.gateway.stop());

/** A document as codegen would make it. */
const document = <Data, Variables = Record<string, never>>(
  text: string,
): TypedQueryDocumentNode<Data, Variables> => parse(text) as TypedQueryDocumentNode<Data, Variables>;

const whoAmI = document<{ whoAmI: { sub: string; currency: string } | null }>('{ whoAmI { sub currency } }');
const stockChanged = document<{ stockChanged: { count: number } }, { id: string }>(
  'subscription ($id: ID!) { stockChanged(id: $id) { count } }',
);
/** The stream that the subgraph opened as its n-th. */
const opened = (n: number): Promise<Running['streams'][number]> => eventually(() => running.streams[n]);
const failureOf = (promise: Promise<unknown>): Promise<GraphQLRequestError> =>
  promise.then(
    () => Promise.reject(new Error('It should have failed.')),
    (error: unknown) => error as GraphQLRequestError,
  );

test('a query has its variables, the token and the headers with it', async () => {
  const book = document<{ book: { title: string } | null }, { id: string }>(
    'query ($id: ID!) { book(id: $id) { title } }',
  );
  expect(await client.query(book, { id: 'b2' })).toEqual({ book: { title: 'Two' } });
  expect(await client.as('anna').query(whoAmI)).toEqual({ whoAmI: { sub: 'anna', currency: 'SEK' } });
});

test('a function of the token is asked before each request', async () => {
  const tokens = ['anna', 'berta'];
  const rotating = client.as(async () => tokens.shift());
  expect((await rotating.query(whoAmI)).whoAmI?.sub).toBe('anna');
  expect((await rotating.query(whoAmI)).whoAmI?.sub).toBe('berta');
});

test('an error has the code, the status and the correlation id that is in the log', async () => {
  const unknownField = document<unknown>('{ colour }');
  const refused = await failureOf(client.query(unknownField));
  expect(refused).toBeInstanceOf(GraphQLRequestError);
  expect(refused).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED', status: 400 });
  expect(refused.message).toBe(refused.errors[0]?.message);

  const broken = await failureOf(client.query(document<unknown>('{ broken books { id } }')));
  expect(broken).toMatchObject({
    code: 'INTERNAL_SERVER_ERROR',
    status: 200,
    // What did come is kept.
    data: { broken: null, books: expect.any(Array) },
  });
  expect(running.logged).toContainEqual(
    expect.objectContaining({
      level: 'error',
      facts: expect.objectContaining({ correlationId: broken.correlationId }),
    }),
  );
});

test('who reaches nothing, or something else than a shop, is told the URL', async () => {
  const server = createServer((_request, response) => response.end('<h1>It works!</h1>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const elsewhere = createClient({ url, webSocket: WebSocket });
  const wrong = await failureOf(elsewhere.query(whoAmI));
  expect(wrong).toMatchObject({ code: 'BAD_ANSWER', status: 200 });
  expect(wrong.message).toBe(
    `${url} answered with status 200 and no GraphQL. The url must be the gateway's /graphql.`,
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const away = await failureOf(elsewhere.query(whoAmI));
  expect(away.code).toBe('NETWORK_ERROR');
  expect(away.message).toBe(
    `Cannot reach ${url} (ECONNREFUSED). Is the shop running there, and can this device reach it?`,
  );
});

test('live events come as they happen, and the end of the loop closes the subscription', async () => {
  const counts: number[] = [];
  const events = client.subscribe(stockChanged, { id: '1' });
  const stream = await opened(0);
  for (const count of [3, 2, 1]) stream.push({ stockChanged: { count } });
  for await (const { stockChanged: change } of events) {
    counts.push(change.count);
    if (change.count === 2) break;
  }
  expect(counts).toEqual([3, 2]);
  expect(await events.next()).toEqual({ done: true, value: undefined });
  await eventually(() => stream.returned);
});

test('a refused subscription throws, also when nobody has asked for an event yet', async () => {
  const events = client.subscribe(document<{ colour: string }>('subscription { colour }'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const refused = await failureOf(events.next());
  expect(refused.code).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

test('a bad token ends a subscription with an error', async () => {
  let connections = 0;
  const counted = new Proxy(WebSocket, {
    construct: (webSocket, parameters) => {
      connections += 1;
      return Reflect.construct(webSocket, parameters) as object;
    },
  });
  const stranger = createClient({ url: running.gateway.url, token: 'bad', webSocket: counted });
  const refused = await failureOf(stranger.subscribe(stockChanged, { id: '2' }).next());
  expect(refused).toMatchObject({
    code: 'UNAUTHENTICATED',
    message: "The access token's signature is wrong.",
  });
  // The same token again would be in vain.
  expect(connections).toBe(1);
});

test('a function of the token gets a second chance when the first token is bad', async () => {
  const tokens = ['bad', 'anna'];
  const events = client.as(() => tokens.shift()).subscribe(stockChanged, { id: '3' });
  const stream = await opened(1);
  stream.push({ stockChanged: { count: 9 } });
  expect(await events.next()).toEqual({ done: false, value: { stockChanged: { count: 9 } } });
  await events.return();
});

test('an event with an error ends the subscription', async () => {
  const noted = document<{ stockChanged: { note: string | null } }, { id: string }>(
    'subscription ($id: ID!) { stockChanged(id: $id) { note } }',
  );
  const events = client.subscribe(noted, { id: '4' });
  const stream = await opened(2);
  stream.push({ stockChanged: { count: -1 } });
  const broken = await failureOf(events.next());
  expect(broken).toMatchObject({ code: 'NEGATIVE', data: { stockChanged: { note: null } } });
  await eventually(() => stream.returned);
});

test('a payload gives its object, or throws the refusal', () => {
  const userErrors = [{ code: 'CART_EMPTY', message: 'There is nothing in the cart.' }];
  expect(accepted({ order: { id: 'o1' }, userErrors: [] }, 'order')).toEqual({ id: 'o1' });
  const refused = (): unknown => accepted({ order: null, userErrors }, 'order');
  expect(refused).toThrow(RefusedError);
  expect(refused).toThrow('CART_EMPTY: There is nothing in the cart.');
});
