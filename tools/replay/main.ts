/** `npm run replay -- orders FILE`: places the file's invoices as orders through the public API. */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { endWith, exitCodes } from '../retailer/ending.js';
import { commonHelp, commonOptions, shopOptions, UsageError, wholeOption } from '../retailer/options.js';
import { createPace } from '../retailer/pace.js';
import { patient } from '../retailer/patience.js';
import { showProgress, type Progress } from '../retailer/progress.js';
import { fingerprintOf, readLines } from '../retailer/read.js';
import { openSession } from '../retailer/session.js';
import { stopOnSignals } from '../retailer/stop.js';
import { openJournal } from './journal.js';
import { planReplay, type Selection } from './plan.js';
import { differencesCsv, reportOf, reportText, unmatchedCsv, type ReplayReport } from './report.js';
import { prepareShop, replay } from './run.js';

const help = `npm run replay -- orders FILE [options]

Places the invoices of a file of invoice lines (CSV, plain or gzip) through the public API: staff place and pay them for
their customers, guests stay guests, at the shop's prices and the file's times; cancellations of the file become
cancellations of order lines. Build the catalogue first: npm run import -- catalog FILE.

Stop it with Ctrl-C, or kill it, or kill the shop: the same command goes on, and nothing is placed twice.

  --limit N            the first N invoices (of --from and --until)
  --from, --until      dates or times of the file: 2011-01-01, 2011-02-01T12:00:00; the end is not included
  --pace N             at most N invoices a second
  --journal FILE       what is finished (.hanse/replay-FILE.jsonl); lose it and the shop itself recognises what it has
${commonHelp}

  npm run replay -- orders orders.csv.gz --limit 500 --email admin@hanse.example --password ...
  npm run replay -- orders orders.csv.gz --from 2011-01-01 --until 2011-02-01 --workers 8
`;

const options = {
  ...commonOptions,
  limit: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  pace: { type: 'string' },
  journal: { type: 'string' },
} as const;

function localTime(name: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new UsageError(`--${name} is a date such as 2011-01-31, or 2011-01-31T12:00:00, not ${text}.`);
  return text;
}

interface Job {
  path: string;
  selection: Selection;
  workers: number;
  pace: number | null;
  journalPath: string;
  shop: Pick<Parameters<typeof openSession>[0], 'url' | 'staff'>;
}

interface Result {
  report: ReplayReport;
  /** Those that have the details. */
  files: string[];
  failure?: unknown;
}

/** Runs the job, as far as it comes. */
async function run(job: Job): Promise<Result> {
  const { path, selection, workers, journalPath } = job;
  const stopper = stopOnSignals();
  const line: { progress?: Progress } = {};
  const shop = await openSession({
    ...job.shop,
    patience: { ...patient, onWait: ({ code }) => line.progress?.note(`waiting for the shop (${code})`) },
  });
  process.stderr.write(`Reading ${path}\n`);
  const plan = await planReplay(readLines(path), selection);
  const context = await prepareShop(shop, plan);
  const journal = await openJournal(journalPath, await fingerprintOf(path), job.shop.url);
  const left = plan.tasks.filter(({ invoice }) => !journal.finished.has(invoice.key)).length;
  const shown = showProgress('Invoices', left);
  line.progress = shown;
  try {
    const pace = createPace(job.pace);
    const ran = await replay(context, plan, { shop, journal, workers, pace, stopper, progress: shown });
    const files = [`${journalPath}.differences.csv`, `${journalPath}.unmatched.csv`];
    await writeFile(files[0] ?? '', differencesCsv(ran.finished.values()));
    await writeFile(files[1] ?? '', unmatchedCsv(plan));
    return { report: reportOf(plan, ran), files, failure: ran.failure };
  } finally {
    shown.end();
    await journal.close();
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) {
    console.log(help);
    return exitCodes.done;
  }
  const [what, path, ...more] = positionals;
  if (what !== 'orders' || !path || more.length > 0)
    throw new UsageError('Say what to replay: npm run replay -- orders FILE (--help shows more)');
  const { report, files, failure } = await run({
    path,
    selection: {
      from: localTime('from', values.from),
      until: localTime('until', values.until),
      limit: wholeOption('limit', values.limit, 1, 1_000_000_000),
    },
    workers: wholeOption('workers', values.workers, 1, 64) ?? 1,
    pace: wholeOption('pace', values.pace, 1, 10_000),
    journalPath: values.journal ?? join('.hanse', `replay-${basename(path)}.jsonl`),
    shop: shopOptions(values, process.env),
  });
  console.log(values.json ? JSON.stringify({ ...report, files }, null, 2) : reportText(report, files));
  if (failure !== undefined) throw failure;
  if (!report.balance.balanced) return exitCodes.failed;
  return report.left > 0 ? exitCodes.stopped : exitCodes.done;
}

await endWith(main);
