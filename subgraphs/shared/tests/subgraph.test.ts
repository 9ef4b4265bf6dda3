import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSchema, type GraphQLError } from 'graphql';
import { createTestDatabase } from '../../../tests/testkit/server.js';
import { withClient } from '../../../tools/prisma-engine/engine.js';
import { serviceCaller } from '../caller.js';
import { openDatabase, type Database } from '../db.js';
import { clientError } from '../errors.js';
import { createLog } from '../log.js';
import { createSubgraph, type Subgraph } from '../subgraph.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let subgraph: Subgraph;
let database: Database;
let adminUrl: string;

beforeAll(async () => {
  const created = await createTestDatabase();
  adminUrl = created.adminUrl;
  database = openDatabase({ url: created.urls.orders, schema: 'orders', onError: () => {} });
  const schema = buildSchema(
    'enum Size { S } type Query { fails(how: String): Int size(size: Size): Int sleeps: Int }',
  );
  const { fails, sleeps } = schema.getQueryType()?.getFields() ?? {};
  if (fails)
    fails.resolve = (_root, { how }) => {
      throw how === 'meant'
        ? clientError('MEANT', 'as meant')
        : new Error('relation "secret" does not exist');
    };
  if (sleeps) sleeps.resolve = async () => void (await database.pool.query('SELECT pg_sleep(10)'));
  subgraph = createSubgraph({
    name: 'orders',
    schema,
    log: createLog('silent', 'test'),
    createContext: () => ({}),
    start: async () => {},
    ready: async () => {},
    stop: async () => {},
  });
});
afterAll(() => database.close());

const errorOf = async (
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphQLError | undefined> => {
  const { errors } = await subgraph.execute({ query, variables, caller: serviceCaller('test', 'c-1') });
  return errors?.[0];
};

test('what a service means for the client passes, what broke says nothing of itself', async () => {
  expect(await errorOf('{ fails(how: "meant") }')).toMatchObject({
    message: 'as meant',
    extensions: { code: 'MEANT' },
  });
  const masked = await errorOf('{ fails }');
  expect(masked?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', correlationId: 'c-1' });
  expect(JSON.stringify(masked)).not.toContain('secret');
});

test("a variable of the wrong type is the request's own error", async () => {
  const error = await errorOf('query ($size: Size) { size(size: $size) }', { size: 'XXL' });
  expect(error?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
});

test('a database that goes away is told as such', async () => {
  const asking = errorOf('{ sleeps }');
  await withClient(adminUrl, async (client) => {
    const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'`;
    await eventually(async () => (await client.query(kill)).rowCount !== 0);
  });
  expect((await asking)?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', correlationId: 'c-1' });
});
