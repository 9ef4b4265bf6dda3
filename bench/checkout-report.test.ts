import { expect, test } from '@jest/globals';
import { apart, checkoutFailures } from './checkout-report.js';
import { stepNames, type StepName } from './checkout-steps.js';
import type { CheckoutMode } from './checkout.js';

test("the payment sandbox is told apart: it is somebody else's machine", () => {
  expect(apart({ servers: { 'sandbox 1': 3, hanse: 7 } })).toEqual({ server: 7, sandbox: 3 });
  expect(apart({ servers: { 'sandbox 1': 3, 'orders 1': 4, 'gateway 1': 5 } })).toEqual({
    server: 9,
    sandbox: 3,
  });
});

const mode: CheckoutMode = {
  mode: 'one',
  idle: { servers: {}, postgres: 0, statements: 0 },
  alone: {},
  wholes: [
    {
      clients: 16,
      load: { operations: 5, seconds: 1, latencies: [1], errors: new Map() },
      latencies: Object.fromEntries(stepNames.map((name) => [name, [1]])) as Record<StepName, number[]>,
      used: { servers: {}, postgres: 0, statements: 0 },
      statements: [],
      profiles: {},
      steps: [],
    },
  ],
  others: 0,
  violations: [],
};

test('what fails, does nothing or does not hold is a failure', () => {
  const [whole] = mode.wholes;
  if (!whole) throw new Error('There is one.');
  expect(checkoutFailures([mode])).toEqual([]);
  expect(
    checkoutFailures([
      {
        ...mode,
        violations: ['3 orders are not PAID but PENDING (PLACED)'],
        wholes: [{ ...whole, load: { ...whole.load, operations: 0, errors: new Map([['HTTP 500: x', 2]]) } }],
      },
    ]),
  ).toEqual([
    'one, 16 clients, whole checkout: nothing was done',
    'one, 16 clients, whole checkout: 2 failed: HTTP 500: x',
    'one: 3 orders are not PAID but PENDING (PLACED)',
  ]);
});
