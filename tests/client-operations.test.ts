/**
 * Every operation of client/operations is run once, in scenes of a shop's day: it fails for nobody, is refused by nobody, and
 * what it is about is there. The last test holds this file to all of them.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kind, type DocumentNode, type TypedQueryDocumentNode } from 'graphql';
import type { Client, VariablesOf } from '../client/client.js';
import * as operations from '../client/operations.generated.js';
import {
  address,
  createGoods,
  createTerms,
  fillCart,
  signInGuest as signInGuestOf,
  signInStaff,
} from './testkit/goods.js';
import { startTestShop, type TestShop } from './testkit/shop.js';
import { eventually } from './testkit/eventually.js';

type Document<Data, Variables> = TypedQueryDocumentNode<Data, Variables>;

let shop: TestShop;
let visitor: Client;
let staff: Client;
const key = randomUUID;
const input = <T extends object>(fields: T): { input: T & { idempotencyKey: string } } => ({
  input: { idempotencyKey: key(), ...fields },
});

const nameOf = ({ definitions }: DocumentNode): string => {
  const operation = definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  return operation?.name?.value ?? '';
};
const ran = new Set<string>();

/** Notes what ran. What it is about is there: each root field, and of a payload the first field, with nothing refused. */
function note(document: DocumentNode, data: object): void {
  const name = nameOf(document);
  for (const [field, value] of Object.entries(data) as [string, unknown][]) {
    expect([name, field, value]).not.toEqual([name, field, null]);
    if (typeof value !== 'object' || value === null || !('userErrors' in value)) continue;
    expect([name, value.userErrors]).toEqual([name, []]);
    expect([name, Object.values(value)[0]]).not.toEqual([name, null]);
  }
  ran.add(name);
}

/** Runs a query or a mutation; throws when any field of it failed. */
async function run<Data extends object, Variables>(
  client: Client,
  document: Document<Data, Variables>,
  ...variables: VariablesOf<Variables>
): Promise<Data> {
  const data = await client.query(document, ...variables);
  note(document, data);
  return data;
}

/** Subscribes, reads the first event and closes. */
async function firstEvent<Data extends object, Variables>(
  client: Client,
  document: Document<Data, Variables>,
  ...variables: VariablesOf<Variables>
): Promise<Data> {
  const events = client.subscribe(document, ...variables);
  const { value } = await events.next();
  await events.return();
  if (!value) throw new Error(`${nameOf(document)} ended without an event.`);
  note(document, value);
  return value;
}

/** What the first test stocks and the others sell. */
const goods = { productId: '', variantId: '', warehouseId: '', shippingMethodId: '' };

beforeAll(async () => {
  // Also where the tests run with a mail server: the code of a mail is read from the folder.
  shop = await startTestShop({ SMTP_URL: '', UNPAID_MAIL_AFTER: '1m' });
  visitor = shop.visitor().typed;
  staff = (await signInStaff(shop, 'ADMIN')).typed;
});
afterAll(() => shop.close());

async function signInGuest(): Promise<Client> {
  const { signInAsGuest } = await run(visitor, operations.SignInAsGuestDocument);
  return visitor.as(signInAsGuest.session?.accessToken);
}

test('staff stock a shop', async () => {
  const { createBrand } = await run(staff, operations.CreateBrandDocument, input({ name: 'Alster' }));
  const { createCategory } = await run(staff, operations.CreateCategoryDocument, input({ name: 'Lamps' }));
  expect(createCategory.category?.path).toBe('lamps');
  const product = {
    ...{ name: 'Brass lantern', status: 'ACTIVE' as const, brandId: createBrand.brand?.id },
    ...{ categoryId: createCategory.category?.id, variants: [{ sku: 'LANTERN', weightGrams: 500 }] },
  };
  const { createProduct } = await run(staff, operations.CreateProductDocument, input(product));
  goods.productId = createProduct.product?.id ?? '';
  goods.variantId = createProduct.product?.variants[0]?.id ?? '';
  const price = { variantId: goods.variantId, currencyCode: 'EUR', regular: '100.00' };
  const { setVariantPrices } = await run(staff, operations.SetVariantPricesDocument, {
    input: { prices: [price] },
  });
  expect(setVariantPrices.variants?.[0]?.prices[0]?.current.formatted).toBe('€100.00');
  const { createWarehouse } = await run(
    staff,
    operations.CreateWarehouseDocument,
    input({
      ...{ code: 'LUEBECK', name: 'Lübeck' },
      address: { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
    }),
  );
  goods.warehouseId = createWarehouse.warehouse?.id ?? '';
  const quantities = [{ variantId: goods.variantId, warehouseId: goods.warehouseId, quantity: 50 }];
  await run(staff, operations.SetInventoryQuantitiesDocument, input({ reason: 'Opening stock', quantities }));
  const { productVariant } = await run(staff, operations.StockDocument, { variantId: goods.variantId });
  expect(productVariant?.stock).toMatchObject([{ onHand: 50, reserved: 0, available: 50 }]);
  const tax = {
    country: 'DE',
    taxCategory: 'STANDARD' as const,
    rate: '19',
    name: 'MwSt.',
  };
  await run(staff, operations.SetTaxRateDocument, { input: tax });
  const { createShippingMethod } = await run(
    staff,
    operations.CreateShippingMethodDocument,
    input({
      ...{ code: 'post', name: 'Parcel', carrier: 'Hanse Post', service: 'Standard', countries: ['DE'] },
      ...{ currencyCode: 'EUR', tiers: [{ price: '4.90' }], estimatedDaysMin: 1, estimatedDaysMax: 3 },
    }),
  );
  goods.shippingMethodId = createShippingMethod.shippingMethod?.id ?? '';
  const tenOff = { code: 'TENOFF', name: '10 % off', kind: 'PERCENT' as const, percentBasisPoints: 1000 };
  await run(staff, operations.CreatePromotionDocument, input(tenOff));
});

test('staff see what banks take back', async () => {
  const { disputes } = await run(staff, operations.DisputesDocument, { first: 10 });
  expect(disputes).toEqual({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null } });
});

test('a visitor looks around', async () => {
  const { productId: id, variantId } = goods;
  const { categories } = await run(visitor, operations.CategoriesDocument);
  expect(categories).toMatchObject([{ handle: 'lamps', children: [] }]);
  const { products } = await run(visitor, operations.ProductsDocument);
  expect(products.nodes.map((one) => one.id)).toEqual([id]);
  const { product } = await run(visitor, operations.ProductDocument, { handle: 'brass-lantern' });
  expect(product).toMatchObject({ id, category: { name: 'Lamps' }, brand: { name: 'Alster' } });
  const { searchProducts } = await eventually(
    () => run(visitor, operations.SearchProductsDocument, { query: 'lantren' }),
    (answer) => answer.searchProducts.nodes.length > 0,
  );
  expect(searchProducts.nodes[0]?.id).toBe(id);
  const { searchSuggestions } = await run(visitor, operations.SearchSuggestionsDocument, { prefix: 'bras' });
  expect(searchSuggestions).toContainEqual(expect.stringMatching(/brass lantern/i));
  const { popularProducts } = await eventually(
    () => run(visitor, operations.PopularProductsDocument),
    (answer) => answer.popularProducts.length > 0,
  );
  expect(popularProducts.map(({ product: one }) => one?.id)).toEqual([id]);
  const { product: withOthers } = await run(visitor, operations.RecommendedWithProductDocument, { id });
  expect(withOthers).toEqual({ boughtTogether: [], related: [] });
  const { priceChanged } = await firstEvent(visitor, operations.PriceChangedDocument, {
    variantIds: [variantId],
  });
  expect(priceChanged.variant.price?.current.amount).toBe('100.00');
  const { availabilityChanged } = await firstEvent(visitor, operations.AvailabilityChangedDocument, {
    variantIds: [variantId],
  });
  expect(availabilityChanged.variant?.availability?.status).toBe('IN_STOCK');
});

/** A customer saves two cards, prefers the second and takes the first away. */
async function payMethods(customer: Client): Promise<void> {
  const ids: string[] = [];
  for (const paymentMethodId of ['pm_card_visa', 'pm_card_mastercard']) {
    const { savePaymentMethod } = await run(customer, operations.SavePaymentMethodDocument, {
      input: { paymentMethodId },
    });
    ids.push(savePaymentMethod.paymentMethod?.id ?? '');
  }
  const [first = '', second = ''] = ids;
  await run(customer, operations.SetDefaultPaymentMethodDocument, { input: { paymentMethodId: second } });
  await run(customer, operations.RemovePaymentMethodDocument, { input: { paymentMethodId: first } });
  const { me } = await run(customer, operations.PaymentMethodsDocument);
  expect(me?.paymentMethods).toMatchObject([{ id: second, brand: 'mastercard', default: true }]);
}

test('a customer has an account, sessions, an address book and recommendations', async () => {
  const email = 'ole@example.com';
  const password = 'plenty of wind at sea';
  const names = { username: 'ole', firstName: 'Ole', lastName: 'Hansen' };
  await run(visitor, operations.RegisterDocument, input({ email, password, ...names }));
  const { signIn } = await run(visitor, operations.SignInDocument, { input: { email, password } });
  const { refreshSession } = await run(
    visitor,
    operations.RefreshSessionDocument,
    input({ refreshToken: signIn.session?.refreshToken ?? '' }),
  );
  const ole = visitor.as(refreshSession.session?.accessToken);
  await run(ole, operations.SaveAddressDocument, input({ type: 'BOTH' as const, ...address }));
  const { me } = await run(ole, operations.ViewerDocument);
  expect(me).toMatchObject({ email, firstName: 'Ole', addresses: [{ city: 'Lübeck' }] });
  const seen = { type: 'VIEW' as const, productId: goods.productId, occurredAt: new Date().toISOString() };
  const { trackEvents } = await run(ole, operations.TrackEventsDocument, {
    input: { events: [{ id: key(), ...seen }] },
  });
  expect(trackEvents.recordedCount).toBe(1);
  const { me: viewer } = await run(ole, operations.RecommendedForMeDocument);
  expect(viewer?.recommendations?.map(({ product }) => product?.id)).toEqual([goods.productId]);
  await payMethods(ole);
  const { signOut } = await run(ole, operations.SignOutDocument);
  expect(signOut.endedSessionCount).toBe(1);
});

/** An order of two lanterns, ready to be paid. */
async function placeOrder(
  customer: Client,
): Promise<NonNullable<operations.PlaceOrderMutation['placeOrder']['order']>> {
  const lines = [{ variantId: goods.variantId, quantity: 2 }];
  await run(customer, operations.AddToCartDocument, input({ lines }));
  const { shippingMethodId } = goods;
  const delivery = { email: 'anna@example.com', shippingAddress: address, shippingMethodId };
  const { setCartDelivery } = await run(customer, operations.SetCartDeliveryDocument, { input: delivery });
  const expectedVersion = setCartDelivery.cart?.version ?? 0;
  const { placeOrder: placed } = await run(
    customer,
    operations.PlaceOrderDocument,
    input({ expectedVersion }),
  );
  if (!placed.order) throw new Error('There is no order.');
  return placed.order;
}

const paid = (orderId: string) => input({ orderId, paymentMethodId: 'pm_card_visa' });

test('a guest chooses among the ways of shipping to their address, and pays', async () => {
  const guest = await signInGuest();
  const lines = [{ variantId: goods.variantId, quantity: 1 }];
  await run(guest, operations.AddToCartDocument, input({ lines }));
  const { setCartDelivery } = await run(guest, operations.SetCartDeliveryDocument, {
    input: { email: 'anna@example.com', shippingAddress: address },
  });
  const [option] = setCartDelivery.cart?.shippingOptions ?? [];
  expect(option?.shippingMethod.id).toBe(goods.shippingMethodId);
  const chosen = await run(guest, operations.SetCartDeliveryDocument, {
    input: { shippingMethodId: goods.shippingMethodId },
  });
  const expectedVersion = chosen.setCartDelivery.cart?.version ?? 0;
  const ordered = await run(guest, operations.PlaceOrderDocument, input({ expectedVersion }));
  const { id = '' } = ordered.placeOrder.order ?? {};
  const { payOrder } = await run(guest, operations.PayOrderDocument, paid(id));
  expect(payOrder.order).toMatchObject({ id, status: 'PAID', paymentState: 'PAID' });
});

test('a guest changes their cart', async () => {
  const guest = await signInGuest();
  const lines = [{ variantId: goods.variantId, quantity: 1 }];
  await run(guest, operations.AddToCartDocument, input({ lines }));
  await run(guest, operations.SetCartLinesDocument, {
    input: { lines: [{ variantId: goods.variantId, quantity: 3 }] },
  });
  const code = { input: { code: 'TENOFF' } };
  const { applyPromotionCode } = await run(guest, operations.ApplyPromotionCodeDocument, code);
  expect(applyPromotionCode.cart?.totals.discount.amount).toBe('30.00');
  await run(guest, operations.RemovePromotionCodeDocument, code);
  const { cart } = await run(guest, operations.CartDocument);
  const { cart: seen } = await run(guest, operations.CartWarningsDocument);
  expect(seen).toMatchObject({ version: cart?.version, warnings: [] });
  expect(cart?.totals).toMatchObject({ subtotal: { amount: '300.00' }, discount: { amount: '0.00' } });
});

test('an order is paid, cancelled in part, shipped, delivered, refunded in part, and reviewed', async () => {
  const names = { username: 'anna', firstName: 'Anna', lastName: 'Kröger' };
  const account = { email: 'anna@example.com', password: 'plenty of wind at sea', ...names };
  const { register } = await run(visitor, operations.RegisterDocument, input(account));
  const anna = visitor.as(register.session?.accessToken);
  const { id, items } = await placeOrder(anna);
  const { orderUpdated } = await firstEvent(anna, operations.OrderUpdatedDocument, { orderId: id });
  expect(orderUpdated.order).toMatchObject({ status: 'PENDING', items: [{ quantity: 2 }] });
  const { payOrder } = await run(anna, operations.PayOrderDocument, paid(id));
  expect(payOrder.order?.status).toBe('PAID');
  const { order: bought } = await run(anna, operations.OrderDocument, { id });
  expect(bought?.payments).toMatchObject([{ id: payOrder.payment?.id, status: 'SUCCEEDED' }]);
  const lines = [{ itemId: items[0]?.id ?? '', quantity: 1 }];
  await run(anna, operations.CancelOrderLinesDocument, input({ orderId: id, lines }));
  const { shipOrder } = await run(staff, operations.ShipOrderDocument, input({ orderId: id }));
  const { deliverShipment } = await run(staff, operations.DeliverShipmentDocument, {
    input: { shipmentId: shipOrder.shipment?.id ?? '' },
  });
  expect(deliverShipment.order?.status).toBe('DELIVERED');
  const { refundOrder } = await run(
    staff,
    operations.RefundOrderDocument,
    input({ orderId: id, amount: '5.00', reason: 'A scratch' }),
  );
  expect(refundOrder.refund?.amount.amount).toBe('5.00');
  const { order } = await eventually(
    () => run(anna, operations.OrderDocument, { id }),
    (answer) => answer.order?.refundedAmount.amount === '105.00',
  );
  expect(order).toMatchObject({ email: 'anna@example.com', shippingAddress: { city: 'Lübeck' } });
  const { me } = await run(anna, operations.MyOrdersDocument);
  expect(me?.orders?.nodes.map((one) => one.id)).toEqual([id]);
  const { orders } = await run(staff, operations.OrdersDocument);
  expect(orders.nodes.map((one) => one.id)).toContain(id);
  const stars = { productId: goods.productId, rating: 5, title: 'Bright' };
  await run(anna, operations.AddReviewDocument, input(stars));
});

test('an order is cancelled as a whole', async () => {
  const guest = await signInGuest();
  const { id } = await placeOrder(guest);
  const { cancelOrder } = await run(guest, operations.CancelOrderDocument, input({ orderId: id }));
  expect(cancelOrder.order?.status).toBe('CANCELLED');
});

/** The code in the mail about the order, once it is written. */
const mailedCode = (number: string): string | null => {
  const folder = join(shop.dataFolder, 'mail');
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const text = readFileSync(join(folder, file), 'utf8').replaceAll(/=\r?\n/g, '');
    const code = text.includes(number) ? /access code\s+([\w-]{43})/.exec(text)?.[1] : undefined;
    if (code) return code;
  }
  return null;
};

test('a guest comes back to an order by the code of its mail, and edits it before paying', async () => {
  const { id, number } = await placeOrder(await signInGuest());
  // The code comes with the mail about what is to be paid.
  shop.parts.testClock.advance(61_000);
  const accessToken = await eventually(
    () => Promise.resolve(mailedCode(number)),
    (code) => code !== null,
  );
  const { signInToOrder } = await run(visitor, operations.SignInToOrderDocument, {
    input: { orderNumber: number, accessToken: accessToken ?? '' },
  });
  const guest = visitor.as(signInToOrder.session?.accessToken);
  const lines = [{ variantId: goods.variantId, quantity: 3 }];
  const { editOrder } = await run(guest, operations.EditOrderDocument, input({ orderId: id, lines }));
  expect(editOrder.order).toMatchObject({
    version: 2,
    items: [{ quantity: 3 }],
    total: { amount: '304.90' },
  });
  const { payOrder } = await run(guest, operations.PayOrderDocument, paid(id));
  expect(payOrder.order).toMatchObject({ status: 'PAID', amountDue: { amount: '304.90' } });
});

test('staff buy labels for parcels, and take returns in, in parts', async () => {
  const guest = await signInGuest();
  const { id, items } = await placeOrder(guest);
  await run(guest, operations.PayOrderDocument, paid(id));
  const { shipmentRates } = await run(staff, operations.ShipmentRatesDocument, { orderId: id });
  const service = shipmentRates[0]?.service ?? '';
  const { shipOrder } = await run(staff, operations.BuyLabelDocument, input({ orderId: id, service }));
  expect(shipOrder.shipment).toMatchObject({
    status: 'LABEL_CREATED',
    service,
    labelUrl: expect.any(String),
  });
  const shipmentId = shipOrder.shipment?.id ?? '';
  const given = await run(staff, operations.CancelShipmentDocument, { input: { shipmentId } });
  expect(given.cancelShipment.shipment?.status).toBe('CANCELLED');
  const sent = await run(staff, operations.ShipOrderDocument, input({ orderId: id }));
  const parcel = { shipmentId: sent.shipOrder.shipment?.id ?? '' };
  await run(staff, operations.DeliverShipmentDocument, { input: parcel });

  const itemId = items[0]?.id ?? '';
  const wanted = input({ orderId: id, lines: [{ itemId, quantity: 2 }], reason: 'DEFECTIVE' as const });
  const { requestReturn } = await run(guest, operations.RequestReturnDocument, wanted);
  const returnId = requestReturn.return?.id ?? '';
  const { approveReturn } = await run(staff, operations.ApproveReturnDocument, {
    input: { returnId, service },
  });
  expect(approveReturn.return).toMatchObject({ status: 'APPROVED' });
  const { returns } = await run(staff, operations.ReturnsDocument);
  expect(returns.nodes).toMatchObject([{ id: returnId, order: { id } }]);
  const came = input({ returnId, lines: [{ itemId, quantity: 1, restocked: false }] });
  const { receiveReturn } = await run(staff, operations.ReceiveReturnDocument, came);
  expect(receiveReturn.return).toMatchObject({
    status: 'RECEIVED',
    received: [{ quantity: 1, restocked: false }],
  });
  const { order } = await run(guest, operations.OrderReturnsDocument, { id });
  expect(order?.returns).toMatchObject([{ id: returnId, labelUrl: approveReturn.return?.labelUrl }]);
});

test('a shop that takes the money when it sends the goods captures it', async () => {
  const other = await startTestShop({ PAYMENT_CAPTURE: 'manual' });
  try {
    const clerk = await signInStaff(other, 'ADMIN');
    await createTerms(clerk);
    const { variantIds } = await createGoods(clerk, { prices: ['30.00'], stock: 5 });
    const customer = await signInGuestOf(other);
    const cart = await fillCart(customer, [{ variantId: variantIds[0] ?? '', quantity: 1 }]);
    const guest = customer.typed;
    const ordered = await run(guest, operations.PlaceOrderDocument, input({ expectedVersion: cart.version }));
    const orderId = ordered.placeOrder.order?.id ?? '';
    const { payOrder } = await run(guest, operations.PayOrderDocument, paid(orderId));
    expect(payOrder.order).toMatchObject({ status: 'CONFIRMED', paymentState: 'AUTHORIZED' });
    const { captureOrder } = await run(clerk.typed, operations.CaptureOrderDocument, input({ orderId }));
    expect(captureOrder.order).toMatchObject({ status: 'PAID', paymentState: 'PAID' });
  } finally {
    await other.close();
  }
});

const telephone = (more: object) =>
  input({
    ...{ email: 'telephone@example.com', currencyCode: 'EUR', shippingMethodId: goods.shippingMethodId },
    ...{ lines: [{ variantId: goods.variantId, quantity: 2 }], shippingAddress: address, ...more },
  });

test('staff make an account for a customer and take their order on the telephone', async () => {
  const { createCustomer } = await run(staff, operations.CreateCustomerDocument, {
    input: { email: 'telephone@example.com', firstName: 'Tele', lastName: 'Fonn' },
  });
  expect(createCustomer.created).toBe(true);
  const customer = { customerId: createCustomer.user?.id };
  const { placeOrderFor } = await run(staff, operations.PlaceOrderForDocument, telephone(customer));
  expect(placeOrderFor.order).toMatchObject({ status: 'PENDING', total: { amount: '204.90' } });
});

test('staff look after taxes, shipping and promotions', async () => {
  const ny = {
    country: 'US',
    region: 'NY',
    taxCategory: 'STANDARD' as const,
    rate: '8.875',
    name: 'Sales tax',
  };
  const { setTaxRate } = await run(staff, operations.SetTaxRateDocument, { input: ny });
  const { taxRates } = await run(staff, operations.TaxRatesDocument);
  expect(taxRates.map(({ country, region, rate }) => [country, region, rate])).toEqual([
    ['DE', null, '19'],
    ['US', 'NY', '8.875'],
  ]);
  await run(staff, operations.RemoveTaxRateDocument, { input: { id: setTaxRate.taxRate?.id ?? '' } });
  const areas = [{ country: 'DE', postalCodes: [{ from: '25946', to: '25999' }] }];
  const { setShippingZone } = await run(staff, operations.SetShippingZoneDocument, {
    input: { code: 'isles', name: 'Isles', areas },
  });
  const { shippingZones } = await run(staff, operations.ShippingZonesDocument);
  expect(shippingZones).toEqual([setShippingZone.shippingZone]);
  const { updateShippingMethod } = await run(staff, operations.UpdateShippingMethodDocument, {
    input: { id: goods.shippingMethodId, name: 'Parcel post', cutoffHour: 14 },
  });
  const { shippingMethods } = await run(staff, operations.ShippingMethodsDocument);
  expect(shippingMethods).toEqual([updateShippingMethod.shippingMethod]);
  const isles = { id: setShippingZone.shippingZone?.id ?? '' };
  await run(staff, operations.RemoveShippingZoneDocument, { input: isles });
  const filter = { code: 'tenoff' };
  const { promotions } = await run(staff, operations.PromotionsDocument, { filter });
  const { updatePromotion } = await run(staff, operations.UpdatePromotionDocument, {
    input: { id: promotions.nodes[0]?.id ?? '', active: false },
  });
  expect(updatePromotion.promotion).toEqual({ ...promotions.nodes[0], active: false });
});

test('what is only for adults is sold to who confirms the age, and staff see who did not', async () => {
  const { category } = await visitor.query(operations.CategoriesDocument).then(({ categories }) => ({
    category: categories[0]?.id ?? '',
  }));
  const limit = (minimumAge: number | null) =>
    run(staff, operations.SetCategoryMinimumAgeDocument, { input: { id: category, minimumAge } });
  await limit(18);
  const guest = await signInGuest();
  const { id } = await placeOrder(guest);
  await limit(null);
  const refused = await guest.query(operations.PayOrderDocument, paid(id));
  expect(refused.payOrder.userErrors).toMatchObject([{ code: 'AGE_CONFIRMATION_REQUIRED', minimumAge: 18 }]);
  const confirmed = { input: { ...paid(id).input, confirmedAge: 18 } };
  expect((await run(guest, operations.PayOrderDocument, confirmed)).payOrder.order?.status).toBe('PAID');
  const { payments } = await run(staff, operations.NotablePaymentsDocument);
  expect(payments.nodes).toMatchObject([
    { failureCode: 'age_not_confirmed', compliance: { reasons: ['AGE_NOT_CONFIRMED'] } },
  ]);
});

test('who has cheated is put on a list, refused, and taken off again', async () => {
  const { addRiskListEntries } = await run(
    staff,
    operations.AddRiskListEntriesDocument,
    input({
      list: 'DENY' as const,
      subjects: [{ email: 'anna@example.com' }],
      reason: 'Stolen card in May',
    }),
  );
  const [entry] = addRiskListEntries.entries ?? [];
  const guest = await signInGuest();
  const { id } = await placeOrder(guest);
  const refused = await guest.query(operations.PayOrderDocument, paid(id));
  expect(refused.payOrder.userErrors).toMatchObject([{ code: 'PAYMENT_DECLINED', declineCode: 'refused' }]);
  const { riskListEntries } = await run(staff, operations.RiskListEntriesDocument, {
    filter: { subject: { email: 'anna@example.com' } },
  });
  expect(riskListEntries.nodes).toEqual([entry]);
  const ids = [entry?.id ?? ''];
  await run(staff, operations.RemoveRiskListEntriesDocument, input({ ids }));
  expect((await run(guest, operations.PayOrderDocument, paid(id))).payOrder.order?.status).toBe('PAID');
});

test('tools take over articles and orders', async () => {
  const { products } = await run(staff, operations.ImportArticlesDocument);
  expect(products.nodes[0]?.variants[0]?.sku).toBe('LANTERN');
  const { taxRates, shippingMethods } = await run(staff, operations.ImportTermsDocument);
  expect([taxRates.length, shippingMethods.length]).toEqual([1, 1]);
  const { warehouses } = await run(staff, operations.ImportWarehousesDocument);
  expect(warehouses.map(({ id }) => id)).toEqual([goods.warehouseId]);
  const { products: stocked } = await run(staff, operations.ImportStockDocument);
  expect(stocked.nodes[0]?.variants[0]?.stock?.[0]?.warehouse.id).toBe(goods.warehouseId);
  const variants = [{ sku: 'ROPE', weightGrams: 900 }];
  const product = input({ name: 'Hemp rope', status: 'ACTIVE' as const, variants });
  const { createProduct } = await run(staff, operations.ImportProductDocument, product);
  const variantId = createProduct.product?.variants[0]?.id ?? '';
  const prices = [{ variantId, currencyCode: 'EUR', regular: '8.00' }];
  await run(staff, operations.ImportPricesDocument, { input: { prices } });
  const quantities = [{ variantId, warehouseId: goods.warehouseId, quantity: 9 }];
  await run(staff, operations.ImportQuantitiesDocument, input({ reason: 'Import', quantities }));

  const { placeOrderFor } = await run(staff, operations.ReplayOrderDocument, telephone({}));
  const { id = '', items = [] } = placeOrderFor.order ?? {};
  await run(staff, operations.ReplayPaymentDocument, paid(id));
  const lines = [{ itemId: items[0]?.id ?? '', quantity: 1 }];
  await run(staff, operations.ReplayCancellationDocument, input({ orderId: id, lines }));
  const { order } = await eventually(
    () => run(staff, operations.ReplayedOrderDocument, { id }),
    (answer) => answer.order?.paymentState === 'PARTIALLY_REFUNDED',
  );
  expect(order).toMatchObject({ items: [{ quantity: 2, cancelledQuantity: 1 }] });
});

test('the keepers of the stock note what comes and goes, send goods on, and let articles be ordered beforehand', async () => {
  const { variantId, warehouseId } = goods;
  const elsewhere = input({
    ...{ code: 'WISMAR', name: 'Wismar' },
    address: { line1: 'Kai 2', city: 'Wismar', postalCode: '23966', country: 'DE' },
  });
  const { createWarehouse } = await run(staff, operations.CreateWarehouseDocument, elsewhere);
  const toWarehouseId = createWarehouse.warehouse?.id ?? '';
  const delivery = {
    type: 'PURCHASE' as const,
    reason: 'Delivery',
    changes: [{ variantId, warehouseId, delta: 9 }],
  };
  await run(staff, operations.AdjustInventoryQuantitiesDocument, input(delivery));
  const { inventoryTransactions } = await run(staff, operations.InventoryTransactionsDocument, { variantId });
  // What an earlier order gives back may be noted in between.
  expect(inventoryTransactions.nodes).toContainEqual(
    expect.objectContaining({ type: 'PURCHASE', quantity: 9 }),
  );
  const levels = [{ variantId, warehouseId, lowStockThreshold: 2, reorderPoint: 5, reorderQuantity: 40 }];
  const { setStockThresholds } = await run(staff, operations.SetStockThresholdsDocument, {
    input: { levels },
  });
  expect(setStockThresholds.levels).toMatchObject([{ reorderPoint: 5 }]);
  const policies = [{ variantId, policy: 'BACKORDER' as const, maxWaiting: 3 }];
  await run(staff, operations.SetBackorderPoliciesDocument, { input: { policies } });
  expect((await run(staff, operations.BackordersDocument, { variantId })).backorders.nodes).toEqual([]);

  const plan = input({ fromWarehouseId: warehouseId, toWarehouseId, lines: [{ variantId, quantity: 4 }] });
  const { createStockTransfer } = await run(staff, operations.CreateStockTransferDocument, plan);
  const transferId = createStockTransfer.transfer?.id ?? '';
  await run(staff, operations.ShipStockTransferDocument, { input: { transferId } });
  const watched = { variantIds: [variantId], warehouseId: toWarehouseId };
  const { stockLevelChanged } = await firstEvent(staff, operations.StockLevelChangedDocument, watched);
  expect(stockLevelChanged.levels).toMatchObject([{ onHand: 0, incoming: 4 }]);
  const arrived = input({ transferId, lines: [{ variantId, received: 1 }] });
  await run(staff, operations.ReceiveStockTransferDocument, arrived);
  const { cancelStockTransfer } = await run(staff, operations.CancelStockTransferDocument, {
    input: { transferId },
  });
  expect(cancelStockTransfer.transfer).toMatchObject({
    status: 'CANCELLED',
    lines: [{ received: 1, returned: 3 }],
  });
  const { stockTransfers } = await run(staff, operations.StockTransfersDocument, {
    status: 'CANCELLED' as const,
  });
  expect(stockTransfers.nodes.map(({ id }) => id)).toEqual([transferId]);
  const { stockTransfer } = await run(staff, operations.StockTransferDocument, { id: transferId });
  expect(stockTransfer?.to.code).toBe('WISMAR');
});

test('no operation was left out', () => {
  const all = Object.keys(operations)
    .filter((name) => name.endsWith('Document'))
    .map((name) => name.replace(/Document$/, ''));
  expect([...ran].sort()).toEqual(all.sort());
});
