/**
 * P19, state machines are closed: the tables that the shop runs by, walked at random against what design.md promises, which is
 * written here a second time, in other words. Ten thousand walks of fifty steps each.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { transitions as reservationTransitions } from '../../subgraphs/inventory/reservation/rules.js';
import {
  assertTransition,
  statusOf,
  transitions as orderTransitions,
  type Axes,
} from '../../subgraphs/orders/order/states.js';
import { transitions as returnTransitions } from '../../subgraphs/orders/return/rules.js';
import {
  canBecome,
  hasCaptured,
  paymentStatuses,
  transitions as paymentTransitions,
  type PaymentStatus,
} from '../../subgraphs/payments/payment/rules.js';

const steps = 50;
const walks = 10_000;

/** The edges of a table, as `A>B`. */
const edgesOf = (table: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(table).flatMap(([from, targets]) => targets.map((to) => `${from}>${to}`));
/** The same out of words: one line per state, where it may go. */
const edges = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [from = '', targets = ''] = line.split('>').map((part) => part.trim());
      return targets === '' ? [] : targets.split(' ').map((to) => `${from}>${to}`);
    });

/** All that can be reached from a state, itself included. */
function reachable(start: string, from: readonly string[]): Set<string> {
  const found = new Set([start]);
  for (const state of found)
    for (const edge of from) if (edge.startsWith(`${state}>`)) found.add(edge.slice(state.length + 1));
  return found;
}

const promised = {
  orderState: edges(`
    PENDING > CONFIRMED CANCELLED
    CONFIRMED > COMPLETED CANCELLED
    COMPLETED >
    CANCELLED >`),
  paymentState: edges(`
    NONE > AUTHORIZED PAID FAILED
    FAILED > NONE AUTHORIZED PAID
    AUTHORIZED > PAID FAILED NONE
    PAID > PARTIALLY_REFUNDED REFUNDED
    PARTIALLY_REFUNDED > REFUNDED
    REFUNDED >`),
  fulfilmentState: edges(`
    NONE > PROCESSING PARTIALLY_SHIPPED SHIPPED
    PROCESSING > PARTIALLY_SHIPPED SHIPPED DELIVERED
    PARTIALLY_SHIPPED > SHIPPED DELIVERED PARTIALLY_RETURNED RETURNED
    SHIPPED > DELIVERED PARTIALLY_RETURNED RETURNED
    DELIVERED > PARTIALLY_RETURNED RETURNED
    PARTIALLY_RETURNED > RETURNED
    RETURNED >`),
};
const first: Axes = { orderState: 'PENDING', paymentState: 'NONE', fulfilmentState: 'NONE' };
const axes = Object.keys(promised) as (keyof Axes)[];

describe('an order', () => {
  test.each(axes)('has exactly the promised steps on %s, and every state of it can be reached', (axis) => {
    expect(edgesOf(orderTransitions[axis]).sort()).toEqual([...promised[axis]].sort());
    const states = Object.keys(orderTransitions[axis]);
    expect([...reachable(first[axis], promised[axis])].sort()).toEqual(states.sort());
  });

  test('makes those steps and no other, whatever is tried, and its one word says where it is', () => {
    const states = axes.flatMap((axis) => Object.keys(orderTransitions[axis]).map((to) => ({ axis, to })));
    const tries = fc.array(fc.constantFrom(...states), { minLength: steps, maxLength: steps });
    let taken = 0;
    fc.assert(
      fc.property(tries, (walk) => {
        let at = first;
        for (const { axis, to } of walk) {
          const next = { ...at, [axis]: to } as Axes;
          const allowed = at[axis] === to || promised[axis].includes(`${at[axis]}>${to}`);
          let refused = false;
          try {
            assertTransition(at, next);
          } catch {
            refused = true;
          }
          if (refused === allowed) throw new Error(`${axis}: ${at[axis]} to ${to}, allowed: ${allowed}`);
          if (allowed) at = next;
          taken += allowed ? 1 : 0;
          const word = statusOf(at);
          // What a shopper is told is never more than what is true.
          if (word === 'PAID' && !['PAID', 'PARTIALLY_REFUNDED'].includes(at.paymentState))
            throw new Error(word);
          if (word === 'CANCELLED' && at.orderState !== 'CANCELLED') throw new Error(word);
          if (word === 'REFUNDED' && at.paymentState !== 'REFUNDED') throw new Error(word);
          if (word === 'DELIVERED' && !['DELIVERED', 'PARTIALLY_RETURNED'].includes(at.fulfilmentState))
            throw new Error(word);
        }
      }),
      { numRuns: walks },
    );
    expect(taken).toBeGreaterThan(walks);
  });
});

describe('a payment', () => {
  const table = edges(`
    PENDING > PROCESSING REQUIRES_ACTION AUTHORIZED SUCCEEDED FAILED CANCELLED
    PROCESSING > REQUIRES_ACTION AUTHORIZED SUCCEEDED FAILED CANCELLED
    REQUIRES_ACTION > PENDING PROCESSING AUTHORIZED SUCCEEDED FAILED CANCELLED
    AUTHORIZED > PROCESSING SUCCEEDED FAILED CANCELLED
    FAILED > PROCESSING REQUIRES_ACTION AUTHORIZED SUCCEEDED
    CANCELLED > PROCESSING AUTHORIZED SUCCEEDED
    SUCCEEDED > PARTIALLY_REFUNDED REFUNDED
    PARTIALLY_REFUNDED > SUCCEEDED REFUNDED
    REFUNDED > SUCCEEDED PARTIALLY_REFUNDED`);

  test('has exactly the promised steps, and every state of it can be reached', () => {
    expect(edgesOf(paymentTransitions).sort()).toEqual([...table].sort());
    expect([...reachable('PENDING', table)].sort()).toEqual([...paymentStatuses].sort());
  });

  test('makes those steps and no other; money that was taken is never forgotten', () => {
    const tries = fc.array(fc.constantFrom(...paymentStatuses), { minLength: steps, maxLength: steps });
    fc.assert(
      fc.property(tries, (walk) => {
        let at: PaymentStatus = 'PENDING';
        for (const to of walk) {
          const allowed = table.includes(`${at}>${to}`);
          if (canBecome(at, to) !== allowed) throw new Error(`${at} to ${to}, allowed: ${allowed}`);
          if (!allowed) continue;
          if (hasCaptured({ status: at }) && !hasCaptured({ status: to })) throw new Error(`${at} to ${to}`);
          at = to;
        }
      }),
      { numRuns: walks },
    );
  });
});

test('a return makes the promised steps and no other', () => {
  const table = edges(`
    REQUESTED > APPROVED REJECTED
    APPROVED > RECEIVED EXPIRED
    REJECTED >
    RECEIVED >
    EXPIRED >`);
  expect(edgesOf(returnTransitions).sort()).toEqual([...table].sort());
  expect([...reachable('REQUESTED', table)].sort()).toEqual(Object.keys(returnTransitions).sort());
});

describe('a reservation', () => {
  const table = {
    commit: edges('OPEN > COMMITTED'),
    commitLate: edges('EXPIRED > COMMITTED\nRELEASED > COMMITTED\nREFUSED > COMMITTED'),
    expire: edges('OPEN > EXPIRED'),
    release: edges('OPEN > RELEASED'),
    cancel: edges('OPEN > RELEASED\nCOMMITTED > RELEASED'),
  };
  type Name = keyof typeof table;
  const real = (name: Name): string[] => {
    const { from, to } = reservationTransitions[name];
    return from.map((one) => `${one}>${to}`);
  };

  test.each(Object.keys(table) as Name[])('ends by %s from the promised states alone', (name) => {
    expect(real(name).sort()).toEqual([...table[name]].sort());
  });

  test('holds its pieces exactly as long as it is open, over any sequence of ends', () => {
    const tries = fc.array(fc.constantFrom(...(Object.keys(table) as Name[])), {
      minLength: steps,
      maxLength: steps,
    });
    fc.assert(
      fc.property(tries, (walk) => {
        let at = 'OPEN';
        const balance = { held: 1, sold: 0 };
        for (const name of walk) {
          const edge = real(name).find((one) => one.startsWith(`${at}>`));
          if (!edge) continue;
          const to = edge.slice(at.length + 1);
          if (at === 'OPEN') balance.held -= 1;
          if (to === 'COMMITTED') balance.sold += 1;
          if (at === 'COMMITTED') balance.sold -= 1;
          at = to;
          if (balance.held !== (at === 'OPEN' ? 1 : 0) || balance.sold !== (at === 'COMMITTED' ? 1 : 0))
            throw new Error(`${name}: ${JSON.stringify({ at, ...balance })}`);
        }
      }),
      { numRuns: walks },
    );
  });
});
