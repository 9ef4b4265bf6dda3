import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSku, normalizeSku, skuStem, skuWithTail, tailAlphabet } from './rules.js';

test('a SKU is made of brand, product and options', () => {
  const facts = { brand: 'Nordlicht', product: 'Brass oil lamp', options: ['Red', 'Extra Large'] };
  expect(skuStem(facts)).toBe('NORD-BRASOILLAMP-RED-EXTRLARG');
  expect(skuStem({ brand: null, product: 'Ähre', options: [] })).toBe('AHRE');
  expect(skuStem({ brand: null, product: '灯', options: [] })).toBe('ITEM');
});

test('whatever the names are, what is made is a SKU', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  const facts = fc.record({
    brand: fc.option(text),
    product: text,
    options: fc.array(text, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(facts, (given) => {
      const sku = skuWithTail(skuStem(given), tailAlphabet.slice(0, 5));
      expect(isSku(sku)).toBe(true);
      expect(normalizeSku(sku)).toBe(sku);
    }),
  );
});
