/**
 * The reservation of stock in the real database against the pure model: batches, repeats, releases, extensions, expiries,
 * payments and cancellations in any order; then two processes at once, whose answers must be those of some order in
 * which the model could have had their calls.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createInventoryTest,
  createSecondProcess,
  createWarehouse,
  discrepancies,
  fireTimers,
  type InventoryTest,
} from '../../subgraphs/inventory/tests/inventory-test.js';
import { cancelReservations } from '../../subgraphs/inventory/reservation/cancel.js';
import { commitReservations } from '../../subgraphs/inventory/reservation/commit.js';
import type { Decision } from '../../subgraphs/inventory/reservation/rules.js';
import {
  decideReservations,
  extendReservation,
  releaseStock,
} from '../../subgraphs/inventory/reservation/service.js';
import * as model from './reservation-model.js';
import type { Held, Line, Model } from './reservation-model.js';
import { runs } from './runs.js';

let t: InventoryTest;
let other: InventoryTest;
let warehouses: string[];
beforeAll(async () => {
  t = await createInventoryTest();
  other = await createSecondProcess(t);
  warehouses = [await createWarehouse(t), await createWarehouse(t), await createWarehouse(t)];
});
afterAll(async () => {
  expect(await discrepancies(t)).toEqual([]);
  await other.close();
  await t.close();
});

const minute = 60_000;
/** Not multiples of each other, so that no expiry falls on the moment at which it is looked for. */
const [hold, extension, pause] = [10 * minute, 21 * minute, 4 * minute];

const lines = fc.array(fc.record({ variant: fc.nat({ max: 2 }), quantity: fc.integer({ min: 1, max: 4 }) }), {
  minLength: 1,
  maxLength: 5,
});
const order = fc.nat({ max: 7 });
const request = fc.record({ order, lines, again: fc.boolean() });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      requests: fc.array(request, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('release', 'extend', 'commit', 'cancel'), order, lines }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
);
type ValueOf<Source> = Source extends fc.Arbitrary<infer Value> ? Value : never;
type Step = ValueOf<typeof step>;
/** Pieces of variant i in warehouse j. */
const stock = fc.array(fc.array(fc.nat({ max: 8 }), { minLength: 3, maxLength: 3 }), {
  minLength: 3,
  maxLength: 3,
});

/** A run's own goods and orders: the database keeps those of all runs. */
interface Scene {
  variants: string[];
  ids: string[];
  model: Model;
}

async function sceneOf(pieces: number[][]): Promise<Scene> {
  const variants = pieces.map(() => t.parts.newId());
  const levels: Held[] = pieces.flatMap((row, i) =>
    row.map((quantity, j) => ({ variantId: variants[i] ?? '', warehouseId: warehouses[j] ?? '', quantity })),
  );
  await t.db.stockLevel.createMany({
    data: levels.map(({ quantity, ...key }) => ({ ...key, onHand: quantity, reserved: 0 })),
  });
  await t.db.inventoryTransaction.createMany({
    data: levels
      .filter(({ quantity }) => quantity > 0)
      .map((level) => ({
        ...level,
        id: t.parts.newId(),
        type: 'ADJUSTMENT',
        reason: 'Opening',
        occurredAt: t.parts.clock(),
      })),
  });
  return { variants, ids: Array.from({ length: 8 }, () => t.parts.newId()), model: model.emptyModel(levels) };
}

const linesOf = ({ variants }: Scene, given: readonly { variant: number; quantity: number }[]): Line[] =>
  given.map(({ variant, quantity }) => ({ variantId: variants[variant] ?? '', quantity }));

/** What an order asked for first, so that it can ask again. */
const askedBy = (scene: Scene, id: string, otherwise: Line[]): Line[] =>
  scene.model.orders.get(id)?.asked ?? otherwise;

/** What is seen of the scene in the database, in the model's words. */
async function seen({ variants, ids }: Scene): Promise<unknown> {
  const levels = await t.db.stockLevel.findMany({ where: { variantId: { in: variants } } });
  const reservations = await t.db.reservation.findMany({ where: { orderId: { in: ids } } });
  const held = await t.db.reservationLine.findMany({ where: { orderId: { in: ids } } });
  const partsOf = (orderId: string, status: string): string[] =>
    status === 'OPEN' || status === 'COMMITTED'
      ? held
          .filter((line) => line.orderId === orderId && line.quantity > 0)
          .map((line) => `${line.variantId} ${line.warehouseId} ${line.quantity}`)
      : [];
  return {
    pieces: levels.map((one) => `${one.variantId} ${one.warehouseId} ${one.onHand} ${one.reserved}`).sort(),
    states: reservations
      .map(({ orderId, status }) => `${orderId} ${status} ${partsOf(orderId, status).sort().join(', ')}`)
      .sort(),
  };
}

/** A call of one order at a process, and what the model says to it: both as text that can be compared. */
interface Call {
  real: (on: InventoryTest) => Promise<string>;
  ideal: (state: Model) => string;
}

function callOf(scene: Scene, one: Exclude<Step, { kind: 'batch' | 'expire' }>, asked: Line[]): Call {
  const orderId = scene.ids[one.order] ?? '';
  const until = t.parts.clock().getTime() + extension;
  switch (one.kind) {
    case 'release':
      return {
        real: async (on) => {
          const { released, userErrors } = await releaseStock(on.context(), { orderId });
          return userErrors[0]?.code ?? (released ? 'released' : 'nothing');
        },
        ideal: (state) => model.release(state, orderId),
      };
    case 'extend':
      return {
        real: async (on) => {
          const given = { orderId, holdUntil: new Date(until) };
          const { holdUntil, userErrors } = await extendReservation(on.context(), given);
          return userErrors[0]?.code ?? String(holdUntil?.getTime() ?? null);
        },
        ideal: (state) => String(model.extend(state, orderId, until)),
      };
    case 'commit':
      return {
        real: async (on) => {
          await commitReservations(on.context(), [{ orderId, aggregateSeq: 2, lines: asked }]);
          return 'told';
        },
        ideal: (state) => {
          model.commit(state, orderId, asked);
          return 'told';
        },
      };
    case 'cancel':
      return {
        real: async (on) => {
          await cancelReservations(on.context(), [orderId]);
          return 'told';
        },
        ideal: (state) => {
          model.cancel(state, orderId);
          return 'told';
        },
      };
    default:
      throw new Error(`There is no ${one.kind}.`);
  }
}

const requestFor = (orderId: string, wanted: readonly Line[], holdUntil: Date) => ({
  ...{ orderId, customerId: t.parts.newId(), holdUntil, destination: null, correlationId: 'test' },
  lines: model.summed(wanted),
});

test('whatever happens to orders in whatever sequence, the database is where the model is', async () => {
  let decisions = 0;
  await fc.assert(
    fc.asyncProperty(stock, fc.array(step, { minLength: 1, maxLength: 8 }), async (pieces, steps) => {
      const scene = await sceneOf(pieces);
      for (const one of steps) {
        if (one.kind === 'batch') {
          const holdUntil = new Date(t.parts.clock().getTime() + hold);
          const batch = new Map(
            one.requests.map(({ order: n, lines: given, again }) => {
              const id = scene.ids[n] ?? '';
              const wanted = linesOf(scene, given);
              return [id, again ? askedBy(scene, id, wanted) : wanted];
            }),
          );
          const asked = [...batch].map(([id, wanted]) => requestFor(id, wanted, holdUntil));
          const answers = await decideReservations(t.context(), asked);
          const expected = [...batch].map(([id, wanted]) =>
            model.reserve(scene.model, id, wanted, holdUntil.getTime()),
          );
          expect(answers).toEqual(expected);
          decisions += answers.length;
        } else if (one.kind === 'expire') {
          t.parts.testClock.advance(pause);
          while ((await fireTimers(t)) > 0);
          model.expire(scene.model, t.parts.clock().getTime());
        } else {
          const asked = askedBy(scene, scene.ids[one.order] ?? '', linesOf(scene, one.lines));
          const call = callOf(scene, one, asked);
          expect([one.kind, await call.real(t)]).toEqual([one.kind, call.ideal(scene.model)]);
        }
      }
      expect(await seen(scene)).toEqual(model.visible(scene.model));
    }),
    { numRuns: runs(120) },
  );
  expect(decisions).toBeGreaterThan(runs(120) * 5);
});

/** Whether the calls of the two processes, each in its order, could have come to the model one after the other. */
function isPossible(start: Model, lanes: { call: Call; answer: string }[][], end: unknown): boolean {
  const failed = new Set<string>();
  const goOn = (state: Model, at: number[]): boolean => {
    const here = `${at.join()} ${JSON.stringify(model.visible(state))}`;
    if (failed.has(here)) return false;
    const possible = goOnFrom(state, at);
    if (!possible) failed.add(here);
    return possible;
  };
  const goOnFrom = (state: Model, at: number[]): boolean => {
    if (at.every((n, i) => n === lanes[i]?.length))
      return JSON.stringify(model.visible(state)) === JSON.stringify(end);
    return at.some((n, i) => {
      const next = lanes[i]?.[n];
      if (!next) return false;
      const after = model.cloned(state);
      if (next.call.ideal(after) !== next.answer) return false;
      return goOn(
        after,
        at.map((m, j) => (j === i ? m + 1 : m)),
      );
    });
  };
  return goOn(
    start,
    lanes.map(() => 0),
  );
}

/** A decision as text; the names in what is short come in any order. */
const wordsOf = (decision: Decision | undefined): string =>
  decision?.status === 'INSUFFICIENT'
    ? decision.shortages.map((one) => `${one.variantId} ${one.requested} of ${one.available}`).join(', ')
    : JSON.stringify(decision);

const reserveCall = (scene: Scene, one: ValueOf<typeof request>): Call => {
  const orderId = scene.ids[one.order] ?? '';
  const wanted = linesOf(scene, one.lines);
  const holdUntil = new Date(t.parts.clock().getTime() + hold);
  return {
    real: async (on) => {
      const [answer] = await decideReservations(on.context(), [requestFor(orderId, wanted, holdUntil)]);
      return wordsOf(answer);
    },
    ideal: (state) => wordsOf(model.reserve(state, orderId, wanted, holdUntil.getTime())),
  };
};

test('what two processes answer on the same articles at once is what one could have answered', async () => {
  const call = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('reserve' as const),
        order,
        lines,
        again: fc.constant(false),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('release', 'commit', 'cancel'), order, lines }),
    },
  );
  const lane = fc.array(call, { minLength: 3, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(stock, lane, lane, async (pieces, first, second) => {
      const scene = await sceneOf(pieces);
      const before = model.cloned(scene.model);
      const lanes = await Promise.all(
        [first, second].map(async (calls, i) => {
          const answered: { call: Call; answer: string }[] = [];
          for (const one of calls) {
            const made =
              one.kind === 'reserve' && 'again' in one
                ? reserveCall(scene, one)
                : callOf(
                    scene,
                    one as Exclude<Step, { kind: 'batch' | 'expire' }>,
                    linesOf(scene, one.lines),
                  );
            answered.push({ call: made, answer: await insist(() => made.real(i === 0 ? t : other)) });
          }
          return answered;
        }),
      );
      expect(isPossible(before, lanes, await seen(scene))).toBe(true);
    }),
    { numRuns: runs(50) },
  );
});

/** Calls again where nothing was decided, since a row was held too long. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { extensions?: { code?: string } }).extensions?.code !== 'RETRY_LATER') throw error;
    }
  }
}
