import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { format, resolveConfig } from 'prettier';
import { drawingsFile, page } from '../tools/draw-states.js';

test('the drawings of the states are those of the tables', async () => {
  const options = { ...(await resolveConfig(drawingsFile)), parser: 'markdown' };
  expect(readFileSync(drawingsFile, 'utf8')).toBe(await format(page(), options));
});
