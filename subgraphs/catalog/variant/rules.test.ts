import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { optionsKey, parseVariants, type NewVariantInput } from './rules.js';

const input = (...options: [string, string][]): NewVariantInput => ({
  selectedOptions: options.map(([name, value]) => ({ name, value })),
  attributes: [],
  active: true,
  prices: [],
});

test('two combinations have one key exactly when they are the same, whatever order and case', () => {
  const options = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('A', 'b', 'c"', ','), value: fc.constantFrom('x', 'Y', '","') }),
    { selector: ({ name }) => name, maxLength: 3 },
  );
  const canonical = (given: { name: string; value: string }[]): string =>
    JSON.stringify(Object.fromEntries(given.map(({ name, value }) => [name, value]).sort()));
  fc.assert(
    fc.property(options, options, (a, b) => {
      expect(optionsKey(a) === optionsKey(b)).toBe(canonical(a) === canonical(b));
      const other = [...a]
        .reverse()
        .map(({ name, value }) => ({ name: ` ${name.toUpperCase()}`, value: `${value.toLowerCase()} ` }));
      expect(optionsKey(other)).toBe(optionsKey(a));
    }),
  );
});

test('variants of one product have the same options, each combination once, a hundred at most', () => {
  const fieldsOf = (inputs: NewVariantInput[], siblings: NewVariantInput[] = []): string[] =>
    parseVariants(inputs, siblings, ['variants']).wrong.map((error) => (error.field ?? []).join('.'));
  const sizes = (count: number): NewVariantInput[] =>
    Array.from({ length: count }, (_, i) => input(['Size', String(i)]));
  expect(fieldsOf([input(['Size', 'S']), input(['Size', 'M'])])).toEqual([]);
  expect(fieldsOf([input(), input()])).toEqual(['variants.1.selectedOptions']);
  expect(fieldsOf([input(['Size', 'S']), input(['Colour', 'S'])])).toEqual(['variants.1.selectedOptions']);
  expect(fieldsOf([input(['Size', 'S'])], [input(['Size', 's '])])).toEqual(['variants.0.selectedOptions']);
  expect(fieldsOf([input(['Size', 'S'], ['size', 'M'])])).toEqual(['variants.0.selectedOptions']);
  expect(fieldsOf([input(['Size', ' '])])).toEqual(['variants.0.selectedOptions.0']);
  expect(fieldsOf([])).toEqual(['variants']);
  expect(fieldsOf(sizes(100))).toEqual([]);
  expect(fieldsOf(sizes(101))).toEqual(['variants']);
  expect(fieldsOf([input(['Size', 'S'])], sizes(100))).toEqual(['variants']);
});
