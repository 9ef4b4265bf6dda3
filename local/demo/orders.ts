/** Past orders of the demonstration shop: guests whose baskets have something in common. */
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Run, StockedVariant } from './demo.js';

/** Which products are bought together, and how often. */
const baskets: [times: number, names: string[]][] = [
  [4, ['Harbour Breakfast Tea', 'Stoneware Mug']],
  [3, ['East Frisian Leaf Tea', 'Stoneware Teapot', 'Linen Tea Towel']],
  [3, ['Quayside Espresso Beans', 'Lübeck Marzipan Bar']],
  [2, ['Baltic Sea Salt', 'Merchant’s Pepper', 'Cast Iron Pan']],
  [2, ['Fisherman’s Jumper', 'Dock Worker’s Cap']],
  [2, ['Merchant’s Ledger', 'Brass Pen']],
  [2, ['A Short History of the Hanse', 'Knots and How to Undo Them', 'Ship’s Lantern']],
];

/** Every guest lives elsewhere, as the risk rules expect: they count payments for an address. */
const addressOf = (name: string) => ({
  firstName: 'Hinrich',
  lastName: 'Demo',
  line1: 'Mengstraße 4',
  line2: name,
  city: 'Lübeck',
  postalCode: '23552',
  country: 'DE',
});

const guest = (id: string): Caller => ({
  claims: { kind: 'guest', sub: id, sid: id },
  headers: { 'x-currency': 'EUR' },
  correlationId: 'demo',
});

interface Placed {
  id: string;
  status: string;
}

async function placeOrder(run: Run, name: string, caller: Caller, variantIds: string[]): Promise<Placed> {
  const lines = variantIds.map((variantId) => ({ variantId, quantity: 1 }));
  await run(
    'orders',
    'mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { message } } }',
    { input: { idempotencyKey: name, lines } },
    caller,
  );
  const delivery = { email: 'hinrich@hanse.example', shippingAddress: addressOf(name) };
  const deliver =
    'mutation ($input: SetCartDeliveryInput!) { setCartDelivery(input: $input) { cart { version shippingOptions { shippingMethod { id } } } userErrors { message } } }';
  const { setCartDelivery: addressed } = await run<{
    setCartDelivery: { cart: { shippingOptions: { shippingMethod: { id: string } }[] } };
  }>('orders', deliver, { input: delivery }, caller);
  const shippingMethodId = addressed.cart.shippingOptions[0]?.shippingMethod.id;
  const { setCartDelivery: complete } = await run<{ setCartDelivery: { cart: { version: number } } }>(
    'orders',
    deliver,
    { input: { shippingMethodId } },
    caller,
  );
  const { placeOrder: placed } = await run<{ placeOrder: { order: Placed } }>(
    'orders',
    'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status } userErrors { message } } }',
    { input: { idempotencyKey: name, expectedVersion: complete.cart.version } },
    caller,
  );
  return placed.order;
}

/** One whole checkout, gone on with where an earlier start was killed. */
async function checkOut(run: Run, name: string, customerId: string, variantIds: string[]): Promise<void> {
  const caller = guest(customerId);
  const { orders } = await run<{ orders: { nodes: Placed[] } }>(
    'orders',
    'query ($customerId: ID!) { orders(filter: { customerId: $customerId }, first: 1) { nodes { id status } } }',
    { customerId },
  );
  const order = orders.nodes[0] ?? (await placeOrder(run, name, caller, variantIds));
  if (order.status !== 'PENDING') return;
  await run(
    'orders',
    'mutation ($input: PayOrderInput!) { payOrder(input: $input) { userErrors { message } } }',
    { input: { idempotencyKey: name, orderId: order.id, paymentMethodId: 'pm_card_visa' } },
    caller,
  );
}

export async function placeDemoOrders(
  run: Run,
  stocked: readonly StockedVariant[],
  idOf: (name: string) => string,
): Promise<void> {
  const variantOf = new Map<string, string>();
  for (const { product, variantId } of stocked)
    if (!variantOf.has(product.name)) variantOf.set(product.name, variantId);
  for (const [b, [times, names]] of baskets.entries()) {
    for (let n = 0; n < times; n += 1) {
      const name = `demo:${b}:${n}`;
      await checkOut(
        run,
        name,
        idOf(name),
        names.flatMap((one) => variantOf.get(one) ?? []),
      );
    }
  }
}
