import { expect, test } from '@jest/globals';
import { collectCatalogue } from './catalogue.js';
import { someLine } from './testing.js';

test('an article has its most frequent description, both spellings of its code, and all that was sold', () => {
  const catalogue = collectCatalogue();
  const names = ['RED CUTLERY SET', 'CHILDRENS CUTLERY RED', 'CHILDRENS CUTLERY RED', ''];
  for (const description of names) catalogue.add(someLine({ stockCode: '84997B', description, quantity: 5 }));
  catalogue.add(
    someLine({ stockCode: '84997b', description: 'CHILDRENS CUTLERY RED', quantity: 2, invoicedAt: '2011-01-05T10:00:00', customerId: '' }), // prettier-ignore
  );
  expect(catalogue.articles()).toEqual([
    {
      sku: '84997B',
      name: 'CHILDRENS CUTLERY RED',
      otherNames: ['RED CUTLERY SET'],
      prices: [{ from: '2010-12', price: 255n }],
      sold: 22,
    },
  ]);
  expect(catalogue.usualSpelling('84997B')).toBe('84997B');
});

test('what guests paid is the price of an article that no customer bought, and of no other', () => {
  const catalogue = collectCatalogue();
  for (let i = 0; i < 9; i += 1) {
    catalogue.add(someLine({ stockCode: '22001', customerId: '', unitPrice: 583n }));
    catalogue.add(someLine({ stockCode: '22002', customerId: '', unitPrice: 583n }));
  }
  catalogue.add(someLine({ stockCode: '22001', unitPrice: 255n }));
  expect(catalogue.articles().map(({ prices }) => prices.map(({ price }) => price))).toEqual([
    [255n],
    [583n],
  ]);
});

test('an article without any description is called by its code', () => {
  const catalogue = collectCatalogue();
  catalogue.add(someLine({ stockCode: '22001', description: '' }));
  expect(catalogue.articles()[0]).toMatchObject({ name: '22001', otherNames: [] });
});
