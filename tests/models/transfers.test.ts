/** Random commands to transfers through inventory's API, against a pure model: what is refused, where every piece is. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createInventoryTest,
  createWarehouse,
  discrepancies,
  levelsOf,
  staff,
  stockVariant,
  type InventoryTest,
  type UserErrorShape,
} from '../../subgraphs/inventory/tests/inventory-test.js';
import { runs } from './runs.js';

let t: InventoryTest;
let from: string;
let to: string;
const clerk = staff();
beforeAll(async () => {
  t = await createInventoryTest();
  [from, to] = [await createWarehouse(t), await createWarehouse(t)];
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(() => t.close());

const which = fc.nat({ max: 3 });
const command = fc.oneof(
  fc.record({ kind: fc.constant('plan' as const), quantity: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('ship' as const), which }),
  fc.record({
    ...{ kind: fc.constant('receive' as const), which, again: fc.boolean() },
    ...{ received: fc.nat({ max: 4 }), writtenOff: fc.nat({ max: 2 }) },
  }),
  fc.record({ kind: fc.constant('cancel' as const), which }),
  fc.record({ kind: fc.constant('lose' as const), pieces: fc.integer({ min: 1, max: 3 }) }),
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

interface Model {
  from: number;
  /** Null until something came or was to come. */
  to: number;
  transfers: { status: string; quantity: number; received: number; writtenOff: number; returned: number }[];
}

const stock = 8;
const leftOf = (one: Model['transfers'][number]): number =>
  one.quantity - one.received - one.writtenOff - one.returned;

/** What the command changes in the model, and the refusal's code; null: it is done. */
function expected(model: Model, asked: Command): string | null {
  if (asked.kind === 'plan') {
    model.transfers.push({
      status: 'DRAFT',
      quantity: asked.quantity,
      received: 0,
      writtenOff: 0,
      returned: 0,
    });
    return null;
  }
  if (asked.kind === 'lose') {
    if (model.from < asked.pieces) return 'QUANTITY_BELOW_RESERVED';
    model.from -= asked.pieces;
    return null;
  }
  const one = model.transfers[asked.which];
  if (!one) return 'NOT_FOUND';
  switch (asked.kind) {
    case 'ship':
      if (one.status === 'CANCELLED') return 'TRANSFER_STATE';
      if (one.status !== 'DRAFT') return null;
      if (model.from < one.quantity) return 'QUANTITY_BELOW_RESERVED';
      model.from -= one.quantity;
      one.status = 'IN_TRANSIT';
      return null;
    case 'receive': {
      if (one.status !== 'IN_TRANSIT') return 'TRANSFER_STATE';
      const { received, writtenOff } = asked;
      if (received + writtenOff === 0 || received + writtenOff > leftOf(one)) return 'INVALID_INPUT';
      one.received += received;
      one.writtenOff += writtenOff;
      model.to += received;
      if (leftOf(one) === 0) one.status = 'RECEIVED';
      return null;
    }
    case 'cancel':
      if (one.status === 'RECEIVED') return 'TRANSFER_STATE';
      if (one.status === 'IN_TRANSIT') {
        model.from += leftOf(one);
        one.returned = leftOf(one);
      }
      one.status = 'CANCELLED';
      return null;
  }
}

interface Shown {
  transfer?: (Model['transfers'][number] & { id: string; lines: object[] }) | null;
  userErrors: UserErrorShape[];
}
const mutate = (field: string, input: object, selection: string): Promise<Shown> =>
  t.mutate<Shown>(field, input, selection, clerk);
const transfer = 'transfer { id status lines { quantity received writtenOff returned inTransit } }';

/** Does it; the last answer of a command that is sent twice. */
async function run(asked: Command, variantId: string, ids: string[]): Promise<Shown> {
  const transferId = 'which' in asked ? (ids[asked.which] ?? t.parts.newId()) : '';
  const idempotencyKey = t.parts.newId();
  switch (asked.kind) {
    case 'plan': {
      const lines = [{ variantId, quantity: asked.quantity }];
      const input = { idempotencyKey, fromWarehouseId: from, toWarehouseId: to, lines };
      const planned = await mutate('createStockTransfer', input, transfer);
      ids.push(planned.transfer?.id ?? '');
      return planned;
    }
    case 'lose': {
      const changes = [{ variantId, warehouseId: from, delta: -asked.pieces }];
      return mutate(
        'adjustInventoryQuantities',
        { idempotencyKey, type: 'DAMAGE', reason: 'Wet', changes },
        '',
      );
    }
    case 'ship':
      return mutate('shipStockTransfer', { transferId }, transfer);
    case 'cancel':
      return mutate('cancelStockTransfer', { transferId }, transfer);
    case 'receive': {
      const { received, writtenOff, again } = asked;
      const lines = [{ variantId, received, writtenOff, reason: 'Broken' }];
      const first = await mutate('receiveStockTransfer', { idempotencyKey, transferId, lines }, transfer);
      return again ? mutate('receiveStockTransfer', { idempotencyKey, transferId, lines }, transfer) : first;
    }
  }
}

test('transfers do what their model does, whatever is asked in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
      const variantId = await stockVariant(t, { [from]: stock });
      const model: Model = { from: stock, to: 0, transfers: [] };
      const ids: string[] = [];
      for (const asked of commands) {
        const code = expected(model, asked);
        const answer = await run(asked, variantId, ids);
        expect([asked, answer.userErrors[0]?.code ?? null]).toEqual([asked, code]);
        if (code === null && 'which' in asked) {
          const { status, ...line } = model.transfers[asked.which] ?? { status: '' };
          const inTransit = status === 'IN_TRANSIT' ? leftOf(model.transfers[asked.which]!) : 0;
          expect(answer.transfer).toMatchObject({ status, lines: [{ ...line, inTransit }] });
        }
        const levels = await levelsOf(t, variantId);
        expect([levels[from]?.[0] ?? 0, levels[to]?.[0] ?? 0]).toEqual([model.from, model.to]);
      }
    }),
    { numRuns: runs(40) },
  );
});
