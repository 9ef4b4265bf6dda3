import { expect, test } from '@jest/globals';
import { checkProduct, optionsOf } from './rules.js';

test('the options of a product are those of its variants, values in their order and once', () => {
  const variant = (...pairs: [string, string][]) => ({
    selectedOptions: pairs.map(([name, value]) => ({ name, value })),
  });
  const variants = [
    variant(['Colour', 'Red'], ['Size', 'S']),
    variant(['Colour', 'Blue'], ['Size', 'S']),
    variant(['colour', 'Red'], ['Size', 'M']),
  ];
  expect(optionsOf(variants)).toEqual([
    { name: 'Colour', values: ['Red', 'Blue'] },
    { name: 'Size', values: ['S', 'M'] },
  ]);
  expect(optionsOf([variant()])).toEqual([]);
});

test('facts out of bounds are refused where they are', () => {
  const image = { url: 'https://example.com/', alt: '' };
  const wrong = checkProduct({
    name: ' ',
    description: 'x'.repeat(20_001),
    images: [...Array.from({ length: 50 }, () => image), { ...image, alt: 'x'.repeat(501) }],
  });
  expect(wrong.map((error) => error.field)).toEqual([
    ['name'],
    ['description'],
    ['images'],
    ['images', '50', 'alt'],
  ]);
  expect(checkProduct({ name: 'A'.repeat(200), handle: 'a', images: [image] })).toEqual([]);
});

test.each(['javascript:alert(1)', 'ftp://example.com/a.jpg', `https://example.com/${'a'.repeat(2_000)}`])(
  '%s is no picture',
  (url) =>
    expect(checkProduct({ images: [{ url, alt: '' }] })).toMatchObject([{ field: ['images', '0', 'url'] }]),
);
