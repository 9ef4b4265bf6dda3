import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { start, type Running } from './running.js';

let running: Running;
beforeAll(async () => {
  running = await start();
});
afterAll(() => running.gateway.stop());

test('a query gathers fields from three subgraphs', async () => {
  const { status, body } = await running.post({
    query: '{ book(id: "b1") { title reviews { body author { name } } available } }',
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    data: {
      book: {
        title: 'One',
        reviews: [
          { body: 'r0', author: { name: 'Ann' } },
          { body: 'r2', author: { name: 'Ann' } },
        ],
        available: 7,
      },
    },
  });
});

test('equal representations are sent once and their results reach every place', async () => {
  running.calls.length = 0;
  const { body } = await running.post({ query: '{ reviews { author { name } book { title } } }' });
  expect(body.data).toEqual({
    reviews: [
      { author: { name: 'Ann' }, book: { title: 'One' } },
      { author: { name: 'Ann' }, book: { title: 'Two' } },
      { author: { name: 'Ann' }, book: { title: 'One' } },
    ],
  });
  const sent = (service: string) =>
    running.calls.find((call) => call.service === service)?.variables?.['representations'];
  expect(sent('authors')).toEqual([{ __typename: 'Author', id: 'a1' }]);
  expect(sent('books')).toEqual([
    { __typename: 'Book', id: 'b1' },
    { __typename: 'Book', id: 'b2' },
  ]);
});

test('an error of an entity that was sent once is reported at each of its places', async () => {
  const { body } = await running.post({ query: '{ reviews { author { country } } }' });
  expect(body.errors?.map((error) => error.path)).toEqual(
    [0, 1, 2].map((i) => ['reviews', i, 'author', 'country']),
  );
  expect(body.errors?.[0]).toMatchObject({
    message: 'Where is a1?',
    extensions: { code: 'LOST', service: 'authors' },
  });
});

test('claims, allow-listed headers and the correlation id reach the source', async () => {
  const headers = {
    authorization: 'Bearer ann',
    'x-currency': 'EUR',
    'x-correlation-id': 'trace-1',
    'x-other': 'no',
  };
  const { body, headers: answered } = await running.post(
    { query: '{ whoAmI { sub currency correlationId } }' },
    headers,
  );
  expect(body.data).toEqual({ whoAmI: { sub: 'ann', currency: 'EUR', correlationId: 'trace-1' } });
  expect(answered.get('x-correlation-id')).toBe('trace-1');
  expect(running.calls.at(-1)?.caller.headers).toEqual({ 'x-currency': 'EUR' });
});
