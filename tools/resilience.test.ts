import { expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { overpromising } from './resilience.js';

const check = (orders: string, catalog: string): string[] =>
  overpromising(
    new Map([
      ['orders', buildSchema(orders)],
      ['catalog', buildSchema(catalog)],
    ]),
  );

const catalog = 'type Query { a: Int } type Variant { id: ID! name: String! }';

test('a field that promises what another subgraph has to give is named', () => {
  const problem = (field: string): string =>
    `orders: Item.${field} must be nullable, for it leads to what others promise: name of catalog.`;
  const orders = (type: string): string => `type Item { variant: ${type} } type Variant { id: ID! }`;
  expect(check(orders('Variant!'), catalog)).toEqual([problem('variant')]);
  expect(check(orders('[Variant!]!'), catalog)).toEqual([problem('variant')]);
});

test('nullable ones, lists of nullable ones, and own objects are right', () => {
  const orders = (type: string): string => `type Item { variant: ${type} } type Variant { id: ID! }`;
  expect(check(orders('Variant'), catalog)).toEqual([]);
  expect(check(orders('[Variant]!'), catalog)).toEqual([]);
  expect(check(orders('[Variant!]'), catalog)).toEqual([]);
  expect(check('type Item { part: Part! } type Part { id: ID! name: String! }', catalog)).toEqual([]);
  expect(
    check(
      'type Item { variant: Variant! } type Variant { id: ID! }',
      'type Variant { id: ID! name: String }',
    ),
  ).toEqual([]);
});

test('what is added to an entity must be nullable where its owner promises the entity', () => {
  const owner = 'type Product { variants: [Variant!]! } type Variant { id: ID! }';
  expect(check('type Variant { id: ID! stock: Int! }', owner)).toEqual([
    'catalog: Product.variants must be nullable, for it leads to what others promise: stock of orders.',
  ]);
});
