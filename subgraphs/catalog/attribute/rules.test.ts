import { expect, test } from '@jest/globals';
import { attributeObject, checkAttributes, type Attribute } from './rules.js';

const attribute = (name: string, type: Attribute['type'], value: string): Attribute => ({
  name,
  type,
  value,
});

test('values are checked by their type', () => {
  const good = [
    attribute('a', 'TEXT', 'Brass'),
    attribute('b', 'NUMBER', '-12.5'),
    attribute('c', 'BOOLEAN', 'true'),
  ];
  expect(checkAttributes(good, [])).toEqual([]);
  expect(attributeObject(good)).toEqual({ a: 'Brass', b: -12.5, c: true });
});

test.each([
  [[attribute('', 'TEXT', 'x')], 'name'],
  [[attribute('a', 'TEXT', '')], 'value'],
  [[attribute('a', 'NUMBER', '1e3')], 'value'],
  [[attribute('a', 'BOOLEAN', 'yes')], 'value'],
])('%j is refused', (attributes, field) =>
  expect(checkAttributes(attributes, ['attributes'])).toMatchObject([{ field: ['attributes', '0', field] }]),
);

test('a name is there once, and a hundred names at most', () => {
  const twice = [attribute('a', 'TEXT', 'x'), attribute('a', 'TEXT', 'y')];
  expect(checkAttributes(twice, [])).toMatchObject([{ field: ['1', 'name'] }]);
  const many = Array.from({ length: 101 }, (_, i) => attribute(`n${i}`, 'TEXT', 'x'));
  expect(checkAttributes(many, [])).toHaveLength(1);
});
