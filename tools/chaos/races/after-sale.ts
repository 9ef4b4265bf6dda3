/** Races after the sale: money that was set aside, parcels and their labels, goods that come back. */
import { randomUUID } from 'node:crypto';
import {
  attempt,
  countOf,
  countsOf,
  goodsOf,
  minute,
  passUntil,
  pay,
  placed,
  slowed,
  times,
  until,
  wait,
  type Attempt,
  type Bench,
  type Placed,
  type Race,
} from './bench.js';

/** An order whose money is set aside, as with PAYMENT_CAPTURE=manual. */
async function setAside(bench: Bench, quantity = 2): Promise<Placed> {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], quantity);
  bench.tamper.payments = (request) => {
    const { input } = (request.variables ?? {}) as { input?: object };
    return request.query.includes('createPayment') && input
      ? { ...request, variables: { input: { ...input, captureMethod: 'MANUAL' } } }
      : request;
  };
  await pay(order);
  delete bench.tamper.payments;
  return order;
}

const capture = (
  { staff }: Bench,
  orderId: string,
  amount: string,
  idempotencyKey: string = randomUUID(),
): Promise<Attempt<{ order: { status: string } | null }>> =>
  attempt(staff, 'captureOrder', { idempotencyKey, orderId, amount }, 'order { status }');

/** Four members of staff take four amounts at once: one takes its own, and nobody is told that they took theirs. */
export const capturedByMany: Race = async (bench) => {
  const order = await setAside(bench);
  const answers = await slowed(bench, 'payments.payment', 300, () =>
    times(4, (i) => capture(bench, order.id, `${5 + i}.00`)),
  );
  bench.expect('captures', answers.filter(({ code }) => code === null).length, 1);
  const taken = 'SELECT captured_amount FROM payments.payment WHERE order_id = $1';
  const first = answers.findIndex(({ code }) => code === null);
  bench.expect('taken', await countOf(bench, taken, [order.id]), (5 + first) * 100);
};

/** Staff take the money while the customer calls it off. */
export const capturedAndCancelled: Race = async (bench) => {
  const order = await setAside(bench);
  const [taken, called] = await slowed(bench, 'payments.payment', 300, () =>
    Promise.all([
      capture(bench, order.id, '24.90'),
      wait(150).then(() =>
        attempt(order.guest, 'cancelOrder', { idempotencyKey: randomUUID(), orderId: order.id }),
      ),
    ]),
  );
  if (taken.code !== null && called.code !== null) bench.say(`neither: ${taken.code} and ${called.code}`);
  const both = `SELECT count(*) FROM payments.payment
    WHERE order_id = $1 AND capture_id IS NOT NULL AND cancel_requested_at IS NOT NULL`;
  bench.expect('taken and called off', await countOf(bench, both, [order.id]), 0);
};

/** A paid order of three pieces, sent by hand and arrived. */
async function arrived(bench: Bench): Promise<Placed & { itemId: string; variantId: string }> {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], 3);
  await pay(order);
  const ship = { idempotencyKey: randomUUID(), orderId: order.id, carrier: 'Hanse Post' };
  const sent = await attempt<{ shipment: { id: string } }>(bench.staff, 'shipOrder', ship, 'shipment { id }');
  await attempt(bench.staff, 'deliverShipment', { shipmentId: sent.given?.shipment.id });
  return { ...order, itemId: order.items[0]?.id ?? '', variantId };
}

type Returned = Attempt<{ return: { id: string } | null }>;
const ask = (
  { guest, id, itemId }: Placed & { itemId: string },
  quantity: number,
  idempotencyKey: string = randomUUID(),
): Promise<Returned> =>
  attempt(
    guest,
    'requestReturn',
    { idempotencyKey, orderId: id, lines: [{ itemId, quantity }], reason: 'NOT_WANTED' },
    'return { id }',
  );

/** Asked for and approved; its id. */
async function approved(bench: Bench, order: Placed & { itemId: string }, quantity: number): Promise<string> {
  const returnId = (await ask(order, quantity)).given?.return?.id ?? '';
  await attempt(bench.staff, 'approveReturn', { returnId });
  return returnId;
}

const receive = (
  { staff }: Bench,
  returnId: string,
  idempotencyKey: string = randomUUID(),
): Promise<Attempt<unknown>> =>
  attempt(staff, 'receiveReturn', { idempotencyKey, returnId, restock: true }, 'return { id }');

const refunds = 'SELECT count(*) FROM payments.refund WHERE order_id = $1';
const onHand = 'SELECT sum(on_hand) FROM inventory.stock_level WHERE variant_id = $1';

/** One wish to send a piece back, sent five times at once. */
export const returnAskedOften: Race = async (bench) => {
  const order = await arrived(bench);
  const key = randomUUID();
  const answers = await times(5, () => ask(order, 1, key));
  bench.expect('five of one key', countsOf(answers), { DONE: 5 });
  bench.expect('returns', new Set(answers.map(({ given }) => given?.return?.id)).size, 1);
};

/** Five wishes to send two of three pieces back. */
export const returnAskedByMany: Race = async (bench) => {
  const order = await arrived(bench);
  bench.expect('five wishes', countsOf(await times(5, () => ask(order, 2))), { DONE: 1, NOT_RETURNABLE: 4 });
};

/** The goods came once, and the client of staff says so five times. */
export const returnReceivedOften: Race = async (bench) => {
  const order = await arrived(bench);
  const returnId = await approved(bench, order, 1);
  const key = randomUUID();
  bench.expect('five of one key', countsOf(await times(5, () => receive(bench, returnId, key))), { DONE: 5 });
  bench.expect('refunds', await countOf(bench, refunds, [order.id]), 1);
};

/** Five at the door note the same return. */
export const returnReceivedByMany: Race = async (bench) => {
  const order = await arrived(bench);
  const returnId = await approved(bench, order, 1);
  const answers = await times(5, () => receive(bench, returnId));
  bench.expect('five at the door', countsOf(answers), { DONE: 1, RETURN_NOT_OPEN: 4 });
  bench.expect('refunds', await countOf(bench, refunds, [order.id]), 1);
};

const committed = `SELECT count(*) FROM inventory.reservation WHERE order_id = $1 AND status = 'COMMITTED'`;

/** The news of what came back is told to inventory twice. */
export const returnHeardTwice: Race = async (bench) => {
  const order = await arrived(bench);
  await until(bench, committed, [order.id], 1);
  await receive(bench, await approved(bench, order, 1));
  await until(bench, onHand, [order.variantId], 8);
  await bench.db.query(
    `UPDATE inventory.inbox SET done_at = NULL, run_at = now() WHERE aggregate_id = $1 AND type = 'ReturnReceived'`,
    [order.id],
  );
  const due = `SELECT count(*) FROM inventory.inbox WHERE aggregate_id = $1 AND done_at IS NULL AND type = 'ReturnReceived'`;
  await wait(1_500);
  await until(bench, due, [order.id], 0);
  bench.expect('there', await countOf(bench, onHand, [order.variantId]), 8);
};

/** Goods come back before inventory has heard that they were sold. */
export const returnBeforeSale: Race = async (bench) => {
  await bench.db.query(`
    CREATE FUNCTION inventory.chaos_delay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.run_at := NEW.run_at + interval '2 minutes'; RETURN NEW; END $$;
    CREATE TRIGGER chaos_delay BEFORE INSERT ON inventory.inbox FOR EACH ROW WHEN (NEW.type = 'OrderPaid')
    EXECUTE FUNCTION inventory.chaos_delay()`);
  try {
    const order = await arrived(bench);
    await receive(bench, await approved(bench, order, 1));
    await wait(1_500);
    await passUntil(bench, 3 * minute, committed, [order.id], 1);
    await passUntil(bench, 3 * minute, onHand, [order.variantId], 8);
    bench.expect('there', await countOf(bench, onHand, [order.variantId]), 8);
  } finally {
    await bench.db.query(
      'DROP TRIGGER chaos_delay ON inventory.inbox; DROP FUNCTION inventory.chaos_delay()',
    );
  }
};

type Sent = Attempt<{ shipment: { id: string } | null }>;
const buyLabel = (bench: Bench, orderId: string, idempotencyKey: string = randomUUID()): Promise<Sent> =>
  attempt(bench.staff, 'shipOrder', { idempotencyKey, orderId, service: 'standard' }, 'shipment { id }');

const labelsOf = ({ shop }: Bench, reference: string): { stand: number; bought: number } => {
  const own = shop.carrier.labels().filter(({ request }) => request.reference === reference);
  return { bought: own.length, stand: own.filter(({ cancelledAt }) => cancelledAt === null).length };
};

async function paidOrder(bench: Bench): Promise<Placed> {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await pay(order);
  return order;
}

/** The label of one parcel is asked for five times at once. */
export const labelBoughtOften: Race = async (bench) => {
  const { id } = await paidOrder(bench);
  const key = randomUUID();
  const answers = await times(5, () => buyLabel(bench, id, key));
  bench.expect('five of one key', countsOf(answers), { DONE: 5 });
  bench.expect('parcels', new Set(answers.map(({ given }) => given?.shipment?.id)).size, 1);
  bench.expect('labels', labelsOf(bench, answers[0]?.given?.shipment?.id ?? ''), { bought: 1, stand: 1 });
};

const labelled = 'SELECT count(*) FROM orders.shipment WHERE order_id = $1 AND label_id IS NOT NULL';

/** The carrier sells the label and its answer is lost; nobody asks again but the shop itself. */
export const labelAnswerLost: Race = async (bench) => {
  const { id } = await paidOrder(bench);
  bench.shop.carrier.setFaults({ failRate: 0, loseAnswerRate: 1 });
  const sent = await buyLabel(bench, id);
  bench.shop.carrier.setFaults(null);
  await passUntil(bench, minute, labelled, [id], 1);
  bench.expect('labels', labelsOf(bench, sent.given?.shipment?.id ?? ''), { bought: 1, stand: 1 });
  bench.expect('the parcel has it', await countOf(bench, labelled, [id]), 1);
};

/** A parcel is called off of which nobody knows yet that its label was sold. */
export const labelLostAndCancelled: Race = async (bench) => {
  const { id } = await paidOrder(bench);
  bench.shop.carrier.setFaults({ failRate: 0, loseAnswerRate: 1 });
  const sent = await buyLabel(bench, id);
  bench.shop.carrier.setFaults(null);
  const shipmentId = sent.given?.shipment?.id ?? '';
  const { code } = await attempt(bench.staff, 'cancelShipment', { shipmentId }, 'shipment { id }');
  bench.expect('calling it off', code, null);
  bench.expect('labels', labelsOf(bench, shipmentId), { bought: 1, stand: 0 });
};

/** Five agree to one return, with a label for the way back. */
export const returnLabelledOften: Race = async (bench) => {
  const order = await arrived(bench);
  const returnId = (await ask(order, 1)).given?.return?.id ?? '';
  await times(5, () => attempt(bench.staff, 'approveReturn', { returnId, service: 'standard' }));
  bench.expect('labels', labelsOf(bench, returnId), { bought: 1, stand: 1 });
};
