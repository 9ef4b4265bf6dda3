/**
 * What PostgreSQL gives at best for the same work, on tables of the least that it takes: one row of stock that everybody
 * wants, and a row for each order that got some.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { runLoad, type Load } from './load.js';

export interface Raw {
  name: string;
  clients: number;
  /** Of transactions; a batch is one. */
  load: Load;
  /** Orders in one transaction. */
  orders: number;
}

const tables = `
  CREATE TABLE IF NOT EXISTS raw_stock (
    sku int PRIMARY KEY, on_hand int NOT NULL, reserved int NOT NULL DEFAULT 0,
    CHECK (reserved BETWEEN 0 AND on_hand)
  ) WITH (fillfactor = 50);
  CREATE TABLE IF NOT EXISTS raw_hold (order_id uuid PRIMARY KEY, sku int NOT NULL, quantity int NOT NULL);
  INSERT INTO raw_stock VALUES (1, 1000000000) ON CONFLICT DO NOTHING`;

const take = 'UPDATE raw_stock SET reserved = reserved + 1 WHERE sku = 1 AND on_hand - reserved >= 1';
const note = 'INSERT INTO raw_hold VALUES ($1, 1, 1)';
const both = {
  name: 'both',
  text: `WITH taken AS (${take} RETURNING 1) INSERT INTO raw_hold SELECT $1::uuid, 1, 1 FROM taken`,
};
export const batchSize = 50;
const batch = {
  name: 'batch',
  text: `WITH wanted AS (SELECT * FROM unnest($1::uuid[]) AS w(order_id)),
    taken AS (
      UPDATE raw_stock SET reserved = reserved + (SELECT count(*) FROM wanted)
      WHERE sku = 1 AND on_hand - reserved >= (SELECT count(*) FROM wanted) RETURNING 1)
    INSERT INTO raw_hold SELECT order_id, 1, 1 FROM wanted, taken`,
};

/** More would only wait in Postgres instead of here. */
const mostConnections = 32;

async function inTransaction(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query({ name: 'take', text: take });
    await client.query({ name: 'note', text: note, values: [randomUUID()] });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

interface Timing {
  clients: number;
  seconds: number;
}

/** One transaction per order, the same as one statement, and batches, which one connection sends one after the other. */
export async function measureRaw(databaseUrl: string, { clients, seconds }: Timing): Promise<Raw[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: Math.min(clients, mostConnections) });
  try {
    await pool.query(tables);
    const orders = (): string[] => Array.from({ length: batchSize }, () => randomUUID());
    const kinds = [
      { name: 'one transaction per order', clients, orders: 1, once: () => inTransaction(pool) },
      {
        name: 'one statement per order',
        clients,
        orders: 1,
        once: () => pool.query({ ...both, values: [randomUUID()] }),
      },
      {
        name: `batches of ${batchSize}, one at a time`,
        clients: 1,
        orders: batchSize,
        once: () => pool.query({ ...batch, values: [orders()] }),
      },
    ];
    const measured: Raw[] = [];
    for (const { name, clients: askers, orders: each, once } of kinds) {
      await runLoad({ clients: askers, seconds: seconds / 5, work: () => once });
      const load = await runLoad({ clients: askers, seconds, work: () => once });
      measured.push({ name, clients, load, orders: each });
    }
    return measured;
  } finally {
    await pool.end();
  }
}
