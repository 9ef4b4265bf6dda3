import { expect, test } from '@jest/globals';
import { deduplicate, spreadEntities, spreadErrors } from '../entity-dedup.js';

const a = { __typename: 'Book', id: 'a' };
const b = { __typename: 'Book', id: 'b' };

test('each different representation is kept once, in order', () => {
  expect(deduplicate([a, b, { ...a }, b])).toEqual({ unique: [a, b], indexOf: [0, 1, 0, 1] });
});

test('entities come back at every place', () => {
  expect(spreadEntities([{ t: 1 }, null], deduplicate([a, b, a]))).toEqual([{ t: 1 }, null, { t: 1 }]);
});

test('an entity’s error is repeated with each index; others are left alone', () => {
  const deduplicated = deduplicate([a, b, a]);
  const errors = [
    { message: 'x', path: ['_entities', 0, 'title'] },
    { message: 'y', path: ['_entities', 1] },
    { message: 'z' },
  ];
  expect(spreadErrors(errors, deduplicated)).toEqual([
    { message: 'x', path: ['_entities', 0, 'title'] },
    { message: 'x', path: ['_entities', 2, 'title'] },
    { message: 'y', path: ['_entities', 1] },
    { message: 'z' },
  ]);
});
