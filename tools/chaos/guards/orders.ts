/** Guards of carts, orders, promotions, and of the keys that all mutations share. */
import { source, type Guard } from './guard.js';

const store = 'subgraphs/orders/order/store.ts';
const edits = 'subgraphs/orders/edit/store.ts';
const cart = 'subgraphs/orders/cart/store.ts';
const keys = 'subgraphs/shared/idempotency.ts';

export const orderGuards: Guard[] = [
  {
    name: 'orders.version',
    promise: 'P22: a change of an order is written if the order still is as it was decided on',
    race: 'linesCancelledByMany',
    changes: source(
      store,
      'WHERE id = ${after.id}::uuid AND version = ${before.version}::int RETURNING id',
      'WHERE id = ${after.id}::uuid AND (true OR version = ${before.version}::int) RETURNING id',
    ),
  },
  {
    name: 'orders.cart-closes-once',
    promise: 'P3: a cart becomes one order',
    race: 'oneCartTenKeys',
    changes: source(
      store,
      'WHERE id = ${cart.id}::uuid AND version = ${cart.version}::int AND status = ${openCart}',
      'WHERE id = ${cart.id}::uuid AND (true OR version = ${cart.version}::int)',
    ),
  },
  {
    name: 'orders.placed-once',
    promise: 'P4: an order is placed once under its key, also where no cart closes with it',
    race: 'placedForOften',
    changes: source(store, "AND outcome->'refused' IS NULL AND outcome->'placed' IS NULL", ''),
  },
  {
    name: 'orders.seen-version',
    promise: 'P22: what is ordered is what the customer has seen',
    race: 'oldWindow',
    changes: source(
      'subgraphs/orders/checkout/service.ts',
      'if (cart.version !== expectedVersion) throw',
      'if (cart.version < 0) throw',
    ),
  },
  {
    name: 'carts.expected-version',
    promise: 'P22: who names the version that they have seen changes no other',
    race: 'oldWindow',
    changes: source(
      'subgraphs/orders/cart/change.ts',
      'if (expectedVersion != null && expectedVersion !== before.version)',
      'if (expectedVersion != null && before.version < 0)',
    ),
  },
  {
    name: 'carts.key',
    promise: 'P4: one wish puts an article into the cart once',
    race: 'addedOften',
    changes: source(
      cart,
      'WHERE id = ${after.id}::uuid AND version = ${before.version}::int AND status = ${openCart}\n          AND EXISTS (SELECT FROM claimed) RETURNING id',
      'WHERE id = ${after.id}::uuid AND version = ${before.version}::int AND status = ${openCart} RETURNING id',
    ),
  },
  {
    name: 'carts.version',
    promise: 'P22: a change of a cart is written if the cart still is as it was decided on',
    race: 'eightArticlesAtOnce',
    changes: [
      {
        file: cart,
        find: 'WHERE id = ${after.id}::uuid AND version = ${before.version}::int AND status = ${openCart}\n          AND EXISTS',
        put: "WHERE id = ${after.id}::uuid AND status = 'OPEN'\n          AND EXISTS",
      },
      // Within one process changes of a cart wait for their turn; two processes have no turns in common.
      {
        file: 'subgraphs/shared/turns.ts',
        find: 'const turn = (last.get(key) ?? Promise.resolve()).then(work);',
        put: 'const turn = work();',
      },
    ],
  },
  {
    name: 'orders.paid-as-it-stands',
    promise: 'P22: who pays an order waits for an edit that is being written, and pays what it costs then',
    race: 'paidAsItIsEdited',
    changes: source(store, 'WHERE id = ${id}::uuid FOR KEY SHARE)', 'WHERE id = ${id}::uuid)'),
  },
  {
    name: 'orders.edit-waits',
    promise: 'P22: an edit waits for the key of a payment that is being written',
    race: 'editedAsItIsPaid',
    changes: source(edits, 'WHERE id = ${orderId}::uuid FOR UPDATE`', 'WHERE id = ${orderId}::uuid`'),
  },
  {
    name: 'orders.edit-sees-payments',
    promise: 'P22: what a payment has been asked for is not edited until that has ended',
    race: 'editedAsItIsPaid',
    changes: source(edits, '<= ${before.payments.length}::int`', '<= ${before.payments.length + 9}::int`'),
  },
  {
    name: 'promotions.limit',
    promise: 'P22: a coupon is not redeemed more often than it may be',
    race: 'couponForFive',
    changes: source(
      'subgraphs/orders/promotion/store.ts',
      'WHERE p.id = locked.id AND (p.limit_total IS NULL OR p.redeemed_count < p.limit_total)',
      'WHERE p.id = locked.id',
    ),
  },
  {
    name: 'keys.stored-outcome',
    promise: 'P4: what has been done under a key is not done again',
    race: 'changedTwice',
    changes: source(
      keys,
      'if (!(await claim(context, call, null)))',
      'if (!(await claim(context, call, null)) && call.key.length > 1_000)',
    ),
  },
  {
    name: 'keys.claimed-ids-of-orders',
    promise: 'P4: twins and repeats of a checkout use the ids that the first one claimed',
    race: 'oneCartOneKey',
    changes: source(
      keys,
      'return { start: stored, repeated: true, found: (await read(claimed)).found };',
      'return { start: stored && start, repeated: true, found: (await read(claimed)).found };',
    ),
  },
  {
    name: 'keys.claimed-ids-of-changes',
    promise: 'P4: twins and repeats of a change of an order use the ids that the first one claimed',
    race: 'linesCancelledOften',
    changes: source(
      keys,
      'return { start: stored, repeated: true, found: (await read(claimed)).found };',
      'return { start: stored && start, repeated: true, found: (await read(claimed)).found };',
    ),
  },
  {
    name: 'stock.compare-and-set',
    promise: 'P22: a count that names the figure it has seen changes no other',
    race: 'comparedAndSet',
    changes: source(
      'subgraphs/inventory/adjustment/rules.ts',
      'if (expectedQuantity != null && expectedQuantity !== level.onHand)',
      'if (expectedQuantity != null && level.onHand < 0)',
    ),
  },
  {
    name: 'catalog.version',
    promise: 'P22: of two who change what both have seen, one is told',
    race: 'productChangedByTwo',
    changes: source(
      'subgraphs/catalog/product/store.ts',
      'WHERE p.id = ${product.id}::uuid AND p.version = ${expectedVersion}::int',
      'WHERE p.id = ${product.id}::uuid AND (true OR p.version = ${expectedVersion}::int)',
    ),
  },
];
