import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { balanceOf, openAccount, type Outcome } from './account.js';

const outcomes: Outcome[] = ['taken', 'merged', 'refused'];

test('whatever is entered once for each line adds up to the file', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...outcomes), fc.constantFrom('A', 'B', 'C'))),
      (entries) => {
        const account = openAccount();
        entries.forEach(([outcome, reason], line) => account.enter(line, outcome, reason));
        const { taken, merged, refused, balanced } = balanceOf(account, entries.length);
        expect(balanced).toBe(true);
        expect(taken + merged + refused).toBe(entries.length);
        expect(account.rows().reduce((sum, { lines }) => sum + lines, 0)).toBe(entries.length);
        expect(account.total()).toBe(entries.length);
      },
    ),
  );
});

test('a line that was forgotten is seen', () => {
  const account = openAccount();
  account.enter(2, 'taken', 'PLACED');
  expect(balanceOf(account, 2)).toEqual({ linesInFile: 2, taken: 1, merged: 0, refused: 0, balanced: false });
});

test('a line that is entered twice is a defect, and the first entry stands', () => {
  const account = openAccount();
  account.enter(2, 'taken', 'PLACED');
  expect(() => account.enter(2, 'refused', 'FREE')).toThrow('Line 2 was entered twice, now as refused FREE.');
  expect(account.rows()).toEqual([{ outcome: 'taken', reason: 'PLACED', lines: 1, examples: [2] }]);
});

test('rows come by outcome, then the largest first, with the first line numbers', () => {
  const account = openAccount();
  account.enter(9, 'refused', 'FREE');
  for (const line of [7, 6, 2, 3, 4, 5]) account.enter(line, 'refused', 'POSTAGE');
  account.enter(8, 'taken', 'PLACED');
  expect(account.rows()).toEqual([
    { outcome: 'taken', reason: 'PLACED', lines: 1, examples: [8] },
    { outcome: 'refused', reason: 'POSTAGE', lines: 6, examples: [2, 3, 4, 5, 6] },
    { outcome: 'refused', reason: 'FREE', lines: 1, examples: [9] },
  ]);
});
