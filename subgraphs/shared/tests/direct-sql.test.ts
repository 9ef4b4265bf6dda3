import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Prisma, PrismaClient } from '../../orders/prisma.generated/client.js';
import { openDatabase, type Database } from '../db.js';
import { createFoundation, type Foundation } from './foundation.js';
import { transact } from '../transaction.js';

let foundation: Foundation;
let database: Database;
/** As Prisma makes it; the foundation's sends its raw statements its own way. */
let plain: PrismaClient;

beforeAll(async () => {
  foundation = await createFoundation();
  const url = foundation.parts.databaseUrl('orders');
  database = openDatabase({ url, schema: 'orders', onError: () => undefined });
  plain = new PrismaClient({ adapter: database.adapter });
});
afterAll(async () => {
  await plain.$disconnect();
  await database.close();
  await foundation.close();
});

const at = new Date('2026-11-21T09:30:00.123Z');
const id = '01935a6e-0000-7000-8000-000000000001';

/** One value of every type that the shop's statements send or read. */
const everyType = (db: PrismaClient) => db.$queryRaw`
  SELECT ${1}::int AS int4, ${12345678901234567890n}::numeric AS numeric, ${2n ** 62n}::bigint AS int8,
         ${1.5}::float8 AS float8, ${true} AS bool, ${'text'} AS text, ${null}::text AS nothing, ${id}::uuid AS uuid,
         ${at}::timestamptz AS timestamptz, ${at}::timestamptz::date AS date, ${Buffer.from('bytes')}::bytea AS bytea,
         ${JSON.stringify({ a: [1, null] })}::jsonb AS json, ${[id]}::uuid[] AS uuids, ${['a', 'b"c']}::text[] AS texts,
         ${[1, 2]}::int[] AS ints, ${[1n]}::bigint[] AS bigints, ${[at]}::timestamptz[] AS times, ${Prisma.sql`1 + ${2}::int`} AS sum`;

test('values go and come as through Prisma', async () => {
  const [mine, prismas] = [await everyType(foundation.db), await everyType(plain)];
  expect(mine).toEqual(prismas);
  expect(mine).toMatchObject([{ int8: 2n ** 62n, timestamptz: at, sum: 3, texts: ['a', 'b"c'] }]);
});

test('in a transaction raw statements and models see the same, and those of others do not', async () => {
  const { context, db, parts } = foundation;
  const aggregateId = parts.newId();
  await transact(context, async (inner) => {
    const inserted = await inner.db.$executeRaw`
      INSERT INTO aggregate_sequence (aggregate_id, last_seq) VALUES (${aggregateId}::uuid, 7)`;
    const [model, outside] = [
      await inner.db.aggregateSequence.findUnique({ where: { aggregateId } }),
      await db.$queryRaw`SELECT FROM aggregate_sequence WHERE aggregate_id = ${aggregateId}::uuid`,
    ];
    expect({ inserted, model: model?.lastSeq, outside }).toEqual({ inserted: 1, model: 7, outside: [] });
  });
  expect(
    await db.$queryRaw`SELECT last_seq FROM aggregate_sequence WHERE aggregate_id = ${aggregateId}::uuid`,
  ).toEqual([{ last_seq: 7 }]);
});

test('two statements at once in a transaction run one after the other, and one that fails undoes both', async () => {
  const { context, db, parts } = foundation;
  const ids = [parts.newId(), parts.newId()];
  const insert = (client: PrismaClient | Prisma.TransactionClient, aggregateId: string) =>
    client.$executeRaw`INSERT INTO aggregate_sequence (aggregate_id, last_seq) VALUES (${aggregateId}::uuid, 1)`;
  const both = transact(context, ({ db: inner }) =>
    Promise.all([insert(inner, ids[0] ?? ''), insert(inner, ids[1] ?? ''), inner.$executeRaw`SELECT 1 / 0`]),
  );
  await expect(both).rejects.toMatchObject({ code: '22012' });
  expect(await db.aggregateSequence.count({ where: { aggregateId: { in: ids } } })).toBe(0);
});

test('after its end a transaction sends nothing more: its connection is somebody else’s', async () => {
  const { context, db, parts } = foundation;
  const aggregateId = parts.newId();
  const inner = await transact(context, async (transaction) => transaction.db);
  await expect(
    inner.$executeRaw`INSERT INTO aggregate_sequence (aggregate_id, last_seq) VALUES (${aggregateId}::uuid, 1)`,
  ).rejects.toThrow('ended already');
  expect(await db.aggregateSequence.count({ where: { aggregateId } })).toBe(0);
});

test('transactions that open at the same time each have a connection of their own', async () => {
  const { context, db, parts } = foundation;
  const ids = Array.from({ length: 30 }, () => parts.newId());
  const results = await Promise.allSettled(
    ids.map((aggregateId, i) =>
      transact(context, async ({ db: inner }) => {
        await inner.$executeRaw`INSERT INTO aggregate_sequence (aggregate_id, last_seq) VALUES (${aggregateId}::uuid, ${i})`;
        const [seen] = await inner.$queryRaw<{ count: bigint }[]>`
          SELECT count(*) AS count FROM aggregate_sequence WHERE aggregate_id = ANY(${ids}::uuid[]) AND last_seq = ${i}`;
        if (i % 2 === 1) throw new Error('undone');
        return seen?.count;
      }),
    ),
  );
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'undone'))).toEqual(
    ids.map((_id, i) => (i % 2 === 1 ? 'undone' : 1n)),
  );
  const kept = await db.aggregateSequence.findMany({ where: { aggregateId: { in: ids } } });
  expect(kept.map(({ lastSeq }) => lastSeq).sort((a, b) => a - b)).toEqual(
    ids.map((_id, i) => i).filter((i) => i % 2 === 0),
  );
});
