/** `npm run import -- catalog FILE`: builds the catalogue from the retailer's file. */
import { parseArgs } from 'node:util';
import { balanceOf } from '../retailer/account.js';
import { endWith, exitCodes } from '../retailer/ending.js';
import { commonHelp, commonOptions, shopOptions, UsageError, wholeOption } from '../retailer/options.js';
import { patient } from '../retailer/patience.js';
import { accountTable } from '../retailer/report.js';
import { openSession } from '../retailer/session.js';
import { stopOnSignals } from '../retailer/stop.js';
import { importCatalogue, type ImportReport } from './catalogue.js';
import { meanings } from './lines.js';

const help = `npm run import -- catalog FILE [options]

Builds the catalogue from a file of invoice lines (CSV, plain or gzip): for each stock code one product with its most
frequent description, its price history in GBP and the stock that was sold. It also makes a warehouse, tax rates and a
way of shipping for the file's countries, where there are none. Stop it with Ctrl-C whenever you like: the same command
goes on, since it looks in the shop for what is there.

${commonHelp}

  npm run import -- catalog orders.csv.gz --email admin@hanse.example --password ...
  HANSE_TOKEN=... npm run import -- catalog orders.csv --workers 8 --json > report.json
`;

const allMeanings = { ...meanings, NOT_REACHED: 'stopped before it was their turn: run the command again' };

function show(report: ImportReport): string {
  const { articles, prices, stock, refused, malformed, seconds } = report;
  const details = [
    ...malformed.map(({ line, why }) => `  line ${line}: ${why}`),
    ...Object.entries(refused).map(([sku, why]) => `  ${sku} was refused: ${why}`),
    ...(prices.setByShop.length > 0
      ? [`  prices that somebody set in the shop and that stay: ${prices.setByShop.join(', ')}`]
      : []),
  ];
  return [
    accountTable(report.account, report.linesInFile, allMeanings),
    '',
    `Articles in the file ${articles.inFile}: added ${articles.added}, already there ${articles.alreadyThere}, refused ${articles.refused}.`,
    `Price changes ${prices.changes}; levels of stock ${stock.levels}; ${seconds.toFixed(0)} s.`,
    ...details,
    ...(report.finished ? [] : ['', 'Stopped. The same command goes on.']),
  ].join('\n');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: commonOptions, allowPositionals: true });
  if (values.help) {
    console.log(help);
    return exitCodes.done;
  }
  const [what, path, ...more] = positionals;
  if (what !== 'catalog' || !path || more.length > 0)
    throw new UsageError('Say what to import: npm run import -- catalog FILE (--help shows more)');
  const workers = wholeOption('workers', values.workers, 1, 64) ?? 4;
  const stopper = stopOnSignals();
  const shop = await openSession({ ...shopOptions(values, process.env), patience: patient });
  const report = await importCatalogue({ shop, workers, stopper }, path);
  const balance = balanceOf(report.account, report.linesInFile);
  console.log(
    values.json
      ? JSON.stringify({ ...report, account: report.account.rows(), balance }, null, 2)
      : show(report),
  );
  if (!balance.balanced) return exitCodes.failed;
  return report.finished ? exitCodes.done : exitCodes.stopped;
}

await endWith(main);
