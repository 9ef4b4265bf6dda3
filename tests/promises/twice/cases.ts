/** For each public mutation of orders, inventory and payments: a situation in which it does something. */
import { randomUUID } from 'node:crypto';
import type { Client } from '../../testkit/client.js';
import { address, createGoods, mutate, signIn, type Goods } from '../../testkit/goods.js';
import { buyerOf, pay, placedOrder, type RaceShop } from '../../testkit/race-shop.js';
import { eventually } from '../../testkit/eventually.js';

export interface Situation {
  client: Client;
  input: object;
}

export interface Case {
  /**
   * What makes a repeat harmless: the key that is sent with it, the version that the caller saw, or that it says how things
   * are to be and not by how much they change.
   */
  by: 'key' | 'version' | 'saying how it is to be';
  /** What a repeat may be refused with, where it is not answered like the first. */
  refusals?: readonly string[];
  prepare: () => Promise<Situation>;
  /** An event that is told with each call, since it says how things are and not that they changed. */
  news?: string;
}

/** Mutations that need a shop of another kind, and the test that runs them twice there. */
export const elsewhere: Readonly<Record<string, string>> = {
  captureOrder: 'subgraphs/orders/tests/capture.test.ts',
  cancelShipment: 'subgraphs/orders/tests/parcels.test.ts',
  // Each call ends all links that there are, those of the call before too.
  rotateOrderAccess: 'subgraphs/orders/tests/order-access.test.ts',
};

const key = (): { idempotencyKey: string } => ({ idempotencyKey: randomUUID() });
const code = (): string => `T${randomUUID().slice(0, 8).toUpperCase()}`;

export async function casesOf(shop: RaceShop): Promise<Record<string, Case>> {
  const { staff, ledger } = shop;
  const goods: Goods = await createGoods(staff, { prices: ['10.00', '20.00'], stock: 10_000 });
  const [a = '', b = ''] = goods.variantIds;
  const { warehouseId } = goods;
  const by = (name: Case['by'], prepare: Case['prepare'], refusals: readonly string[] = []): Case => ({
    ...{ by: name, prepare, refusals },
  });
  const byStaff = (input: () => object | Promise<object>) => async (): Promise<Situation> => ({
    ...{ client: staff, input: await input() },
  });
  const one = async <T>(text: string, ...values: unknown[]): Promise<T> =>
    (await ledger.query(text, values)).rows[0] as T;

  const customer = async (): Promise<Client> => {
    const [email, password] = [`${randomUUID()}@example.com`, 'correct horse battery staple'];
    const named = { username: `c${randomUUID().slice(0, 8)}`, firstName: 'Anna', lastName: 'Kr' };
    await mutate(shop.visitor(), 'register', { ...key(), email, password, ...named }, '');
    return signIn(shop, email, password);
  };
  const paid = async () => {
    const order = await placedOrder(shop, { [a]: 3, [b]: 2 });
    const { code: refused } = await pay(order.guest, order.id);
    if (refused) throw new Error(`payOrder was refused: ${refused}`);
    return order;
  };
  const shipped = async () => {
    const order = await paid();
    const { shipment } = await mutate<{ shipment: { id: string } }>(
      staff,
      'shipOrder',
      { ...key(), orderId: order.id },
      'shipment { id }',
    );
    return { ...order, shipmentId: shipment.id };
  };
  const asked = async (): Promise<string> => {
    const { guest, id: orderId, itemIds } = await shipped();
    const lines = [{ itemId: itemIds[0], quantity: 1 }];
    const input = { ...key(), orderId, lines, reason: 'NOT_WANTED' };
    const { return: one } = await mutate<{ return: { id: string } }>(
      guest,
      'requestReturn',
      input,
      'return { id }',
    );
    return one.id;
  };
  const approved = async (): Promise<string> => {
    const returnId = await asked();
    await mutate(staff, 'approveReturn', { returnId }, '');
    return returnId;
  };
  const deadLetter = (schema: string) =>
    byStaff(async () => {
      const { id } = await one<{ id: string }>(`
        INSERT INTO ${schema}.dead_letter (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
          correlation_id, occurred_at, payload, attempts, last_error, died_at)
        SELECT consumer, gen_random_uuid(), type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id,
          occurred_at, payload, 12, 'broken', now() FROM ${schema}.inbox WHERE done_at IS NOT NULL LIMIT 1
        RETURNING consumer || ':' || event_id AS id`);
      return { ids: [id] };
    });
  const promotion = () => ({ ...key(), code: code(), name: 'Off', kind: 'FIXED', amount: '1.00' });
  const method = () => ({
    ...{ ...key(), code: code().toLowerCase(), name: 'Parcel', carrier: 'Hanse Post', service: 'Standard' },
    ...{ countries: ['DE'], currencyCode: 'EUR', tiers: [{ price: '4.90' }] },
    ...{ estimatedDaysMin: 1, estimatedDaysMax: 3 },
  });
  const warehouse = () => ({
    ...{ ...key(), code: `W${randomUUID().slice(0, 8).toUpperCase()}`, name: 'Test warehouse' },
    address: { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
  });
  const created = async (field: string, input: object, selection: string): Promise<string> => {
    const payload = await mutate<Record<string, { id: string }>>(staff, field, input, `${selection} { id }`);
    return payload[selection]?.id ?? '';
  };
  const transferable = async () => ({
    ...{
      fromWarehouseId: warehouseId,
      toWarehouseId: await created('createWarehouse', warehouse(), 'warehouse'),
    },
    lines: [{ variantId: b, quantity: 2 }],
  });
  const planned = async (): Promise<string> =>
    created('createStockTransfer', { ...key(), ...(await transferable()) }, 'transfer');
  const saved = async (
    client: Client,
    paymentMethodId: string,
  ): Promise<{ id: string; providerId: string }> => {
    const { paymentMethod } = await mutate<{ paymentMethod: { id: string } }>(
      client,
      'savePaymentMethod',
      { paymentMethodId },
      'paymentMethod { id }',
    );
    const { name } = await one<{ name: string }>(
      'SELECT provider_method_id AS name FROM payments.payment_method WHERE id = $1',
      paymentMethod.id,
    );
    return { id: paymentMethod.id, providerId: name };
  };
  const riskEntry = () => ({
    ...{ ...key(), list: 'DENY', reason: 'Charged back.' },
    subjects: [{ email: `${randomUUID()}@mail.example` }],
  });
  const methodId = await created('createShippingMethod', method(), 'shippingMethod');
  const zone = () => ({ code: code().toLowerCase(), name: 'North', areas: [{ country: 'DE' }] });
  let taxed = 0;
  /** A country that has no rate yet. */
  const rate = () => ({
    ...{ country: ['FR', 'ES', 'PT', 'NL', 'BE', 'AT', 'PL', 'IT'][taxed++ % 8], taxCategory: 'REDUCED' },
    ...{ rateBasisPoints: 500, name: 'VAT' },
  });

  return {
    addToCart: by('key', async () => {
      const { guest } = await buyerOf(shop, { [a]: 1 });
      return { client: guest, input: { ...key(), lines: [{ variantId: b, quantity: 2 }] } };
    }),
    setCartLines: by('version', async () => {
      const { guest, version } = await buyerOf(shop, { [a]: 1 });
      return { client: guest, input: { expectedVersion: version, lines: [{ variantId: b, quantity: 2 }] } };
    }),
    setCartDelivery: by('saying how it is to be', async () => {
      const { guest } = await buyerOf(shop, { [a]: 1 });
      return { client: guest, input: { billingAddress: { ...address, city: 'Kiel' } } };
    }),
    applyPromotionCode: by('saying how it is to be', async () => {
      const input = promotion();
      await mutate(staff, 'createPromotion', input, '');
      return { client: (await buyerOf(shop, { [a]: 1 })).guest, input: { code: input.code } };
    }),
    removePromotionCode: by('saying how it is to be', async () => {
      const input = promotion();
      await mutate(staff, 'createPromotion', input, '');
      const { guest } = await buyerOf(shop, { [a]: 1 });
      await mutate(guest, 'applyPromotionCode', { code: input.code }, '');
      return { client: guest, input: { code: input.code } };
    }),
    placeOrder: by('key', async () => {
      const { guest, version } = await buyerOf(shop, { [a]: 2 });
      return { client: guest, input: { ...key(), expectedVersion: version } };
    }),
    placeOrderFor: by(
      'key',
      byStaff(() => ({
        ...{ ...key(), email: 'anna@example.com', currencyCode: 'EUR', shippingAddress: address },
        ...{ lines: [{ variantId: a, quantity: 1 }], shippingMethodId: methodId },
      })),
    ),
    payOrder: by('key', async () => {
      const { guest, id } = await placedOrder(shop, { [a]: 1 });
      return { client: guest, input: { ...key(), orderId: id, paymentMethodId: 'pm_card_visa' } };
    }),
    cancelOrder: by('key', async () => {
      const { guest, id } = await paid();
      return { client: guest, input: { ...key(), orderId: id, reason: 'Too late.' } };
    }),
    cancelOrderLines: by('key', async () => {
      const { guest, id, itemIds } = await paid();
      return {
        client: guest,
        input: { ...key(), orderId: id, lines: [{ itemId: itemIds[0], quantity: 1 }] },
      };
    }),
    editOrder: by('key', async () => {
      const { guest, id } = await placedOrder(shop, { [a]: 1 });
      const shippingAddress = { ...address, city: 'Kiel' };
      return { client: guest, input: { ...key(), orderId: id, shippingAddress } };
    }),
    startFulfilment: by(
      'saying how it is to be',
      byStaff(async () => ({ orderId: (await paid()).id })),
    ),
    shipOrder: by(
      'key',
      byStaff(async () => {
        const { id, itemIds } = await paid();
        return { ...key(), orderId: id, lines: [{ itemId: itemIds[0], quantity: 1 }] };
      }),
    ),
    deliverShipment: by(
      'saying how it is to be',
      byStaff(async () => ({ shipmentId: (await shipped()).shipmentId })),
    ),
    noteShipmentStatus: by(
      'saying how it is to be',
      byStaff(async () => {
        const input = { ...key(), orderId: (await paid()).id, carrier: 'Bote', trackingNumber: '47' };
        return { shipmentId: await created('shipOrder', input, 'shipment'), status: 'EXCEPTION' };
      }),
    ),
    requestReturn: by('key', async () => {
      const { guest, id, itemIds } = await shipped();
      const lines = [{ itemId: itemIds[0], quantity: 1 }];
      return {
        client: guest,
        input: { ...key(), orderId: id, lines, reason: 'DEFECTIVE', comment: 'Broken.' },
      };
    }),
    approveReturn: by(
      'saying how it is to be',
      byStaff(async () => ({ returnId: await asked() })),
    ),
    rejectReturn: by(
      'saying how it is to be',
      byStaff(async () => ({ returnId: await asked(), reason: 'Used.' })),
    ),
    receiveReturn: by(
      'key',
      byStaff(async () => ({ ...key(), returnId: await approved(), restock: true })),
    ),
    addOrderNote: by(
      'key',
      byStaff(async () => ({ ...key(), orderId: (await paid()).id, text: 'Fragile.' })),
    ),
    refundOrder: by(
      'key',
      byStaff(async () => ({ ...key(), orderId: (await paid()).id, amount: '2.00' })),
    ),
    createPromotion: by('key', byStaff(promotion)),
    updatePromotion: by(
      'saying how it is to be',
      byStaff(async () => ({
        id: await created('createPromotion', promotion(), 'promotion'),
        amount: '2.00',
      })),
    ),
    createShippingMethod: by('key', byStaff(method)),
    updateShippingMethod: by(
      'saying how it is to be',
      byStaff(async () => ({
        ...{ id: await created('createShippingMethod', method(), 'shippingMethod'), name: 'Slow parcel' },
      })),
    ),
    setShippingZone: by('saying how it is to be', byStaff(zone)),
    removeShippingZone: by(
      'saying how it is to be',
      byStaff(async () => ({ id: await created('setShippingZone', zone(), 'shippingZone') })),
      ['NOT_FOUND'],
    ),
    setTaxRate: by('saying how it is to be', byStaff(rate)),
    removeTaxRate: by(
      'saying how it is to be',
      byStaff(async () => ({ id: await created('setTaxRate', rate(), 'taxRate') })),
      ['NOT_FOUND'],
    ),
    retryOrdersDeadLetters: by('saying how it is to be', deadLetter('orders')),
    createWarehouse: by('key', byStaff(warehouse)),
    updateWarehouse: by(
      'version',
      byStaff(async () => ({
        ...{
          id: await created('createWarehouse', warehouse(), 'warehouse'),
          expectedVersion: 1,
          name: 'Pier',
        },
      })),
    ),
    setInventoryQuantities: by(
      'key',
      byStaff(async () => {
        const other = await createGoods(staff, { prices: ['10.00'], stock: 5 });
        const level = { variantId: other.variantIds[0], warehouseId: other.warehouseId };
        return { ...key(), reason: 'Count', quantities: [{ ...level, quantity: 7, expectedQuantity: 5 }] };
      }),
    ),
    adjustInventoryQuantities: by(
      'key',
      byStaff(() => ({
        ...{ ...key(), type: 'PURCHASE', reason: 'Delivery' },
        changes: [{ variantId: b, warehouseId, delta: 5 }],
      })),
    ),
    setStockThresholds: by(
      'saying how it is to be',
      byStaff(async () => {
        const other = await createGoods(staff, { prices: ['10.00'], stock: 5 });
        const [variantId] = other.variantIds;
        return { levels: [{ variantId, warehouseId: other.warehouseId, lowStockThreshold: 3 }] };
      }),
    ),
    setBackorderPolicies: {
      ...by(
        'saying how it is to be',
        byStaff(async () => {
          const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 5 });
          return { policies: [{ variantId: variantIds[0], policy: 'BACKORDER', maxWaiting: 3 }] };
        }),
      ),
      news: 'InventoryUpdated',
    },
    createStockTransfer: by(
      'key',
      byStaff(async () => ({ ...key(), ...(await transferable()) })),
    ),
    shipStockTransfer: by(
      'saying how it is to be',
      byStaff(async () => ({ transferId: await planned() })),
    ),
    receiveStockTransfer: by(
      'key',
      byStaff(async () => {
        const transferId = await planned();
        await mutate(staff, 'shipStockTransfer', { transferId }, '');
        return { ...key(), transferId, lines: [{ variantId: b, received: 2 }] };
      }),
    ),
    cancelStockTransfer: by(
      'saying how it is to be',
      byStaff(async () => ({ transferId: await planned() })),
    ),
    retryInventoryDeadLetters: by('saying how it is to be', deadLetter('inventory')),
    savePaymentMethod: by('saying how it is to be', async () => {
      const client = await customer();
      // The names of test cards are those of a new card each time; a card's own is the same card.
      const { providerId } = await saved(client, 'pm_card_visa');
      await saved(client, 'pm_card_mastercard');
      return { client, input: { paymentMethodId: providerId, default: true } };
    }),
    setDefaultPaymentMethod: by('saying how it is to be', async () => {
      const client = await customer();
      const { id } = await saved(client, 'pm_card_visa');
      await saved(client, 'pm_card_mastercard');
      return { client, input: { paymentMethodId: id } };
    }),
    removePaymentMethod: by(
      'saying how it is to be',
      async () => {
        const client = await customer();
        return { client, input: { paymentMethodId: (await saved(client, 'pm_card_visa')).id } };
      },
      ['NOT_FOUND'],
    ),
    refreshPayment: by('saying how it is to be', async () => {
      const { guest, id } = await paid();
      const payment = await one<{ id: string }>('SELECT id FROM payments.payment WHERE order_id = $1', id);
      return { client: guest, input: { paymentId: payment.id } };
    }),
    resolveReconciliationBreak: by(
      'key',
      byStaff(async () => ({
        ...key(),
        breakId: await createBreak(shop, (await paid()).id),
        note: 'Settled.',
      })),
    ),
    addRiskListEntries: by('key', byStaff(riskEntry)),
    removeRiskListEntries: by(
      'key',
      byStaff(async () => {
        const { entries } = await mutate<{ entries: { id: string }[] }>(
          staff,
          'addRiskListEntries',
          riskEntry(),
          'entries { id }',
        );
        return { ...key(), ids: entries.map(({ id }) => id) };
      }),
    ),
    retryPaymentsDeadLetters: by('saying how it is to be', deadLetter('payments')),
  };
}

/** Money taken past the shop, as the reconciler tells it; the break's id. */
async function createBreak({ stripe, ledger }: RaceShop, orderId: string): Promise<string> {
  const { id: intent } = await stripe.paymentIntents.create({
    ...{ amount: 1_000, currency: 'eur', confirm: true, payment_method: 'pm_card_visa' },
    metadata: { order_id: orderId },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  return eventually(async () => {
    await ledger.query(
      `UPDATE payments.inbox SET run_at = now() WHERE consumer = 'reconciliation' AND done_at IS NULL`,
    );
    const { rows } = await ledger.query<{ id: string }>(
      'SELECT id FROM payments.reconciliation_break WHERE provider_reference = $1',
      [intent],
    );
    return rows[0]?.id;
  });
}
