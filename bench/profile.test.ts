import { expect, test } from '@jest/globals';
import { placeOf, summarise, type CpuProfile } from './profile.js';

const root = new URL('..', import.meta.url).href;
const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });

test('code is of its package, its slice or its folder; of V8 it is what it was doing', () => {
  expect(
    [
      frame('a', `${root}node_modules/@prisma/client/runtime/client.js`),
      frame('b', `${root}node_modules/one/node_modules/graphql/execute.js`),
      frame('c', `${root}subgraphs/orders/checkout/store.ts`),
      frame('d', `${root}subgraphs/orders/main.ts`),
      frame('e', `${root}gateway/tests/x.ts`),
      frame('f', 'node:internal/streams'),
      frame('(garbage collector)'),
      frame('writev'),
    ].map(placeOf),
  ).toEqual([
    'node_modules/@prisma/client',
    'node_modules/graphql',
    'subgraphs/orders/checkout',
    'subgraphs/orders',
    'gateway',
    'node',
    '(garbage collector)',
    '(built in)',
  ]);
});

test('a sample stands for the time until the next one; idle time is left out', () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('(root)') },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('parse', `${root}gateway/operation.ts`, 9) },
      { id: 4, callFrame: frame('writev') },
    ],
    samples: [3, 2, 4, 3, 3],
    timeDeltas: [5, 30, 1_000, 10, 60],
  };
  expect(summarise(profile)).toEqual({
    places: [
      { name: 'gateway', share: 0.9 },
      { name: '(built in)', share: 0.1 },
    ],
    functions: [
      { name: 'parse gateway/operation.ts:10', share: 0.9 },
      { name: 'writev', share: 0.1 },
    ],
  });
});
