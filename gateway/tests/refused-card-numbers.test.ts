/** A card number ends at the gateway's edge: nothing is run, and neither the answer nor the log has it. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect, start, subscribe, type Running } from './running.js';

let running: Running;
beforeAll(async () => {
  running = await start();
});
afterAll(() => running.gateway.stop());

const number = '4242 4242 4242 4242';
const query = 'query ($id: ID!) { book(id: $id) { id } }';
const refusal = {
  message:
    "This holds a card number, which must not reach us: send the id of the provider's payment method instead.",
  extensions: { code: 'CARD_NUMBER_REFUSED' },
};

// Whatever was sent: nobody was asked, and nobody can read it anywhere.
afterEach(() => {
  expect(running.calls.splice(0)).toEqual([]);
  expect(running.streams.splice(0)).toEqual([]);
  expect(JSON.stringify(running.logged.splice(0))).not.toMatch(/4242.?4242/);
});

test.each([
  ['a variable', JSON.stringify({ query, variables: { id: number } })],
  ['a JSON number', `{"query":"{ books { id } }","variables":{"id":4242424242424242}}`],
  ['the document', JSON.stringify({ query: `{ book(id: "${number}") { id } }` })],
  ['an extension', JSON.stringify({ query: '{ books { id } }', extensions: { card: number } })],
  ['what is not even JSON', `card=${number}`],
])('in %s of a POST', async (_place, body) => {
  const response = await fetch(running.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ errors: [refusal] });
});

test('in a form, which is not GraphQL anyway', async () => {
  const response = await fetch(running.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: `number ${number}`,
  });
  expect([response.status, await response.json()]).toEqual([400, { errors: [refusal] }]);
});

test('in the query string of a GET', async () => {
  const search = new URLSearchParams({ query, variables: JSON.stringify({ id: number }) });
  const response = await fetch(`${running.gateway.url}?${search.toString()}`, {
    headers: { 'apollo-require-preflight': 'yes' },
  });
  expect([response.status, await response.json()]).toEqual([400, { errors: [refusal] }]);
});

test('in the path or as the correlation id: neither gets into the log', async () => {
  const digits = number.replaceAll(' ', '');
  const response = await fetch(`${running.origin}/${digits}`, { headers: { 'x-correlation-id': digits } });
  expect(response.status).toBe(404);
  expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(running.logged).toContainEqual(
    expect.objectContaining({ facts: expect.objectContaining({ pathname: '(a card number)', status: 404 }) }),
  );
});

test('in a subscription or a query over a WebSocket, which goes on', async () => {
  const client = connect(running);
  const live = 'subscription ($id: ID!) { stockChanged(id: $id) { count } }';
  for (const document of [live, query])
    await expect(subscribe(client, document, { id: number }).done).rejects.toEqual([refusal]);
  const other = subscribe(client, '{ __typename }');
  await other.done;
  expect(other.results).toEqual([{ data: { __typename: 'Query' } }]);
  await client.dispose();
});

test('in the connectionParams of a WebSocket, which is closed', async () => {
  const client = connect(running, { connectionParams: { note: number } });
  await expect(subscribe(client, '{ __typename }').done).rejects.toMatchObject({
    code: 4400,
    reason: refusal.message,
  });
});
