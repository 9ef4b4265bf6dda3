/** The tables of `bench -- reservation`. */
import { percentile } from './load.js';
import type { Raw } from './raw-reservation.js';
import type { Decided, Reservation } from './reservation.js';
import { figure, table } from './table.js';

const ratesOf = ({ load, orders = 1 }: { load: Decided['load']; orders?: number }): number =>
  (load.operations * orders) / load.seconds;

/** Orders a second of raw Postgres with as many clients, in the order in which they were measured. */
const limitsFor = (raw: readonly Raw[], clients: number): Raw[] =>
  raw.filter((one) => one.clients === clients);

function rawTable(raw: readonly Raw[]): string {
  return table(
    ['raw Postgres', 'clients', 'orders/s', 'p50 ms', 'p95 ms'],
    raw.map((one) => [
      one.name,
      String(one.clients),
      figure(ratesOf(one)),
      figure(percentile(one.load.latencies, 50)),
      figure(percentile(one.load.latencies, 95)),
    ]),
  );
}

function decidedTable({ decided, raw }: Reservation): string {
  const names = limitsFor(raw, raw[0]?.clients ?? 0).map(({ name }) => `x ${name}`);
  return table(
    [
      'reserveStock',
      'callers',
      'decisions/s',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'server ms',
      'Postgres ms',
      ...names,
    ],
    decided.map((one) => [
      `${one.door}, ${one.kind}`,
      String(one.clients),
      figure(ratesOf(one)),
      ...[50, 95, 99].map((percent) => figure(percentile(one.load.latencies, percent))),
      figure(one.server),
      figure(one.postgres),
      ...limitsFor(raw, one.clients).map((limit) => figure(ratesOf(one) / ratesOf(limit))),
    ]),
  );
}

/** What failed or does not hold; none where each answer is in the database. */
export const reservationFailures = ({ decided, raw, violations }: Reservation): string[] => [
  ...[...decided.map((one) => ({ ...one, name: `${one.door}, ${one.kind}` })), ...raw].flatMap(
    ({ name, clients, load }) => [
      ...(load.operations === 0 ? [`${name}, ${clients} callers: nothing was decided`] : []),
      ...[...load.errors].map(
        ([message, times]) => `${name}, ${clients} callers: ${times} failed: ${message}`,
      ),
    ],
  ),
  ...violations,
];

export function reservationReport(reservation: Reservation): string {
  const { postgres, redis, seconds, raw } = reservation;
  const failures = reservationFailures(reservation);
  return [
    `# Reservation of stock alone: ${seconds} s each, PostgreSQL ${postgres}${redis ? `, Redis ${redis}` : ''}`,
    rawTable(raw),
    decidedTable(reservation),
    failures.length > 0
      ? `FAILED, so the figures are not to be used:\n${failures.join('\n')}`
      : 'Each answer is in the database, and nothing else is.',
  ].join('\n\n');
}
