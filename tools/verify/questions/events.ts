/** Events: each is carried to everybody who asked for it, in the order of its aggregate, and handled or laid aside. */
import { subgraphNames } from '../../../subgraphs/list.js';
import { kept } from '../../../subgraphs/shared/events/retention.js';
import { ofEverySchema, type Question } from './question.js';

const outboxes = ofEverySchema((schema) => `SELECT '${schema}' AS publisher, * FROM ${schema}.outbox`);
/** A day less than rows are kept: nothing of it has been removed by age. */
const since = (days: number): string => `$1::timestamptz - interval '${days - 1} days'`;

export const events: Question[] = [
  {
    name: 'events.relayed',
    holds: 'every event was relayed',
    looksAt: `(${outboxes}) o`,
    sql: ofEverySchema(
      (schema) => `
      SELECT '${schema}' AS publisher, id, type, occurred_at, occurred_at AS moved_at
      FROM ${schema}.outbox WHERE relayed_at IS NULL`,
    ),
  },
  {
    name: 'events.delivered',
    holds: 'every event reached every consumer that subscribed to its type',
    looksAt: `(${outboxes}) o WHERE relayed_at > ${since(kept.inbox)}`,
    // A consumer that began to subscribe later has no message of an earlier event: it counts from its first one on.
    sql: subgraphNames
      .map(
        (schema) => `
      SELECT o.publisher, '${schema}' AS schema, s.consumer, o.id, o.type
      FROM (${outboxes}) o JOIN ${schema}.event_subscription s ON s.event_type = o.type
      JOIN (SELECT consumer, type, min(occurred_at) AS first_at FROM ${schema}.inbox GROUP BY 1, 2) f
        ON f.consumer = s.consumer AND f.type = o.type AND o.occurred_at > f.first_at
      WHERE o.relayed_at > ${since(kept.inbox)}
        AND NOT EXISTS (SELECT FROM ${schema}.inbox i WHERE i.consumer = s.consumer AND i.event_id = o.id)`,
      )
      .join('\nUNION ALL\n'),
  },
  {
    name: 'events.handled',
    holds: 'every message that is due is done or a dead letter',
    looksAt: `(${ofEverySchema((schema) => `SELECT FROM ${schema}.inbox`)}) i`,
    sql: ofEverySchema(
      (schema) => `
      SELECT '${schema}' AS schema, i.consumer, i.type, i.event_id, i.attempts, i.run_at, i.last_error
      FROM ${schema}.inbox i LEFT JOIN ${schema}.dead_letter d USING (consumer, event_id)
      WHERE d.event_id IS NULL AND CASE WHEN i.done_at IS NOT NULL THEN i.last_error IS NOT NULL
        ELSE i.run_at <= $1 AND coalesce(i.lease_until <= $1, true) END`,
    ),
  },
  {
    name: 'events.in-sequence',
    holds: "an aggregate's events are numbered without a gap, up to the last number that was given",
    looksAt: `(${ofEverySchema((schema) => `SELECT FROM ${schema}.aggregate_sequence`)}) a`,
    // Where the event before was relayed long ago, the missing one may have been removed by age.
    sql: ofEverySchema(
      (schema) => `
      SELECT '${schema}' AS publisher, o.aggregate_id, o.type, o.aggregate_seq, coalesce(o.next, a.last_seq) AS next
      FROM (
        SELECT aggregate_id, type, aggregate_seq, relayed_at,
          lead(aggregate_seq) OVER (PARTITION BY aggregate_id ORDER BY aggregate_seq) AS next
        FROM ${schema}.outbox WHERE aggregate_id IN (
          SELECT aggregate_id FROM ${schema}.outbox LEFT JOIN ${schema}.aggregate_sequence USING (aggregate_id)
          GROUP BY 1 HAVING count(*) <> max(aggregate_seq) - min(aggregate_seq) + 1
            OR max(aggregate_seq) IS DISTINCT FROM max(last_seq))) o
      LEFT JOIN ${schema}.aggregate_sequence a USING (aggregate_id)
      WHERE coalesce(o.relayed_at > ${since(kept.outbox)}, true)
        AND CASE WHEN o.next IS NULL THEN o.aggregate_seq IS DISTINCT FROM a.last_seq
                 ELSE o.next <> o.aggregate_seq + 1 END`,
    ),
  },
];
