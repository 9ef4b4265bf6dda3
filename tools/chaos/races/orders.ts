/** Races for carts and orders. */
import { randomUUID } from 'node:crypto';
import { address, signInGuest } from '../../../tests/testkit/goods.js';
import {
  attempt,
  countOf,
  countsOf,
  filled,
  goodsOf,
  minute,
  orderFields,
  pay,
  place,
  placed,
  slowed,
  times,
  until,
  type Order,
  underWay,
  type Attempt,
  type Bench,
  type Placed,
  type Race,
} from './bench.js';

const reservedOf = 'SELECT sum(reserved) FROM inventory.stock_level WHERE variant_id = $1';

/** Ten windows order the same cart, each as an intent of its own: it is one order. */
export const oneCartTenKeys: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 30);
  const { guest, version } = await filled(bench, [variantId]);
  const answers = await times(10, () => place(guest, version));
  bench.expect('orders of one cart', answers.filter(({ code }) => code === null).length, 1);
  await until(bench, reservedOf, [variantId], 1, 3_000);
  bench.expect('held', await countOf(bench, reservedOf, [variantId]), 1);
};

/** One intent, sent ten times at once: one order, and everybody is told of it. */
export const oneCartOneKey: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 30);
  const { guest, version } = await filled(bench, [variantId]);
  const key = randomUUID();
  const answers = await times(10, () => place(guest, version, key));
  bench.expect('ten of one key', countsOf(answers), { DONE: 10 });
  bench.expect('orders', new Set(answers.map(({ given }) => given?.order?.id)).size, 1);
  bench.expect('held', await countOf(bench, reservedOf, [variantId]), 1);
};

/** Staff place an order for somebody, and their client sends it five times. */
export const placedForOften: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 30);
  const { rows } = await bench.db.query<{ id: string }>('SELECT id FROM orders.shipping_method LIMIT 1');
  const input = {
    ...{
      idempotencyKey: randomUUID(),
      email: 'anna@example.com',
      currencyCode: 'EUR',
      notifyCustomer: false,
    },
    ...{ lines: [{ variantId, quantity: 1 }], shippingAddress: address, shippingMethodId: rows[0]?.id },
  };
  const answers = await times(5, () =>
    attempt<{ order: Order | null }>(bench.staff, 'placeOrderFor', input, orderFields),
  );
  bench.expect('five of one key', countsOf(answers), { DONE: 5 });
  bench.expect('orders', new Set(answers.map(({ given }) => given?.order?.id)).size, 1);
};

/** Three cancel two of three pieces each. */
export const linesCancelledByMany: Race = async (bench) => {
  const { variantIds } = await goodsOf(bench, 10, ['10.00', '20.00']);
  const order = await placed(bench, variantIds, 3);
  await pay(order);
  const lines = order.items.slice(0, 1).map(({ id }) => ({ itemId: id, quantity: 2 }));
  const answers = await slowed(bench, 'orders.orders', 300, () =>
    times(3, () =>
      attempt(order.guest, 'cancelOrderLines', { idempotencyKey: randomUUID(), orderId: order.id, lines }),
    ),
  );
  bench.expect('three who cancel two of three', countsOf(answers), { DONE: 1, LINES_NOT_OPEN: 2 });
  // What those have set who were refused would go off now.
  await bench.pass(minute);
};

/** One cancellation of a line is sent five times. */
export const linesCancelledOften: Race = async (bench) => {
  const { variantIds } = await goodsOf(bench, 10, ['10.00', '20.00']);
  const order = await placed(bench, variantIds, 3);
  await pay(order);
  const lines = order.items.slice(0, 1).map(({ id }) => ({ itemId: id, quantity: 1 }));
  const input = { idempotencyKey: randomUUID(), orderId: order.id, lines };
  const answers = await times(5, () => attempt(order.guest, 'cancelOrderLines', input));
  bench.expect('five of one key', countsOf(answers), { DONE: 5 });
  const cancelled = 'SELECT sum(cancelled_quantity) FROM orders.order_item WHERE order_id = $1';
  bench.expect('pieces cancelled', await countOf(bench, cancelled, [order.id]), 1);
};

/** A coupon for five, and twelve who have it in their cart. */
export const couponForFive: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 50);
  const code = `FIVE${randomUUID().slice(0, 8).toUpperCase()}`;
  const promotion = { code, name: 'For five', kind: 'FIXED', amount: '5.00', limitTotal: 5 };
  await attempt(bench.staff, 'createPromotion', { idempotencyKey: randomUUID(), ...promotion });
  const carts = await times(12, async () => {
    const { guest } = await filled(bench, [variantId]);
    const { given } = await attempt<{ cart: { version: number } }>(
      guest,
      'applyPromotionCode',
      { code },
      'cart { version }',
    );
    return { guest, version: given?.cart.version ?? 0 };
  });
  const answers = await Promise.all(carts.map(({ guest, version }) => place(guest, version)));
  bench.expect('twelve with a coupon for five', countsOf(answers), { DONE: 5, PROMOTION_NOT_APPLICABLE: 7 });
};

/** Eight windows put eight articles into one cart: all of them are in it. */
export const eightArticlesAtOnce: Race = async (bench) => {
  const { variantIds } = await goodsOf(
    bench,
    10,
    Array.from({ length: 6 }, () => '10.00'),
  );
  const guest = await signInGuest(bench.shop);
  const add = (variantId: string) =>
    attempt(guest, 'addToCart', { idempotencyKey: randomUUID(), lines: [{ variantId, quantity: 1 }] });
  await add(variantIds[0] ?? '');
  const answers = await slowed(bench, 'orders.cart', 100, () => Promise.all(variantIds.slice(1).map(add)));
  const done = answers.filter(({ code }) => code === null).length;
  const { cart } = await guest.data<{ cart: { lines: unknown[] } }>('{ cart { lines { id } } }');
  bench.expect('lines of what was acknowledged', cart.lines.length, done + 1);
};

/** One wish for an article is sent five times. */
export const addedOften: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 10);
  const guest = await signInGuest(bench.shop);
  const input = { idempotencyKey: randomUUID(), lines: [{ variantId, quantity: 1 }] };
  await times(5, () => attempt(guest, 'addToCart', input));
  await attempt(guest, 'addToCart', input);
  const { cart } = await guest.data<{ cart: { totalQuantity: number } }>('{ cart { totalQuantity } }');
  bench.expect('pieces of one wish', cart.totalQuantity, 1);
};

/** A window that shows an old cart changes it. */
export const oldWindow: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 10);
  const { guest, version } = await filled(bench, [variantId]);
  const change = (quantity: number) =>
    attempt(guest, 'setCartLines', { expectedVersion: version, lines: [{ variantId, quantity }] });
  bench.expect('the first window', (await change(2)).code, null);
  bench.expect('the old window', (await change(3)).code, 'VERSION_CONFLICT');
  bench.expect('an order of what nobody has seen', (await place(guest, version)).code, 'VERSION_CONFLICT');
};

/** Somebody orders and is not seen again: what is open has a timer that ends it. */
export const leftAlone: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  await placed(bench, [variantId]);
};

/** A product, and two who change what both have seen. */
export const productChangedByTwo: Race = async (bench) => {
  const { productId } = await goodsOf(bench, 1);
  const { product } = await bench.staff.data<{ product: { version: number } }>(
    'query ($id: ID!) { product(id: $id) { version } }',
    { id: productId },
  );
  const answers = await slowed(bench, 'catalog.product', 200, () =>
    times(6, (i) =>
      attempt(bench.staff, 'updateProduct', {
        ...{ id: productId, expectedVersion: product.version },
        description: `As number ${i} has it`,
      }),
    ),
  );
  bench.expect('changes of one version', answers.filter(({ code }) => code === null).length, 1);
};

const editTo = (order: Placed, variantId: string, quantity: number): Promise<Attempt<unknown>> =>
  attempt(order.guest, 'editOrder', {
    ...{ idempotencyKey: randomUUID(), orderId: order.id, lines: [{ variantId, quantity }] },
  });

/** The order's one payment is of what the order costs, and nothing is given back. */
async function expectItsPrice(bench: Bench, { id }: Placed): Promise<void> {
  const asked = `SELECT count(*) FROM payments.payment p JOIN orders.orders o ON o.id = p.order_id
    WHERE o.id = $1 AND o.payment_state = 'PAID' AND p.amount = o.gross`;
  bench.expect('payments of what it costs', await countOf(bench, asked, [id]), 1);
  const back = 'SELECT count(*) FROM orders.order_refund WHERE order_id = $1';
  bench.expect('given back', await countOf(bench, back, [id]), 0);
}

/** An order is paid while its edit is being written. */
export const paidAsItIsEdited: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], 2);
  const answers = await slowed(bench, 'orders.orders', 500, async () => {
    const edited = editTo(order, variantId, 3);
    await underWay(bench);
    return Promise.all([edited, pay(order)]);
  });
  bench.expect('edited, then paid', countsOf(answers), { DONE: 2 });
  await expectItsPrice(bench, order);
};

/** An order is edited while the key of its payment is being written. */
export const editedAsItIsPaid: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], 2);
  const claims = { event: 'INSERT', when: `NEW.operation = 'payOrder'` } as const;
  await slowed(
    ...([bench, 'orders.idempotency_key', 1_500] as const),
    async () => {
      const paid = pay(order);
      await underWay(bench);
      return Promise.all([paid, editTo(order, variantId, 3)]);
    },
    claims,
  );
  await expectItsPrice(bench, order);
};
