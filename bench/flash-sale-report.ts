/** The tables of `bench -- flash-sale`. */
import { apart } from './checkout-report.js';
import type { FlashSale, Sale, SaleMode } from './flash-sale.js';
import { percentile } from './load.js';
import { sum } from './measure.js';
import { idleLine, titles } from './report.js';
import { figure, table } from './table.js';

const percentiles = (latencies: readonly number[]): string[] =>
  [50, 95, 99].map((percent) => figure(percentile(latencies, percent)));

const nameOf = ({ buyers, browsing }: Sale): string =>
  `${buyers} buyers${browsing.length > 0 ? ', others browsing' : ''}`;

function saleTable(sales: readonly Sale[]): string {
  return table(
    [
      'sale',
      'sold',
      'left',
      'told no',
      'else',
      'sold per s',
      'SQL',
      'server ms',
      'Postgres ms',
      'sandbox ms',
      'per CPU-s',
      'p50 ms',
      'p95 ms',
      'p99 ms',
    ],
    sales.map((sale) => {
      const { sold, left, bought, used } = sale;
      const { server, sandbox } = apart(used);
      return [
        nameOf(sale),
        String(sold),
        String(left),
        String(sum(Object.values(bought.told))),
        String(sum(bought.errors.values())),
        figure(bought.checkouts / bought.seconds),
        figure(used.statements),
        ...[server, used.postgres, sandbox].map(figure),
        figure(1_000 / (server + used.postgres)),
        ...percentiles(bought.latencies),
      ];
    }),
  );
}

function browsingTable({ idleBrowsing, sales }: SaleMode): string {
  const base = percentile(idleBrowsing, 95);
  const row = (name: string, latencies: readonly number[]): string[] => [
    name,
    String(latencies.length),
    ...percentiles(latencies),
    figure(percentile(latencies, 95) / base),
  ];
  return table(
    ['other pages', 'pages', 'p50 ms', 'p95 ms', 'p99 ms', 'p95 x idle'],
    [
      row('nobody buys', idleBrowsing),
      ...sales
        .filter(({ browsing }) => browsing.length > 0)
        .map((sale) => row(`${sale.buyers} buyers`, sale.browsing)),
    ],
  );
}

/** What went wrong, as lines; none where exactly what there was is sold and everybody else was told so. */
export const saleFailures = ({ stock, modes }: Pick<FlashSale, 'stock' | 'modes'>): string[] =>
  modes.flatMap(({ mode, sales, violations }) => [
    ...sales.flatMap((sale) => [
      ...(sale.sold === stock && sale.left === 0 && sale.bought.checkouts === stock
        ? []
        : [
            `${mode}, ${nameOf(sale)}: ${sale.sold} of ${stock} sold (${sale.bought.checkouts} checkouts), ${sale.left} left`,
          ]),
      ...[...sale.bought.errors].map(
        ([message, times]) => `${mode}, ${nameOf(sale)}: ${times} were told: ${message}`,
      ),
    ]),
    ...violations.map((violation) => `${mode}: ${violation}`),
  ]);

/** Of the mode that was measured last; the first one's has the title of all. */
export function flashSaleReport({ stock, postgres, redis, modes }: FlashSale): string {
  const last = modes.at(-1);
  if (!last) return '';
  const title = `# Flash sale: ${stock} units of one article, PostgreSQL ${postgres}${redis ? `, Redis ${redis}` : ''}`;
  const failures = saleFailures({ stock, modes: [last] });
  return [
    ...(modes.length === 1 ? [title] : []),
    `## ${titles[last.mode]}`,
    idleLine(last),
    saleTable(last.sales),
    browsingTable(last),
    failures.length > 0
      ? `FAILED, so the figures are not to be used:\n${failures.join('\n')}`
      : `Exactly ${stock} were sold each time, everybody else was told so, and all that npm run verify asks holds.`,
  ].join('\n\n');
}
