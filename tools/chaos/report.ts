/** What a run found, for people. */
import { killable, type Plan } from './plan.js';
import type { RunResult } from './run.js';

const line = (name: string, value: string | number, more = ''): string =>
  `  ${name.padEnd(34)} ${String(value).padStart(8)}${more ? `   ${more}` : ''}`;

/** Names with how often, the most often first. */
const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0);

/** Everything that makes the run red, in words. */
export function findings({ judgement, unsettled, answers, deadLetters, book }: RunResult): string[] {
  return [
    ...judgement.violations.map(({ kind, text }) => `${kind}: ${text}`),
    ...answers
      .filter(({ violations, inFlight }) => violations + inFlight > 0)
      .map(
        ({ name, holds, violations, rows }) =>
          `${name}: not so ${violations} times: ${holds}. ${rows
            .slice(0, 3)
            .map((row) => JSON.stringify(row))
            .join(' ')}`,
      ),
    ...Object.entries(unsettled).map(([what, n]) => `not settled: ${n} ${what}`),
    ...deadLetters.map((text) => `dead letter: ${text}`),
    ...(book.every(({ orderId }) => orderId === null)
      ? ['nobody could order anything: the run has shown nothing']
      : []),
  ];
}

/** The table of a run. */
export function describeRun(plan: Plan, result: RunResult): string {
  const { judgement, faults, retries, answers, book, seconds } = result;
  const of = (kind: string): number => judgement.violations.filter((one) => one.kind === kind).length;
  const kills = [...killable, 'postgres', 'redis'].reduce((sum, name) => sum + (faults[name] ?? 0), 0);
  const broken = answers.filter(({ violations, inFlight }) => violations + inFlight > 0).length;
  return [
    `Seed ${plan.seed}`,
    line('checkouts', book.length, `${judgement.orders} orders, ${judgement.paidOrders} paid in the end`),
    line('kills', kills, counted(faults)),
    line('calls made again', sumOf(retries), counted(retries)),
    line('unknown outcomes, all decided', judgement.unknownsResolved),
    line('paid too late and made good', judgement.madeGood),
    line('after the sale, and in stock', sumOf(judgement.reached), counted(judgement.reached)),
    line('oversold articles', of('oversold')),
    line('acknowledged and lost', of('lost')),
    line('charged twice', of('charged twice') + of('more than asked for')),
    line('wrong answers', of('wrong answer')),
    line('stock that does not add up', of('stock')),
    line('labels too many or too few', of('label')),
    line('not settled', sumOf(result.unsettled)),
    line('dead letters', result.deadLetters.length),
    line('questions of verify', answers.length, broken === 0 ? 'all hold' : `${broken} do not hold`),
    line(
      'seconds',
      Math.round(seconds.start + seconds.load + seconds.settle),
      `start ${seconds.start.toFixed(0)}, load ${seconds.load.toFixed(0)}, settling ${seconds.settle.toFixed(0)}`,
    ),
  ].join('\n');
}
