import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { start, type Running } from './running.js';

let running: Running;
beforeAll(async () => {
  running = await start({ limits: { depth: 4, aliases: 3, rootFields: 3, tokens: 1_000 } });
});
afterAll(() => running.gateway.stop());

const codes = async (query: string, variables?: object) => {
  const { status, body } = await running.post({ query, variables });
  return [status, ...(body.errors ?? []).map((error) => error.extensions['code'])];
};

test('an unexpected error is masked, and logged once with its cause', async () => {
  running.logged.length = 0;
  const { status, body } = await running.post(
    { query: '{ broken warehouse }' },
    { 'x-correlation-id': 'trace-2' },
  );
  expect(status).toBe(200);
  expect(body).toEqual({
    data: { broken: null, warehouse: 'Lübeck' },
    errors: [
      {
        message: 'Something went wrong on our side. Quote trace-2 when you report it.',
        path: ['broken'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'trace-2', service: 'books' },
      },
    ],
  });
  const errors = running.logged.filter(({ level }) => level === 'error');
  expect(errors).toMatchObject([
    { facts: { correlationId: 'trace-2', service: 'books' }, message: 'unexpected error' },
  ]);
  expect((errors[0]?.facts as { err: Error }).err.message).toBe('select * from secrets');
});

test('an error with a code keeps it and its facts, without what is not for clients', async () => {
  const { status, body } = await running.post({ query: '{ leak }' });
  expect(status).toBe(200);
  expect(body.errors).toEqual([
    { message: 'No.', path: ['leak'], extensions: { code: 'FORBIDDEN', permission: 'x', service: 'books' } },
  ]);
});

test('a source that throws is masked and leaves the rest of the answer', async () => {
  const graph = await start();
  graph.sources.stock.execute = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1'));
  const { body } = await graph.post({ query: '{ book(id: "b1") { title available } reviews { body } }' });
  expect(body.data).toEqual({ book: null, reviews: [{ body: 'r0' }, { body: 'r1' }, { body: 'r2' }] });
  expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'stock' } }]);
  expect(JSON.stringify(body)).not.toContain('ECONNREFUSED');
  await graph.gateway.stop();
});

test('a reference to something gone is null where the schema allows it, and an error where nothing is left', async () => {
  const graph = await start();
  delete graph.data.titles['b1'];
  const gone = await graph.post({ query: '{ reviews { body book { title } } }' });
  expect(gone.body.errors).toBeUndefined();
  expect(gone.body.data).toEqual({
    reviews: [
      { body: 'r0', book: null },
      { body: 'r1', book: { title: 'Two' } },
      { body: 'r2', book: null },
    ],
  });
  const nothing = await graph.post({ query: '{ featured { title } }' });
  expect(nothing.body.data).toBeNull();
  expect(nothing.body.errors?.[0]).toMatchObject({ extensions: { code: 'INCOMPLETE_DATA' } });
  await graph.gateway.stop();
});

test('a subgraph without a source is named at the start', async () => {
  const { books, authors, reviews } = running.sources;
  await expect(start({ sources: { books, authors, reviews } })).rejects.toThrow(
    'The supergraph has a subgraph "stock", for which no source was given.',
  );
});

test('bad variables, unknown fields and syntax errors keep Apollo’s codes', async () => {
  expect(await codes('query ($id: ID!) { book(id: $id) { id } }', {})).toEqual([400, 'BAD_USER_INPUT']);
  expect(await codes('{ nothing }')).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  expect(await codes('{ books {')).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
});

test('a value that only the subgraph’s scalar can refuse is the client’s error too', async () => {
  expect(await codes('query ($of: Amount!) { price(of: $of) }', { of: 'x' })).toEqual([
    200,
    'BAD_USER_INPUT',
  ]);
  expect(await codes('{ price(of: "x") }')).toEqual([200, 'BAD_USER_INPUT']);
});

test('queries over a limit are refused with its name', async () => {
  expect(await codes('{ books { sequel { sequel { id } } } }')).toEqual([200]);
  expect(await codes('{ books { sequel { sequel { sequel { id } } } } }')).toEqual([400, 'QUERY_TOO_DEEP']);
  expect(await codes('{ a: warehouse books { x: id y: id z: id } }')).toEqual([400, 'TOO_MANY_ALIASES']);
  expect(await codes('{ warehouse whoAmI { sub } broken leak }')).toEqual([400, 'TOO_MANY_ROOT_FIELDS']);
  expect(await codes(`{ books { ${'id '.repeat(1_000)} } }`)).toEqual([400, 'QUERY_TOO_LARGE']);
});

test('fragments do not hide what they contain', async () => {
  expect(
    await codes(
      '{ books { ...A } } fragment A on Book { sequel { ...B } } fragment B on Book { sequel { sequel { id } } }',
    ),
  ).toEqual([400, 'QUERY_TOO_DEEP']);
  expect(await codes('{ books { ...A sequel { ...A } } } fragment A on Book { x: id y: title }')).toEqual([
    400,
    'TOO_MANY_ALIASES',
  ]);
});

test('introspection is not counted', async () => {
  expect(await codes(getIntrospectionQuery())).toEqual([200]);
});

test('introspection can be switched off', async () => {
  const closed = await start({ introspection: false });
  const { status, body } = await closed.post({ query: '{ __schema { queryType { name } } }' });
  expect([status, body.errors?.[0]?.extensions['code']]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  await closed.gateway.stop();
});

test('a subscription by plain POST is told what it needs', async () => {
  const query = 'subscription ($on: Boolean!) { stockChanged(id: "b1") { count @include(if: $on) } }';
  expect(await codes(query, { on: true })).toEqual([400, 'SUBSCRIPTION_TRANSPORT_REQUIRED']);
  const conditional = 'subscription ($on: Boolean!) { stockChanged(id: "b1") @include(if: $on) { count } }';
  expect(await codes(conditional, { on: true })).toEqual([400, 'SUBSCRIPTION_ROOT_CONDITION']);
});
