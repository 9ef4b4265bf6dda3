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
  /**
   * Whether events wait in the outboxes until every schema has its consumers' subscriptions: where subgraphs start by
   * themselves, one that starts for the first time after the relay would never get what was told before.
   */
  waitForConsumers?: boolean;
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

/** Tells whether every schema has subscriptions, which are never taken back altogether; says once for whom it waits. */
function allSubscribed({ schemas, log }: RelayOptions, pool: pg.Pool): () => Promise<boolean> {
  const missing = schemas.map(
    (schema) => `SELECT '${schema}' AS schema WHERE NOT EXISTS (SELECT FROM ${schema}.event_subscription)`,
  );
  let all = false;
  let told = false;
  return async () => {
    if (all) return true;
    const { rows } = await pool.query<{ schema: string }>(missing.join(' UNION ALL '));
    all = rows.length === 0;
    if (all && told) log.info('every subgraph has started once: events are carried now');
    if (all || told) return all;
    told = true;
    const waitsFor = rows.map((row) => row.schema);
    log.warn(
      { waitsFor },
      'events stay in the outboxes until these subgraphs have started for the first time',
    );
    return all;
  };
}

type Moved = { count_: number } & Record<string, string[] | null>;

/** Starts a relay; the result stops it after the batches in flight. */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  const { schemas, wake, log } = options;
  const pool = new pg.Pool({ connectionString: options.url, max: 2, application_name: 'hanse-relay' });
  pool.on('error', (error) => log.warn({ err: error }, 'the relay lost its database connection'));

  const mayCarry = options.waitForConsumers ? allSubscribed(options, pool) : async () => true;
  const loops = schemas.map((publisher) => {
    const statement = { name: `relay-${publisher}`, text: statementFor(publisher, schemas) };
    return startLoop({
      name: `relay.${publisher}`,
      bell: relayBell(publisher),
      wake,
      log,
      pollMs: options.pollMs ?? 1_000,
      work: async () => {
        if (!(await mayCarry())) return false;
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
