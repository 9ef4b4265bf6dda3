import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runTasks } from './workers.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("every task runs once, no more at a time than there are workers, and a party's in their order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 3 })), {
        maxLength: 30,
      }),
      fc.integer({ min: 1, max: 5 }),
      async (parties, workers) => {
        const tasks = parties.map(([party, turns], n) => ({ party, turns, n }));
        const ended: typeof tasks = [];
        const running = new Set<string>();
        let most = 0;
        await runTasks(tasks, workers, async (task) => {
          expect(running.has(task.party)).toBe(false);
          running.add(task.party);
          most = Math.max(most, running.size);
          for (let i = 0; i < task.turns; i += 1) await turn();
          running.delete(task.party);
          ended.push(task);
        });
        expect(ended).toHaveLength(tasks.length);
        expect(most).toBeLessThanOrEqual(workers);
        for (const party of ['a', 'b', 'c', 'd'])
          expect(ended.filter((task) => task.party === party)).toEqual(
            tasks.filter((task) => task.party === party),
          );
      },
    ),
    { numRuns: 50 },
  );
});

test('a busy party does not keep the other workers from the rest', async () => {
  const ended: string[] = [];
  let freed = (): void => {};
  const until = new Promise<void>((resolve) => (freed = resolve));
  const tasks = ['slow', 'slow', 'quick'].map((party) => ({ party }));
  await runTasks(tasks, 2, async ({ party }) => {
    if (party === 'slow' && ended.length === 0) await until;
    ended.push(party);
    if (party === 'quick') freed();
  });
  expect(ended).toEqual(['quick', 'slow', 'slow']);
});

test('once it is stopped nothing new begins, and what runs is finished', async () => {
  const ended: number[] = [];
  let stopped = false;
  const tasks = [1, 2, 3, 4].map((n) => ({ party: String(n), n }));
  await runTasks(
    tasks,
    2,
    async ({ n }) => {
      if (n === 2) stopped = true;
      await turn();
      ended.push(n);
    },
    () => stopped,
  );
  expect(ended.sort()).toEqual([1, 2]);
});

test('a failure ends the run with its error, after what runs has ended', async () => {
  const ended: number[] = [];
  const tasks = [1, 2, 3].map((n) => ({ party: String(n), n }));
  const run = runTasks(tasks, 2, async ({ n }) => {
    if (n === 1) throw new Error('the shop is gone');
    await turn();
    ended.push(n);
  });
  await expect(run).rejects.toThrow('the shop is gone');
  expect(ended).toEqual([2]);
});
