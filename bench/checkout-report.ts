/** The tables of `bench -- checkout`. */
import { stepNames } from './checkout-steps.js';
import type { Checkout, CheckoutMode, Whole } from './checkout.js';
import { percentile } from './load.js';
import { sum, type Measured } from './measure.js';
import { profileReport } from './profile-report.js';
import { countOf, idleLine, titles } from './report.js';
import { isSandbox, type Cpu } from './shop.js';
import { figure, table } from './table.js';

/** CPU milliseconds: Hanse's own and those of the payment sandbox, which stands for Stripe. */
export function apart({ servers }: Pick<Cpu, 'servers'>): { server: number; sandbox: number } {
  const of = (wanted: boolean): number =>
    sum(
      Object.entries(servers)
        .filter(([name]) => isSandbox(name) === wanted)
        .map(([, ms]) => ms),
    );
  return { server: of(false), sandbox: of(true) };
}

const percentiles = (latencies: readonly number[]): string[] =>
  [50, 95, 99].map((percent) => figure(percentile(latencies, percent)));

function wholeTable(wholes: readonly Whole[]): string {
  return table(
    [
      'whole checkouts',
      'SQL',
      'server ms',
      'Postgres ms',
      'sandbox ms',
      'per CPU-s',
      'with sandbox',
      'per s',
      'p50 ms',
      'p95 ms',
      'p99 ms',
    ],
    wholes.map(({ clients, load, used }) => {
      const { server, sandbox } = apart(used);
      return [
        countOf(clients),
        figure(used.statements),
        ...[server, used.postgres, sandbox].map(figure),
        figure(1_000 / (server + used.postgres)),
        figure(1_000 / (server + used.postgres + sandbox)),
        figure(load.operations / load.seconds),
        ...percentiles(load.latencies),
      ];
    }),
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `alone`: statements of the requests without what follows, by step. */
function stepTable({ steps, latencies }: Whole, alone: Readonly<Record<string, number>>): string {
  const cost = (row: Measured): number => apart(row).server + row.postgres;
  const cpu = sum(steps.map(cost));
  const waited = (name: string): number => sum(latencies[name as keyof typeof latencies]);
  const all = sum(stepNames.map(waited));
  const total = (of: (row: Measured) => number): string => figure(sum(steps.map(of)));
  return table(
    [
      'step by step',
      'SQL, request',
      'SQL, all',
      'server ms',
      'Postgres ms',
      'sandbox ms',
      'of CPU',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'of waiting',
    ],
    [
      ...steps.map((row) => [
        row.operation,
        figure(alone[row.operation] ?? NaN),
        figure(row.statements),
        ...[apart(row).server, row.postgres, apart(row).sandbox].map(figure),
        percent(cost(row) / cpu),
        ...percentiles(latencies[row.operation as keyof typeof latencies]),
        percent(waited(row.operation) / all),
      ]),
      [
        'all steps',
        figure(sum(Object.values(alone))),
        total((row) => row.statements),
        total((row) => apart(row).server),
        total((row) => row.postgres),
        total((row) => apart(row).sandbox),
        ...['', '', '', '', ''],
      ],
    ],
  );
}

/** Which processes worked: CPU milliseconds of one whole checkout, and of each step. */
function processTable({ used, steps }: Whole): string {
  const names = Object.keys(used.servers);
  const row = (name: string, { servers }: Pick<Cpu, 'servers'>): string[] => [
    name,
    ...names.map((process) => figure(servers[process] ?? NaN)),
  ];
  return table(
    ['server ms of', ...names.map((name) => name.replace(/ 1$/, ''))],
    [row('a whole checkout', used), ...steps.map((step) => row(step.operation, step))],
  );
}

/** What failed or does not hold, as lines; none where all is well. */
export const checkoutFailures = (modes: readonly CheckoutMode[]): string[] =>
  modes.flatMap(({ mode, wholes, violations }) => [
    ...wholes.flatMap(({ clients, load, steps }) =>
      [{ operation: 'whole checkout', load }, ...steps].flatMap((row) => [
        ...(row.load.operations === 0
          ? [`${mode}, ${countOf(clients)}, ${row.operation}: nothing was done`]
          : []),
        ...[...row.load.errors].map(
          ([message, times]) => `${mode}, ${countOf(clients)}, ${row.operation}: ${times} failed: ${message}`,
        ),
      ]),
    ),
    ...violations.map((violation) => `${mode}: ${violation}`),
  ]);

function modeReport(result: CheckoutMode): string {
  const { mode, wholes, alone } = result;
  const parts = [`## ${titles[mode]}`, idleLine(result), wholeTable(wholes)];
  for (const whole of wholes) {
    parts.push(`${countOf(whole.clients)}:`, stepTable(whole, alone));
    if (mode === 'separate') parts.push(processTable(whole));
    if (Object.keys(whole.profiles).length > 0) parts.push(profileReport(whole));
  }
  return parts.join('\n\n');
}

/** Of the mode that was measured last; the first one's has the title of all. */
export function checkoutReport({ postgres, redis, products, seconds, modes }: Checkout): string {
  const last = modes.at(-1);
  if (!last) return '';
  const title = `# Whole guest checkouts of two articles: ${products} products beside the demonstration's, ${seconds} s each, PostgreSQL ${postgres}${redis ? `, Redis ${redis}` : ''}`;
  const failures = checkoutFailures([last]);
  return [
    ...(modes.length === 1 ? [title] : []),
    modeReport(last),
    failures.length > 0
      ? `FAILED, so the figures are not to be used:\n${failures.join('\n')}`
      : 'Every order is paid, and all that npm run verify asks holds.',
  ].join('\n\n');
}
