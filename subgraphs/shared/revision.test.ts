import { expect, test } from '@jest/globals';
import { isRepeat } from './revision.js';

const present = { name: 'Lamp', attributes: [{ name: 'Height', value: '3' }], brandId: null };
/** As GraphQL gives input: without a prototype, fields in another order. */
const attribute = Object.assign(Object.create(null), { value: '3', name: 'Height' }) as object;

test('a repeat finds the thing one version further, with all that was asked for', () => {
  expect(isRepeat(3, 2, present, { brandId: null, name: 'Lamp', attributes: [attribute] })).toBe(true);
});

test.each([
  ['a first call', 2, present],
  ['one that came two versions late', 4, present],
  ['one that nobody has made yet', 1, present],
  ['one after somebody else changed it', 3, { ...present, name: 'Lantern' }],
  ['one that would take something away', 3, { ...present, attributes: [] }],
])('%s is no repeat', (_which, version, changed) => {
  expect(isRepeat(version, 2, present, changed)).toBe(false);
});
