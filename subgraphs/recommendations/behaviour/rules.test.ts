import { expect, test } from '@jest/globals';
import { v7 } from 'uuid';
import { basketItemsOf, limits, problemsOf, purchaseId, type Behaviour, type TrackedEvent } from './rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const at = (ms: number): Date => new Date(now.getTime() + ms);
const view = (facts: Partial<TrackedEvent> = {}): TrackedEvent => ({
  id: v7(),
  type: 'VIEW',
  productId: v7(),
  occurredAt: now,
  ...facts,
});

test('well-formed events have no problems, at the limits as well', () => {
  const events = [
    view({ durationMs: 0, source: 'home/carousel-2', occurredAt: at(-limits.ageMs) }),
    view({ durationMs: limits.durationMs, occurredAt: at(limits.aheadMs) }),
    view({ type: 'SEARCH', productId: null, query: 'q'.repeat(limits.query) }),
  ];
  expect(problemsOf(events, now)).toEqual([]);
});

test.each([
  ['id', view({ id: '7' })],
  ['productId', view({ productId: null })],
  ['productId', view({ productId: 'lamp' })],
  ['query', view({ query: 'lamp' })],
  ['query', view({ type: 'SEARCH' })],
  ['query', view({ type: 'SEARCH', query: 'q'.repeat(limits.query + 1) })],
  ['durationMs', view({ durationMs: -1 })],
  ['durationMs', view({ durationMs: limits.durationMs + 1 })],
  ['source', view({ source: 'my mail is a@example.com' })],
  ['occurredAt', view({ occurredAt: at(limits.aheadMs + 1) })],
  ['occurredAt', view({ occurredAt: at(-limits.ageMs - 1) })],
])('a wrong %s is named with its place in the list', (field, wrong) => {
  expect(problemsOf([view(), wrong], now)).toMatchObject([
    { __typename: 'InvalidInputError', field: ['events', '1', field] },
  ]);
});

test('no event, or more than fit, is one problem', () => {
  expect(problemsOf([], now)).toMatchObject([{ field: ['events'] }]);
  expect(
    problemsOf(
      Array.from({ length: limits.events }, () => view()),
      now,
    ),
  ).toEqual([]);
  expect(
    problemsOf(
      Array.from({ length: limits.events + 1 }, () => view()),
      now,
    ),
  ).toMatchObject([{ field: ['events'] }]);
});

test('a visitor’s basket holds each product of interest once, with its latest time; an order has its own', () => {
  const facts = { subjectId: 'guest', productId: 'lamp' };
  const behaviours: Behaviour[] = [
    { ...facts, eventId: '1', type: 'VIEW', occurredAt: at(2) },
    { ...facts, eventId: '2', type: 'PURCHASE', orderId: 'order', occurredAt: at(1) },
    { ...facts, eventId: '3', type: 'SCROLL', productId: 'rug', occurredAt: now },
    { ...facts, eventId: '4', type: 'REMOVE_FROM_CART', productId: 'cup', occurredAt: now },
    { ...facts, eventId: '5', type: 'SEARCH', productId: null, occurredAt: now },
  ];
  expect(basketItemsOf(behaviours)).toEqual([
    { ...facts, model: 'RELATED', basketId: 'guest', occurredAt: at(2) },
    { ...facts, model: 'BOUGHT_TOGETHER', basketId: 'order', occurredAt: at(1) },
  ]);
});

test('a purchase has the same id however often it is told, and another per order and product', () => {
  expect(purchaseId('order', 'lamp')).toBe(purchaseId('order', 'lamp'));
  expect(new Set([purchaseId('a', 'b'), purchaseId('b', 'a'), purchaseId('a', 'c')]).size).toBe(3);
});
