/**
 * Carries new outbox rows to the inboxes of the consumers that subscribed to them. On one server this is one SQL
 * statement per publisher, under a role that may touch nothing but outboxes and inboxes; any number of relays may run,
 * since rows are claimed with SKIP LOCKED.
 */
import pg from 'pg';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { inboxBell, relayBell, type Wake } from './wake.js';
import { startLoop } from './loop.js';

export interface RelayOptions {
  /** URL of the relay's role. */
  url: string;
  /** Schemas with an outbox and an inbox, in this server. */
  schemas: readonly string[];
  wake: Wake;
  clock: Clock;
  log: Log;
  pollMs?: number;
}

const batchSize = 500;
const columns =
  'type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at, payload';

/** The statement that moves one batch from `publisher`'s outbox to every inbox; the consumers that got some. */
function statementFor(publisher: string, schemas: readonly string[]): string {
  const deliveries = schemas.map(
    (schema) => `to_${schema} AS (
      INSERT INTO ${schema}.inbox (consumer, event_id, ${columns}, run_at)
      SELECT s.consumer, b.id, ${columns.replaceAll(/(\w+)/g, 'b.$1')}, $2::timestamptz
      FROM batch b JOIN ${schema}.event_subscription s ON s.event_type = b.type
      ORDER BY b.id
      ON CONFLICT (consumer, event_id) DO NOTHING
      RETURNING consumer)`,
  );
  const consumers = schemas.map(
    (schema) => `(SELECT array_agg(DISTINCT consumer) FROM to_${schema}) AS ${schema}`,
  );
  return `WITH batch AS MATERIALIZED (
      SELECT * FROM ${publisher}.outbox WHERE relayed_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
    ), ${deliveries.join(', ')}, marked AS (
      UPDATE ${publisher}.outbox o SET relayed_at = $2::timestamptz FROM batch b WHERE o.id = b.id RETURNING 1)
    SELECT (SELECT count(*)::int FROM marked) AS count_, ${consumers.join(', ')}`;
}

type Moved = { count_: number } & Record<string, string[] | null>;

/** Starts a relay; the result stops it after the batches in flight. */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  const { schemas, wake, log } = options;
  const pool = new pg.Pool({ connectionString: options.url, max: 2, application_name: 'hanse-relay' });
  pool.on('error', (error) => log.warn({ err: error }, 'the relay lost its database connection'));

  const loops = schemas.map((publisher) => {
    const statement = { name: `relay-${publisher}`, text: statementFor(publisher, schemas) };
    return startLoop({
      name: `relay.${publisher}`,
      bell: relayBell(publisher),
      wake,
      log,
      pollMs: options.pollMs ?? 1_000,
      work: async () => {
        const { rows } = await pool.query<Moved>({ ...statement, values: [batchSize, options.clock()] });
        const [moved] = rows;
        for (const schema of schemas) {
          for (const consumer of moved?.[schema] ?? []) wake.ring(inboxBell(schema, consumer));
        }
        return moved?.count_ === batchSize;
      },
    });
  });
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await pool.end();
    },
  };
}
