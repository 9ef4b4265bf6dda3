/** The tables as they are printed. */
import type { Machine } from './machine.js';
import { totalOf, type Measured } from './measure.js';
import type { Mode } from './options.js';
import { percentile } from './load.js';
import type { Usage } from './shop.js';
import type { Start } from './start.js';
import type { ModeResult, Storefront } from './storefront.js';
import { figure, megabytes, table } from './table.js';

export const titles: Record<Mode, string> = {
  one: 'All in one process',
  separate: 'Every part a process of its own',
};

export const headOf = (machine: Machine): string =>
  [
    `Hanse ${machine.commit}, ${machine.date} UTC, Node.js ${machine.node}`,
    `${machine.cores} x ${machine.cpu}, ${megabytes(machine.memory)} MB, ${machine.system}; load average before: ${figure(machine.loadBefore)}`,
  ].join('\n');

export const countOf = (clients: number): string => `${clients} ${clients === 1 ? 'client' : 'clients'}`;

/** What a guest's whole checkout costs, from sign-in until it is paid. */
const checkout = ['sign in as guest', 'add to cart', 'place order', 'pay order'];

type Cost = Pick<Measured, 'statements' | 'server' | 'postgres'>;

const costs = (
  { statements, server, postgres }: Cost,
  control: { http: number; postgres: number },
): string[] => [
  figure(statements),
  figure(server),
  figure(postgres),
  figure(server / control.http),
  figure(postgres / control.postgres),
  figure(1_000 / (server + postgres)),
];

function storefrontTable(rows: readonly Measured[], { controls }: Storefront['controls'][number]): string {
  const { http, postgres } = controls;
  const control = { http: http.cpu, postgres: postgres.cpu };
  const times = ({ load }: { load: Measured['load'] }): string[] => [
    figure(load.operations / load.seconds),
    figure(percentile(load.latencies, 50)),
    figure(percentile(load.latencies, 95)),
  ];
  const whole = rows.filter(({ operation }) => checkout.includes(operation));
  const sum = (of: (row: Measured) => number): number => whole.reduce((a, row) => a + of(row), 0);
  const wholeCost = {
    statements: sum((row) => row.statements),
    server: sum((row) => row.server),
    postgres: sum((row) => row.postgres),
  };
  return table(
    [
      'operation',
      'SQL',
      'server ms',
      'Postgres ms',
      'x http',
      'x SELECT 1',
      'per CPU-s',
      'per s',
      'p50 ms',
      'p95 ms',
      'kB',
    ],
    [
      ...rows.map((row) => [row.operation, ...costs(row, control), ...times(row), figure(row.bytes / 1_000)]),
      ['a whole guest checkout', ...costs(wholeCost, control), '', '', '', ''],
      ['control: node:http', '', figure(http.cpu), '', '1', '', figure(1_000 / http.cpu), ...times(http), ''],
      [
        'control: SELECT 1',
        '1',
        '',
        figure(postgres.cpu),
        '',
        '1',
        figure(1_000 / postgres.cpu),
        ...times(postgres),
        '',
      ],
    ],
  );
}

/** What failed, as lines; none where nothing did. */
export const failuresOf = (modes: readonly ModeResult[]): string[] =>
  modes.flatMap(({ mode, rows }) =>
    rows.flatMap(({ operation, clients, load }) => [
      ...(load.operations === 0 ? [`${mode}, ${countOf(clients)}, ${operation}: nothing was done`] : []),
      ...[...load.errors].map(
        ([message, times]) => `${mode}, ${countOf(clients)}, ${operation}: ${times} failed: ${message}`,
      ),
    ]),
  );

/** Which processes worked for an operation: CPU milliseconds of one. */
function shareTable(rows: readonly Measured[]): string {
  const names = Object.keys(rows[0]?.servers ?? {});
  return table(
    ['server ms of', ...names.map((name) => name.replace(/ 1$/, ''))],
    rows.map(({ operation, servers }) => [operation, ...names.map((name) => figure(servers[name] ?? NaN))]),
  );
}

function memoryTable({ memoryBefore, memoryAfter }: ModeResult): string {
  return table(
    ['memory, MB', 'before', 'heap', 'after', 'heap'],
    memoryBefore.map(({ process, resident, heap }) => {
      const after = memoryAfter.find((one) => one.process === process);
      return [process, ...[resident, heap, after?.resident ?? NaN, after?.heap ?? NaN].map(megabytes)];
    }),
  );
}

/** What a shop does by itself, and how far to believe the rest. */
export const idleLine = ({ idle, others }: { idle: Usage; others: number }): string =>
  `Nobody asking: ${figure(totalOf(idle) - idle.postgres)} ms of server and ${figure(idle.postgres)} ms of Postgres a second, ${figure(idle.statements)} statements. ` +
  `Other programs kept ${figure(others)} CPUs busy meanwhile${others > 0.2 ? ': believe CPU, not latencies' : ''}.`;

function modeReport(result: ModeResult, { controls }: Storefront): string {
  const { mode, rows } = result;
  const parts = [`## ${titles[mode]}`, idleLine(result)];
  for (const control of controls) {
    const measured = rows.filter(({ clients }) => clients === control.clients);
    parts.push(`${countOf(control.clients)}:`, storefrontTable(measured, control));
    if (mode === 'separate') parts.push(shareTable(measured));
  }
  return [...parts, memoryTable(result)].join('\n\n');
}

/** Of the mode that was measured last; the first one's has the title of all. */
export function storefrontReport(storefront: Storefront): string {
  const { postgres, redis, products, seconds, modes } = storefront;
  const last = modes.at(-1);
  if (!last) return '';
  const title = `# Storefront: ${products} products beside the demonstration's, ${seconds} s each, PostgreSQL ${postgres}${redis ? `, Redis ${redis}` : ''}`;
  const failures = failuresOf([last]);
  return [
    ...(modes.length === 1 ? [title] : []),
    modeReport(last, storefront),
    failures.length > 0
      ? `FAILED, so the figures are not to be used:\n${failures.join('\n')}`
      : 'No operation failed.',
  ].join('\n\n');
}

export function startReport(starts: readonly Start[]): string {
  const rows = (['first', 'second'] as const).map((kind) => {
    const runs = starts.filter((start) => start.kind === kind);
    const sorted = (of: (start: Start) => number): number[] => runs.map(of).sort((a, b) => a - b);
    const middle = (of: (start: Start) => number): number => percentile(sorted(of), 50);
    const seconds = sorted((start) => start.seconds);
    return [
      kind === 'first' ? 'first start, nothing there' : 'second start',
      ...[seconds[0] ?? NaN, percentile(seconds, 50), seconds.at(-1) ?? NaN].map(figure),
      ...[middle((one) => one.resident), middle((one) => one.heap), middle((one) => one.postgres)].map(
        megabytes,
      ),
    ];
  });
  const rounds = starts.length / 2;
  const head = ['npm start', 'least s', 'median s', 'most s', 'process MB', 'its heap MB', 'Postgres MB'];
  return `# Start: from the command to "Hanse is up", ${rounds} ${rounds === 1 ? 'time' : 'times'}\n\n${table(head, rows)}`;
}
