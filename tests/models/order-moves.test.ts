/**
 * P19 through the API: an order in every state that it can be in, and everything that can be asked of it there. What is not
 * to be done is refused with its code and changes nothing; what is to be done is done.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { newId } from '../../subgraphs/shared/ids.js';
import {
  createWorld,
  orderFields,
  payOrder,
  placedOrder,
  setUpShop,
  type World,
} from '../../subgraphs/orders/tests/world.js';
import { staffCaller } from '../testkit/parts.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

/** An order of three pieces, its customer, and what it has. */
interface Subject {
  caller: Caller;
  id: string;
  itemId: string;
  shipmentId?: string;
  returnId?: string;
}

interface Payload {
  shipment?: { id: string } | null;
  return?: { id: string } | null;
  userErrors: { code: string }[];
}

/** Runs a mutation; `DONE`, or why not. */
async function run(
  caller: Caller,
  field: string,
  input: object,
  selection = '',
): Promise<Payload & { code: string }> {
  const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
  const payload = await world.ask<Payload>(
    caller,
    `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code } } }`,
    { input },
  );
  return { ...payload, code: payload.userErrors[0]?.code ?? 'DONE' };
}

const keyed = (subject: Subject, more: object = {}) => ({
  idempotencyKey: newId(),
  orderId: subject.id,
  ...more,
});
const pieces = ({ itemId }: Subject, quantity: number) => [{ itemId, quantity }];

async function placed(): Promise<Subject> {
  const { caller, order } = await placedOrder(world, methodId, { quantity: 3 });
  return { caller, id: order.id, itemId: order.items[0]?.id ?? '' };
}
async function paid(): Promise<Subject> {
  const subject = await placed();
  await payOrder(world, subject.caller, subject.id, 'pm_card_visa', newId());
  return subject;
}
async function done(
  subject: Promise<Subject>,
  act: (subject: Subject) => Promise<Payload & { code: string }>,
): Promise<Subject> {
  const one = await subject;
  const { code, shipment, return: returned } = await act(one);
  if (code !== 'DONE') throw new Error(`It was refused: ${code}`);
  return { ...one, ...(shipment && { shipmentId: shipment.id }), ...(returned && { returnId: returned.id }) };
}
const shipped = (quantity: number): Promise<Subject> =>
  done(paid(), (one) =>
    run(
      staff,
      'shipOrder',
      keyed(one, { lines: pieces(one, quantity), carrier: 'Bote', trackingNumber: '1' }),
      'shipment { id }',
    ),
  );
const delivered = (): Promise<Subject> =>
  done(shipped(3), (one) => run(staff, 'deliverShipment', { shipmentId: one.shipmentId }));
const returned = (): Promise<Subject> =>
  done(
    done(
      done(delivered(), (one) =>
        run(
          one.caller,
          'requestReturn',
          keyed(one, { lines: pieces(one, 3), reason: 'OTHER' }),
          'return { id }',
        ),
      ),
      (one) => run(staff, 'approveReturn', { returnId: one.returnId }),
    ),
    (one) => run(staff, 'receiveReturn', { idempotencyKey: newId(), returnId: one.returnId, restock: true }),
  );
const cancelled = (before: () => Promise<Subject>): Promise<Subject> =>
  done(before(), (one) => run(one.caller, 'cancelOrder', keyed(one)));

const states: Record<string, () => Promise<Subject>> = {
  PLACED: placed,
  DECLINED: async () => {
    const one = await placed();
    await payOrder(world, one.caller, one.id, 'pm_declined', newId());
    return one;
  },
  PAID: paid,
  PACKED: () => done(paid(), (one) => run(staff, 'startFulfilment', { orderId: one.id })),
  PARTLY_SHIPPED: () => shipped(1),
  SHIPPED: () => shipped(3),
  DELIVERED: delivered,
  RETURNED: returned,
  CANCELLED: () => cancelled(placed),
  CANCELLED_AND_REFUNDED: () => cancelled(paid),
};

const moves: Record<string, (one: Subject) => Promise<{ code: string }>> = {
  pay: (one) => run(one.caller, 'payOrder', keyed(one, { paymentMethodId: 'pm_card_visa' })),
  cancel: (one) => run(one.caller, 'cancelOrder', keyed(one)),
  cancelPiece: (one) => run(one.caller, 'cancelOrderLines', keyed(one, { lines: pieces(one, 1) })),
  pack: (one) => run(staff, 'startFulfilment', { orderId: one.id }),
  ship: (one) =>
    run(staff, 'shipOrder', keyed(one, { lines: pieces(one, 1), carrier: 'Bote', trackingNumber: '1' })),
  askBack: (one) => run(one.caller, 'requestReturn', keyed(one, { lines: pieces(one, 1), reason: 'OTHER' })),
  refund: (one) => run(staff, 'refundOrder', keyed(one, { amount: '1.00' })),
};

/** What comes of each move in each state. */
const table = `
                         pay             cancel            cancelPiece       pack          ship          askBack        refund
PLACED                   DONE            DONE              DONE              NOT_SHIPPABLE NOT_SHIPPABLE NOT_RETURNABLE INVALID_INPUT
DECLINED                 DONE            DONE              DONE              NOT_SHIPPABLE NOT_SHIPPABLE NOT_RETURNABLE INVALID_INPUT
PAID                     ALREADY_PAID    DONE              DONE              DONE          DONE          NOT_RETURNABLE DONE
PACKED                   ALREADY_PAID    DONE              DONE              DONE          DONE          NOT_RETURNABLE DONE
PARTLY_SHIPPED           ALREADY_PAID    NOT_CANCELLABLE   DONE              DONE          DONE          DONE           DONE
SHIPPED                  ALREADY_PAID    NOT_CANCELLABLE   NOT_CANCELLABLE   DONE          INVALID_INPUT DONE           DONE
DELIVERED                ALREADY_PAID    NOT_CANCELLABLE   NOT_CANCELLABLE   NOT_SHIPPABLE NOT_SHIPPABLE DONE           DONE
RETURNED                 ALREADY_PAID    NOT_CANCELLABLE   NOT_CANCELLABLE   NOT_SHIPPABLE NOT_SHIPPABLE NOT_RETURNABLE DONE
CANCELLED                ORDER_CANCELLED ALREADY_CANCELLED ALREADY_CANCELLED NOT_SHIPPABLE NOT_SHIPPABLE NOT_RETURNABLE INVALID_INPUT
CANCELLED_AND_REFUNDED   ORDER_CANCELLED ALREADY_CANCELLED ALREADY_CANCELLED NOT_SHIPPABLE NOT_SHIPPABLE NOT_RETURNABLE INVALID_INPUT`;
const [header = [], ...rows] = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

const seen = (id: string): Promise<unknown> =>
  world.ask(
    staff,
    `query ($id: ID!) { order(id: $id) { ${orderFields} returns { id status } notes { id } } }`,
    { id },
  );

describe.each(rows)('an order that is %s', (state, ...promised) => {
  test('does what is to be done there, and nothing else', async () => {
    const make = states[state];
    if (!make) throw new Error(`There is no ${state}.`);
    const given: Record<string, string> = {};
    // All that is refused is tried on one order, which is then as it was.
    const still = await make();
    const before = await seen(still.id);
    for (const [i, name] of header.entries()) {
      const one = promised[i] === 'DONE' ? await make() : still;
      given[name] = (await moves[name]?.(one))?.code ?? '';
    }
    expect(given).toEqual(Object.fromEntries(header.map((name, i) => [name, promised[i]])));
    expect(await seen(still.id)).toEqual(before);
  });
});
