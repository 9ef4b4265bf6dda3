/** The stories of a run, by name. */
import { randomUUID } from 'node:crypto';
import { bringingBack, bringingSomeBack, byCarrier, shipping } from './after-sale.js';
import type { Client } from './client.js';
import type { StaffMove } from './ledger.js';
import type { Story } from './plan.js';
import { receivingWhatIsWaitedFor, transferring } from './warehousing.js';
import {
  addLines,
  cancel,
  capture,
  minorOf,
  orderFields,
  pause,
  pay,
  place,
  prepare,
  type Ending,
  type Placed,
  signInAsCustomer,
  signInAsGuest,
  type OrderTold,
  type Visit,
} from './visit.js';

const visa = 'pm_card_visa';

/** Comes in, fills a cart and orders it; null where it is sold out. */
async function order(visit: Visit, { times = 1, as = signInAsGuest } = {}): Promise<Placed | null> {
  const client = await as(visit);
  await addLines(visit, client);
  const version = await prepare(visit, client);
  if (version === null) return null;
  const placed = await place(visit, client, version, times);
  await pause(visit.checkout.pauseMs);
  return placed && { client, order: placed };
}

const ordering =
  (ending: Ending, options: Parameters<typeof order>[1] = {}) =>
  async (visit: Visit): Promise<void> => {
    const placed = await order(visit, options);
    if (placed) await ending(visit, placed);
  };

const paying =
  (card: string, options: Parameters<typeof pay>[4] = {}): Ending =>
  (visit, placed) =>
    pay(visit, placed.client, placed.order, card, options);

/** Pays, and then the rest where the order was paid. */
const afterPaying =
  (ending: Ending): Ending =>
  async (visit, placed) => {
    await pay(visit, placed.client, placed.order, visa);
    if (visit.told.paid) await ending(visit, placed);
  };

/** Completes the bank's page, as a person does. */
async function provePerson(url: string): Promise<void> {
  const page = new URL(url);
  const body = new URLSearchParams({
    client_secret: page.searchParams.get('client_secret') ?? '',
    outcome: 'complete',
  });
  for (let i = 0; i < 40; i += 1) {
    const response = await fetch(page, { method: 'POST', body, redirect: 'manual' }).catch(() => null);
    // 409: the challenge is over, by the deadline or by an answer that was lost.
    if (response && response.status < 500) return;
    await pause(250);
  }
}

const provingPerson: Ending = async (visit, { client, order: { id }, order: placed }) => {
  const { nextActionUrl } = await pay(visit, client, placed, 'pm_card_threeDSecure2Required');
  if (!nextActionUrl) return;
  await provePerson(nextActionUrl);
  visit.step();
  const asked = await client.query<{ order: { status: string } | null }>(
    'query ($id: ID!) { order(id: $id) { status } }',
    { id },
  );
  if (asked.order?.status === 'PAID') visit.told.paid = true;
};

const cancellingLines: Ending = async (visit, { client, order: { id, items } }) => {
  const [item] = items;
  if (!item) return;
  const { told } = visit;
  told.calledOff = items.length === 1 && item.quantity === 1;
  told.unknown = 'cancelOrderLines';
  const input = { idempotencyKey: randomUUID(), orderId: id, lines: [{ itemId: item.id, quantity: 1 }] };
  const twins = await Promise.all(
    [1, 2].map(() => client.call<{ order: OrderTold }>('cancelOrderLines', input, orderFields)),
  );
  told.unknown = null;
  for (const { payload, refused } of twins)
    if (payload) told.cancelledPieces.set(item.id, 1);
    else if (refused !== 'ALREADY_CANCELLED') told.faults.push(`cancelOrderLines was refused: ${refused}`);
  visit.step();
};

const refunding: Ending = async ({ told, staff, step }, { order: { id } }) => {
  told.unknown = 'refundOrder';
  const input = { idempotencyKey: randomUUID(), orderId: id, amount: '1.00' };
  const twins = await Promise.all([1, 2].map(() => staff.call('refundOrder', input, 'order { id }')));
  told.unknown = null;
  if (twins.every(({ payload }) => payload !== null)) told.refunded += 100;
  // It may have been cancelled for want of stock in between.
  else if (twins[0]?.refused !== 'INVALID_INPUT')
    told.faults.push(`refundOrder was refused: ${twins[0]?.refused}`);
  step();
};

/** Of what is set aside staff take all but a euro: the rest is let off. */
const partly: Ending = async (visit, { client, order }) => {
  const { isSetAside } = await pay(visit, client, order, visa, { captures: false });
  const part = minorOf(order.total.amount) - 100;
  if (isSetAside) await capture(visit, order, (part / 100).toFixed(2));
};

/** Two windows with the same version: one wins, the other is told. */
async function twoWindows(visit: Visit): Promise<void> {
  const guest = await signInAsGuest(visit);
  await addLines(visit, guest);
  const before = await guest.query<{
    cart: { version: number; lines: { variant: { id: string } | null }[] } | null;
  }>('{ cart { version lines { variant { id } } } }', {});
  const variantId = before.cart?.lines[0]?.variant?.id;
  if (!before.cart || !variantId) return;
  const { version: expectedVersion } = before.cart;
  const windows = await Promise.all(
    [1, 2, 3, 4].map((quantity) =>
      guest.tryOnce(
        'setCartLines',
        { expectedVersion, lines: [{ variantId, quantity }] },
        'cart { version }',
      ),
    ),
  );
  const won = windows.filter((answer) => answer?.payload).length;
  if (won > 1) visit.told.faults.push(`${won} changes of one version of a cart went through`);
  for (const answer of windows)
    if (answer?.refused && answer.refused !== 'VERSION_CONFLICT')
      visit.told.faults.push(`setCartLines was refused: ${answer.refused}`);
  visit.step();
}

interface CartLines {
  cart: { lines: { quantity: number; variant: { id: string } | null }[] } | null;
}
const linesOf = async (client: Client): Promise<Map<string, number>> => {
  const { cart } = await client.query<CartLines>('{ cart { lines { quantity variant { id } } } }', {});
  return new Map(cart?.lines.map(({ quantity, variant }) => [variant?.id ?? '', quantity]));
};

/** A guest's cart joins the account, no line lost: with the answer, or by the event a little later. */
async function mergingCarts(visit: Visit): Promise<void> {
  const guest = await signInAsGuest(visit);
  await addLines(visit, guest);
  const brought = await linesOf(guest);
  const customer = await signInAsCustomer(visit, guest);
  const missing = async (): Promise<boolean> => {
    const there = await linesOf(customer);
    return [...brought].some(([variantId, quantity]) => (there.get(variantId) ?? 0) < quantity);
  };
  for (let i = 0; i < 60 && (await missing()); i += 1) await pause(500);
  if (await missing()) visit.told.faults.push('lines of a guest are not in the cart of the customer');
  const version = await prepare(visit, customer);
  if (version === null) return;
  const placed = await place(visit, customer, version);
  if (placed) await pay(visit, customer, placed, visa);
}

async function counting(visit: Visit): Promise<void> {
  const { checkout, goods, staff, told, step } = visit;
  const variantId = goods.articles[checkout.lines[0]?.article ?? 0]?.variantId ?? '';
  const { productVariant } = await staff.query<{
    productVariant: { stock: { onHand: number; warehouse: { id: string } }[] | null } | null;
  }>('query ($variantId: ID!) { productVariant(id: $variantId) { stock { onHand warehouse { id } } } }', {
    variantId,
  });
  const level = productVariant?.stock?.[0];
  if (!level) return;
  // One more was found; refused where somebody sold one since it was looked at.
  const quantity = {
    variantId,
    warehouseId: level.warehouse.id,
    quantity: level.onHand + 1,
    expectedQuantity: level.onHand,
  };
  const input = { idempotencyKey: randomUUID(), reason: 'Count', quantities: [quantity] };
  const move = { variantId, delta: 1, unknown: true };
  visit.staffMoves.push(move);
  const answer = await staff.call('setInventoryQuantities', input, '');
  move.unknown = false;
  if (!answer.payload) move.delta = 0;
  if (answer.refused && answer.refused !== 'QUANTITY_CHANGED')
    told.faults.push(`a count was refused: ${answer.refused}`);
  step();
}

async function receiving(visit: Visit): Promise<void> {
  const { checkout, goods, staff, told, step } = visit;
  const variantId = goods.articles[checkout.lines[0]?.article ?? 0]?.variantId ?? '';
  const warehouseId = goods.warehouseIds[checkout.number % goods.warehouseIds.length] ?? '';
  const [from = '', to = ''] = [goods.warehouseIds[0], goods.warehouseIds[1]];
  const moves = [
    { type: 'PURCHASE', changes: [{ variantId, warehouseId, delta: 2 }] },
    { type: 'DAMAGE', changes: [{ variantId, warehouseId, delta: -1 }] },
    {
      type: 'TRANSFER',
      changes: [
        { variantId, warehouseId: from, delta: -1 },
        { variantId, warehouseId: to, delta: 1 },
      ],
    },
  ];
  for (const { type, changes } of moves) {
    const delta = changes.reduce((sum, change) => sum + change.delta, 0);
    const move: StaffMove = { variantId, delta, unknown: true };
    visit.staffMoves.push(move);
    const input = { idempotencyKey: randomUUID(), type, reason: 'Chaos', changes };
    const twins = await Promise.all([1, 2].map(() => staff.call('adjustInventoryQuantities', input, '')));
    move.unknown = false;
    if (!twins[0]?.payload) move.delta = 0;
    if (twins[0]?.refused && type === 'PURCHASE') told.faults.push(`goods were refused: ${twins[0].refused}`);
    step();
  }
}

/** Each takes one checkout from its beginning to where its customer leaves. */
export const stories: Record<Story, (visit: Visit) => Promise<unknown>> = {
  buys: ordering(paying(visa)),
  'buys as a customer': ordering(paying(visa), { as: signInAsCustomer }),
  'places twice at once': ordering(paying(visa), { times: 2 }),
  'pays twice at once': ordering(paying(visa, { times: 2 })),
  'leaves while paying': ordering(paying(visa, { leaves: true })),
  'leaves the cart': async (visit) => {
    await addLines(visit, await signInAsGuest(visit));
  },
  'leaves the order': ordering(async () => {}),
  'is declined and pays with another card': ordering(async (visit, placed) => {
    const { code } = await pay(visit, placed.client, placed.order, 'pm_card_chargeDeclined');
    if (code === 'PAYMENT_DECLINED') await pay(visit, placed.client, placed.order, visa);
  }),
  'is declined': ordering(paying('pm_card_chargeDeclinedInsufficientFunds')),
  'proves who they are': ordering(provingPerson),
  'leaves at the bank': ordering(paying('pm_card_threeDSecure2Required')),
  'pays by bank debit': ordering(paying('pm_sepaDebit')),
  'pays by a bank debit that fails': ordering(paying('pm_sepaDebit_insufficientFunds')),
  'cancels what was paid': ordering(afterPaying((visit, { client, order }) => cancel(visit, client, order))),
  'cancels while paying': ordering(async (visit, placed) => {
    visit.told.calledOff = true;
    await Promise.all([
      pay(visit, placed.client, placed.order, visa),
      pause(visit.checkout.pauseMs / 4).then(() => cancel(visit, placed.client, placed.order)),
    ]);
  }),
  'cancels some lines': ordering(afterPaying(cancellingLines)),
  'gets some money back': ordering(afterPaying(refunding)),
  'gets the goods': ordering(afterPaying(shipping)),
  'has part of the money taken': ordering(partly),
  'cancels while the money is set aside': ordering(async (visit, { client, order }) => {
    await pay(visit, client, order, visa, { captures: false });
    await cancel(visit, client, order);
  }),
  'sends it all back': ordering(afterPaying(bringingBack)),
  'sends some of it back': ordering(afterPaying(bringingSomeBack)),
  'gets a parcel of the carrier': ordering(afterPaying(byCarrier)),
  'buys what is to come': ordering(paying(visa)),
  'changes the cart in two windows': twoWindows,
  'signs in with a full cart': mergingCarts,
  'counts the stock': counting,
  'receives and loses goods': receiving,
  'receives what was waited for': receivingWhatIsWaitedFor,
  'moves goods between warehouses': transferring,
};
