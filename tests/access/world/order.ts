/** A customer's order that has been through nearly everything, and the cart after it. */
import { randomUUID } from 'node:crypto';
import type { Client } from '../../testkit/client.js';
import { mutate, type Goods } from '../../testkit/goods.js';
import type { Values } from '../documents.js';
import { letters, type Canaries } from './canaries.js';
import { eventually } from '../../testkit/eventually.js';

async function fill(
  client: Client,
  goods: Goods,
  canaries: Canaries,
): Promise<{ id: string; version: number }> {
  const lines = goods.variantIds.map((variantId) => ({ variantId, quantity: 2 }));
  await mutate(client, 'addToCart', { idempotencyKey: randomUUID(), lines }, '');
  const { cart } = await mutate<{ cart: { shippingOptions: { shippingMethod: { id: string } }[] } }>(
    client,
    'setCartDelivery',
    { email: canaries.email(), shippingAddress: canaries.address(), billingAddress: canaries.address() },
    'cart { shippingOptions { shippingMethod { id } } }',
  );
  const shippingMethodId = cart.shippingOptions[0]?.shippingMethod.id;
  await mutate(client, 'setCartDelivery', { shippingMethodId }, '');
  const applied = await mutate<{ cart: { id: string; version: number } }>(
    client,
    'applyPromotionCode',
    { code: 'CANARY' },
    'cart { id version }',
  );
  return applied.cart;
}

interface Ordered {
  id: string;
  number: string;
  items: { id: string }[];
}

/** The payment that succeeded; its refund is made by a consumer: waits for it. */
async function refundedPaymentId(client: Client, orderId: string): Promise<string> {
  const { id } = await eventually(async () => {
    const { order } = await client.data<{ order: { payments: { id: string; refunds: unknown[] }[] } }>(
      'query ($id: ID!) { order(id: $id) { payments { id refunds { id } } } }',
      { id: orderId },
    );
    return order.payments.find(({ refunds }) => refunds.length > 0);
  });
  return id;
}

/** An order that was declined once, paid, partly cancelled, partly shipped, to be sent back, and noted upon; then a new cart. */
export async function createOrder(
  client: Client,
  staff: Client,
  goods: Goods,
  canaries: Canaries,
): Promise<{ cancelReason: string; staffNote: string; order: Values }> {
  const [cancelReason, staffNote] = [`Reason ${letters()}`, `Note ${letters()}`];
  const keys = { place: randomUUID(), pay: randomUUID(), cancel: randomUUID(), return: randomUUID() };
  const { version } = await fill(client, goods, canaries);
  const { order } = await mutate<{ order: Ordered }>(
    client,
    'placeOrder',
    { idempotencyKey: keys.place, expectedVersion: version },
    'order { id number items { id } }',
  );
  canaries.keep(order.number);
  const orderId = order.id;
  await client.data('mutation ($input: PayOrderInput!) { payOrder(input: $input) { userErrors { code } } }', {
    input: { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_chargeDeclined' },
  });
  await mutate(
    client,
    'payOrder',
    { idempotencyKey: keys.pay, orderId, paymentMethodId: 'pm_card_visa' },
    '',
  );
  const [cancelled, shipped] = order.items.map(({ id }) => ({ itemId: id, quantity: 1 }));
  await mutate(
    client,
    'cancelOrderLines',
    { idempotencyKey: keys.cancel, orderId, lines: [cancelled], reason: cancelReason },
    '',
  );
  const { shipment } = await mutate<{ shipment: { id: string } }>(
    staff,
    'shipOrder',
    {
      idempotencyKey: randomUUID(),
      orderId,
      lines: [shipped],
      carrier: 'Hanse Post',
      trackingNumber: canaries.word(),
    },
    'shipment { id }',
  );
  const { return: returned } = await mutate<{ return: { id: string } }>(
    client,
    'requestReturn',
    { idempotencyKey: keys.return, orderId, lines: [shipped], reason: 'NOT_WANTED' },
    'return { id }',
  );
  await mutate(staff, 'approveReturn', { returnId: returned.id }, '');
  const came = { returnId: returned.id, lines: [{ ...shipped, restocked: true }] };
  await mutate(staff, 'receiveReturn', { idempotencyKey: randomUUID(), ...came }, '');
  const note = { orderId, text: canaries.word(), visibleToCustomer: true };
  await mutate(staff, 'addOrderNote', { idempotencyKey: randomUUID(), ...note }, '');
  await mutate(staff, 'addOrderNote', { idempotencyKey: randomUUID(), orderId, text: staffNote }, '');
  const cart = await fill(client, goods, canaries);
  const paymentId = await refundedPaymentId(client, orderId);
  const values = {
    orderId,
    itemId: cancelled?.itemId ?? '',
    paymentId,
    shipmentId: shipment.id,
    returnId: returned.id,
    'Query.order.id': orderId,
    'Query.orderForMail.id': orderId,
    'Query.payment.id': paymentId,
    'OrderFilter.number': order.number,
    'PlaceOrderInput.idempotencyKey': keys.place,
    'PlaceOrderInput.expectedVersion': cart.version,
    'PayOrderInput.idempotencyKey': keys.pay,
    'CancelOrderLinesInput.idempotencyKey': keys.cancel,
    'RequestReturnInput.idempotencyKey': keys.return,
  };
  return { cancelReason, staffNote, order: values };
}
