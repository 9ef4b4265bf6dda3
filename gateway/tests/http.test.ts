import { request as httpRequest } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { clientAddressOf, clientCountryOf } from '../context.js';
import type { Ready } from '../health.js';
import { start, type Answer, type Running } from './running.js';

let running: Running;
let services: Awaited<ReturnType<Ready>> = { books: { status: 'up' } };
beforeAll(async () => {
  running = await start({ ready: async () => services });
});
afterAll(() => running.gateway.stop());

const get = (path: string, headers: Record<string, string> = {}) => fetch(running.origin + path, { headers });

test('a bad token is a 401 that says why, and no subgraph is asked', async () => {
  running.calls.length = 0;
  const { status, body, headers } = await running.post(
    { query: '{ books { id } }' },
    { authorization: 'Bearer bad' },
  );
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  expect(body.errors).toEqual([
    { message: "The access token's signature is wrong.", extensions: { code: 'UNAUTHENTICATED' } },
  ]);
  expect(running.calls).toEqual([]);
});

test('credentials that are not a bearer token are refused, not ignored', async () => {
  const { status, body } = await running.post({ query: '{ __typename }' }, { authorization: 'Basic YTpi' });
  expect([status, body.errors?.[0]?.extensions['code']]).toEqual([401, 'UNAUTHENTICATED']);
});

test('a token that cannot be checked is a 503, not the client’s fault', async () => {
  const { status, body } = await running.post({ query: '{ __typename }' }, { authorization: 'Bearer down' });
  expect([status, body.errors?.[0]?.extensions['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(JSON.stringify(body)).not.toContain('ECONNREFUSED');
});

test('a body over the limit is a 413, announced or not', async () => {
  const query = `{ books { id } } # ${'x'.repeat(300 * 1024)}`;
  const announced = await running.post({ query });
  expect([announced.status, announced.body.errors?.[0]?.extensions['code']]).toEqual([
    413,
    'PAYLOAD_TOO_LARGE',
  ]);
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(running.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    request.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    request.write(JSON.stringify({ query }));
    request.end();
  });
  expect(chunked).toBe(413);
});

test('a body that is announced too large is refused before it is sent', async () => {
  const headers = { 'content-type': 'application/json', 'content-length': 1_000_000 };
  const request = httpRequest(running.gateway.url, { method: 'POST', headers });
  request.on('error', () => undefined);
  const status = new Promise((resolve) => request.on('response', (response) => resolve(response.statusCode)));
  request.write('{');
  expect(await status).toBe(413);
  request.destroy();
});

test('a body that is not JSON is a 400', async () => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(running.gateway.url, { method: 'POST', headers, body: '{"query":' });
  const { errors } = (await response.json()) as Answer;
  expect([response.status, errors?.[0]?.extensions['code']]).toEqual([400, 'BAD_REQUEST']);
});

test('a request that a foreign page could send without a preflight is refused', async () => {
  const form = await fetch(running.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{"query":"{ books { id } }"}',
  });
  expect(form.status).toBe(400);
  expect(await form.text()).toContain('Cross-Site Request Forgery');
  const link = await get('/graphql?query={books{id}}');
  expect(link.status).toBe(400);
  const allowed = await get('/graphql?query={warehouse}', { 'apollo-require-preflight': '1' });
  expect(await allowed.json()).toEqual({ data: { warehouse: 'Lübeck' } });
});

test('a batch of operations is refused', async () => {
  const { status } = await running.post([{ query: '{ warehouse }' }, { query: '{ warehouse }' }]);
  expect(status).toBe(400);
});

test('a persisted query is registered once and then asked for by its hash', async () => {
  const query = '{ warehouse __typename }';
  const extensions = {
    persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
  };
  const unknown = await running.post({ extensions });
  expect(unknown.body.errors?.[0]?.extensions['code']).toBe('PERSISTED_QUERY_NOT_FOUND');
  await running.post({ query, extensions });
  const known = await running.post({ extensions });
  expect(known.body).toEqual({ data: { warehouse: 'Lübeck', __typename: 'Query' } });
});

test('an insane correlation id is replaced', async () => {
  const { headers } = await running.post({ query: '{ __typename }' }, { 'x-correlation-id': 'a b"c' });
  expect(headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a page of another origin may call and read the correlation id', async () => {
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
  const preflight = await fetch(running.gateway.url, { method: 'OPTIONS', headers });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-currency');
  const { headers: answered } = await running.post(
    { query: '{ __typename }' },
    { origin: 'https://shop.example' },
  );
  expect(answered.get('access-control-expose-headers')).toBe('x-correlation-id');
});

test('with listed origins no other one is let in', async () => {
  const listed = await start({ cors: { origins: ['https://shop.example'] } });
  const allowOf = async (origin: string) =>
    (await listed.post({ query: '{ __typename }' }, { origin })).headers.get('access-control-allow-origin');
  expect(await allowOf('https://shop.example')).toBe('https://shop.example');
  expect(await allowOf('https://evil.example')).toBeNull();
  const socketStatus = (origin: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(listed.gateway.url.replace('http', 'ws'), 'graphql-transport-ws', {
        origin,
      });
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('open', () => resolve('open'));
      socket.on('error', () => undefined);
    });
  expect(await socketStatus('https://shop.example')).toBe('open');
  expect(await socketStatus(listed.origin)).toBe('open');
  expect(await socketStatus('https://evil.example')).toBe(403);
  await listed.gateway.stop();
});

test('a service that is down or lacks something is named, and traffic goes on for the others', async () => {
  const degraded = { status: 'degraded', detail: 'no search engine' } as const;
  services = { books: { status: 'up' }, authors: degraded };
  const response = await get('/ready');
  expect([response.status, await response.json()]).toEqual([200, { status: 'degraded', services }]);
  services = { books: { status: 'down', detail: 'no database' }, authors: degraded };
  const down = await get('/ready');
  expect([down.status, await down.json()]).toEqual([200, { status: 'degraded', services }]);
  services = { books: { status: 'up' } };
});

test('health is up while the process runs; nobody is ready when no service is', async () => {
  expect([(await get('/health')).status, (await get('/ready')).status]).toEqual([200, 200]);
  const down = { status: 'down', detail: 'no database' } as const;
  services = { books: down, stock: down };
  const response = await get('/ready');
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ status: 'down', services });
  expect((await get('/health')).status).toBe(200);
});

test('a browser gets the page with a policy that names its only inline script', async () => {
  for (const path of ['/', '/graphql']) {
    const response = await get(path, { accept: 'text/html,application/xhtml+xml' });
    const html = await response.text();
    const nonce = /<script nonce="([^"]+)"/.exec(html)?.[1];
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain(`script-src 'nonce-${nonce}'`);
    expect(html).toContain('embeddable-sandbox');
  }
});

test('answers carry security headers and do not name the software', async () => {
  const { headers } = await get('/health');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(headers.get('x-powered-by')).toBeNull();
});

test('what does not exist is a 404, even where its path is no URL, and the gateway lives on', async () => {
  expect((await get('/nothing')).status).toBe(404);
  expect((await get('/graphiql/..%2fserver.ts')).status).toBe(404);
  const raw = (head: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connectSocket(running.gateway.port, '127.0.0.1', () => socket.write(head));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text.split('\r\n')[0] ?? '')).on('error', reject);
    });
  const plain = 'host: x\r\nconnection: close\r\n\r\n';
  const upgrade = 'host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
  expect(await raw(`GET // HTTP/1.1\r\n${plain}`)).toBe('HTTP/1.1 404 Not Found');
  expect(await raw(`GET // HTTP/1.1\r\n${upgrade}`)).toBe('HTTP/1.1 404 Not Found');
  expect((await get('/health')).status).toBe(200);
});

test('only what trusted proxies appended tells the client’s address', () => {
  const forwardedFor = 'made.up, 198.51.100.7, 10.0.0.2';
  expect(clientAddressOf('10.0.0.1', forwardedFor, 0)).toBe('10.0.0.1');
  expect(clientAddressOf('10.0.0.1', forwardedFor, 1)).toBe('10.0.0.2');
  expect(clientAddressOf('10.0.0.1', forwardedFor, 2)).toBe('198.51.100.7');
  expect(clientAddressOf('10.0.0.1', undefined, 2)).toBe('10.0.0.1');
});

test('the country of a connection is what the named header says, where it is one', () => {
  const headers = { 'cf-ipcountry': 'de', 'x-other': 'US', 'x-unknown': 'XX', 'x-tor': 'T1' };
  expect(clientCountryOf(headers, 'CF-IPCountry')).toBe('DE');
  for (const name of [undefined, 'x-none', 'x-unknown', 'x-tor'])
    expect(clientCountryOf(headers, name)).toBeUndefined();
});
