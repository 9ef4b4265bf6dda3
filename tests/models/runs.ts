/** How long a model test runs: its own number of runs, or `HANSE_RUNS` times as many (`HANSE_RUNS=20 npm test -- tests/models`). */
const factor = Number(process.env['HANSE_RUNS'] ?? 1);
if (!(factor > 0))
  throw new Error(`HANSE_RUNS is a number above 0, such as 20, not ${process.env['HANSE_RUNS']}.`);

export const runs = (count: number): number => Math.max(1, Math.round(count * factor));
