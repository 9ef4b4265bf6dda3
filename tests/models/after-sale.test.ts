/** Random commands to a paid order's parcels, lines and returns through orders' API, against a pure model. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../subgraphs/shared/ids.js';
import {
  createWorld,
  payOrder,
  placedOrder,
  setUpShop,
  type UserErrorShape,
  type World,
} from '../../subgraphs/orders/tests/world.js';
import { staffCaller } from '../testkit/parts.js';
import { runs } from './runs.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const which = fc.nat({ max: 2 });
const quantity = fc.integer({ min: 1, max: 3 });
const command = fc.oneof(
  fc.record({ kind: fc.constant('ship' as const), quantity }),
  fc.record({ kind: fc.constant('deliver' as const), which }),
  fc.record({ kind: fc.constant('cancelLines' as const), quantity: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ kind: fc.constant('ask' as const), quantity }),
  fc.record({ kind: fc.constant('approve' as const), which }),
  fc.record({ kind: fc.constant('reject' as const), which }),
  fc.record({ kind: fc.constant('receive' as const), which, quantity, again: fc.boolean() }),
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const pieces = 5;
/** Of a piece, minor units. */
const price = 2_000;

interface Model {
  cancelled: number;
  parcels: { pieces: number; arrived: boolean }[];
  returns: { pieces: number; status: string }[];
  isCancelled: boolean;
  /** Stays so: all has arrived once, or come back. */
  wasDone: boolean;
}

const sumOf = (parts: readonly { pieces: number }[]): number =>
  parts.reduce((sum, one) => sum + one.pieces, 0);
const stands = ({ status }: { status: string }): boolean => status !== 'REJECTED';
const back = (model: Model): number => sumOf(model.returns.filter(({ status }) => status === 'RECEIVED'));

function fulfilmentOf(model: Model): string {
  const sent = sumOf(model.parcels);
  if (sent === 0) return 'NONE';
  const allSent = sent + model.cancelled === pieces;
  if (model.returns.some(({ status }) => status === 'RECEIVED'))
    return allSent && back(model) === sent ? 'RETURNED' : 'PARTIALLY_RETURNED';
  if (!allSent) return 'PARTIALLY_SHIPPED';
  return model.parcels.every(({ arrived }) => arrived) ? 'DELIVERED' : 'SHIPPED';
}

/** All that was to come has arrived, or come back. */
const isDone = (model: Model): boolean =>
  model.parcels.length > 0 &&
  sumOf(model.parcels) + model.cancelled === pieces &&
  (model.parcels.every(({ arrived }) => arrived) || back(model) === sumOf(model.parcels));

/** What the command changes in the model, and the refusal's code; null: it is done. */
function expected(model: Model, asked: Command): string | null {
  const open = pieces - model.cancelled - sumOf(model.parcels);
  switch (asked.kind) {
    case 'ship':
      if (model.isCancelled || model.wasDone) return 'NOT_SHIPPABLE';
      if (asked.quantity > open) return 'INVALID_INPUT';
      model.parcels.push({ pieces: asked.quantity, arrived: false });
      return null;
    case 'deliver': {
      const parcel = model.parcels[asked.which];
      if (!parcel) return 'NOT_FOUND';
      parcel.arrived = true;
      return null;
    }
    case 'cancelLines':
      if (model.isCancelled) return 'ALREADY_CANCELLED';
      if (model.wasDone || open === 0) return 'NOT_CANCELLABLE';
      if (asked.quantity > open) return 'LINES_NOT_OPEN';
      // What is left of an order of which nothing was sent is the whole order.
      if (model.parcels.length === 0 && asked.quantity === open) model.isCancelled = true;
      model.cancelled += asked.quantity;
      return null;
    case 'ask':
      if (asked.quantity > sumOf(model.parcels) - sumOf(model.returns.filter(stands)))
        return 'NOT_RETURNABLE';
      model.returns.push({ pieces: asked.quantity, status: 'REQUESTED' });
      return null;
    case 'approve':
    case 'reject':
    case 'receive':
      return expectedOfReturn(model, asked);
  }
}

/** The same for what becomes of a return. */
function expectedOfReturn(
  model: Model,
  asked: Extract<Command, { kind: 'approve' | 'reject' | 'receive' }>,
): string | null {
  const one = model.returns[asked.which];
  if (!one) return 'NOT_FOUND';
  if (asked.kind === 'receive') {
    if (one.status !== 'APPROVED') return 'RETURN_NOT_OPEN';
    if (asked.quantity > one.pieces) return 'INVALID_INPUT';
    Object.assign(one, { status: 'RECEIVED', pieces: asked.quantity });
    return null;
  }
  const status = asked.kind === 'approve' ? 'APPROVED' : 'REJECTED';
  if (one.status !== status && one.status !== 'REQUESTED') return 'RETURN_NOT_OPEN';
  one.status = status;
  return null;
}

interface Answer {
  shipment?: { id: string } | null;
  return?: { id: string } | null;
  userErrors: UserErrorShape[];
}

interface Subject {
  caller: Parameters<World['ask']>[0];
  id: string;
  itemId: string;
  shipments: string[];
  returns: string[];
}

function mutate(caller: Subject['caller'], field: string, input: object, selection = ''): Promise<Answer> {
  const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
  return world.ask(
    caller,
    `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code message } } }`,
    { input },
  );
}

async function run(asked: Command, subject: Subject): Promise<Answer> {
  const { caller, id: orderId, itemId, shipments, returns } = subject;
  const keyed = { idempotencyKey: newId(), orderId };
  const lines = 'quantity' in asked ? [{ itemId, quantity: asked.quantity }] : [];
  const returnId = 'which' in asked ? (returns[asked.which] ?? newId()) : '';
  switch (asked.kind) {
    case 'ship': {
      const sent = await mutate(staff, 'shipOrder', { ...keyed, lines }, 'shipment { id }');
      if (sent.shipment) shipments.push(sent.shipment.id);
      return sent;
    }
    case 'deliver':
      return mutate(staff, 'deliverShipment', { shipmentId: shipments[asked.which] ?? newId() });
    case 'cancelLines':
      return mutate(caller, 'cancelOrderLines', { ...keyed, lines });
    case 'ask': {
      const input = { ...keyed, lines, reason: 'NOT_WANTED' };
      const wished = await mutate(caller, 'requestReturn', input, 'return { id }');
      if (wished.return) returns.push(wished.return.id);
      return wished;
    }
    case 'approve':
      return mutate(staff, 'approveReturn', { returnId });
    case 'reject':
      return mutate(staff, 'rejectReturn', { returnId, reason: 'Too late' });
    case 'receive': {
      const came = lines.map((line) => ({ ...line, restocked: true }));
      const input = { idempotencyKey: keyed.idempotencyKey, returnId, lines: came };
      const first = await mutate(staff, 'receiveReturn', input);
      return asked.again ? mutate(staff, 'receiveReturn', input) : first;
    }
  }
}

const stateOf = ({ id }: Subject): Promise<object> =>
  world.ask(
    staff,
    `query ($id: ID!) { order(id: $id) { orderState fulfilmentState refundedAmount { amount }
      items { cancelledQuantity shippedQuantity } returns { status } } }`,
    { id },
  );

const stateIn = (model: Model): object => ({
  orderState: model.isCancelled ? 'CANCELLED' : model.wasDone ? 'COMPLETED' : 'CONFIRMED',
  fulfilmentState: fulfilmentOf(model),
  refundedAmount: { amount: (((model.cancelled + back(model)) * price) / 100).toFixed(2) },
  items: [{ cancelledQuantity: model.cancelled, shippedQuantity: sumOf(model.parcels) }],
  returns: model.returns.map(({ status }) => ({ status })),
});

test('parcels, lines and returns do what their model does, whatever is asked in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 20 }), async (commands) => {
      const { caller, order } = await placedOrder(world, methodId, { quantity: pieces });
      await payOrder(world, caller, order.id, 'pm_card', newId());
      const itemId = order.items[0]?.id ?? '';
      const subject: Subject = { caller, id: order.id, itemId, shipments: [], returns: [] };
      const model: Model = { cancelled: 0, parcels: [], returns: [], isCancelled: false, wasDone: false };
      for (const asked of commands) {
        const code = expected(model, asked);
        model.wasDone ||= isDone(model);
        const answer = await run(asked, subject);
        expect([asked, answer.userErrors[0]?.code ?? null]).toEqual([asked, code]);
        expect([asked, await stateOf(subject)]).toEqual([asked, stateIn(model)]);
      }
    }),
    { numRuns: runs(40) },
  );
});
