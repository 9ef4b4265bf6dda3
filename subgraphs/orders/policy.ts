/** Who may read or call each field. Parts of an order or cart are reached only through it, which has an owner. */
import { every, owner, type Policy } from '../shared/policy.js';
import type { Cart } from './cart/rules.js';
import type { Customer } from './customer/rules.js';
import type { Order } from './order/rules.js';

const ofCart = owner<Cart>((cart) => cart.customerId, 'orders:read');
const ofOrder = owner<Order>((order) => order.customerId, 'orders:read');

export const policy: Policy = {
  Query: {
    cart: 'customer',
    order: 'customer',
    orders: 'staff:orders:read',
    shippingMethods: 'staff:orders:read',
    taxRates: 'staff:orders:read',
    promotions: 'staff:promotions:write',
    ordersDeadLetters: 'staff:events:read',
    orderForMail: 'internal',
  },
  Mutation: {
    ...every('customer', [
      ...['addToCart', 'setCartLines', 'setCartDelivery', 'applyPromotionCode', 'removePromotionCode'],
      ...['placeOrder', 'payOrder', 'cancelOrder', 'cancelOrderLines'],
    ]),
    ...every('staff:orders:write', [
      ...[
        'startFulfilment',
        'shipOrder',
        'deliverShipment',
        'addOrderNote',
        'placeOrderFor',
        'createShippingMethod',
        'setTaxRate',
      ],
    ]),
    refundOrder: 'staff:payments:refund',
    createPromotion: 'staff:promotions:write',
    retryOrdersDeadLetters: 'staff:events:retry',
    mergeGuestCart: 'internal',
  },
  Subscription: { orderUpdated: 'customer' },
  OrderUpdate: { order: 'customer' },
  User: {
    id: 'public',
    cart: owner<Customer>((user) => user.id, 'orders:read'),
    orders: owner<Customer>((user) => user.id, 'orders:read'),
  },
  ProductVariant: { id: 'public' },
  Payment: { id: 'public' },
  Cart: every(ofCart, [
    ...[
      'id',
      'version',
      'currencyCode',
      'lines',
      'totalQuantity',
      'email',
      'shippingAddress',
      'billingAddress',
    ],
    ...['shippingMethod', 'shippingOptions', 'promotionCodes', 'totals', 'updatedAt', 'expiresAt'],
  ]),
  CartLine: every('customer', ['id', 'variant', 'quantity', 'unitPrice', 'total', 'discount']),
  CartTotals: every('customer', ['subtotal', 'discount', 'shipping', 'tax', 'net', 'total', 'discounts']),
  Discount: every('customer', ['code', 'name', 'amount']),
  PriceChangedWarning: every('customer', ['code', 'message', 'variant', 'previousPrice', 'currentPrice']),
  QuantityReducedWarning: every('customer', ['code', 'message', 'variant', 'requested', 'quantity']),
  VariantUnavailableWarning: every('customer', ['code', 'message', 'variant']),
  PromotionWarning: every('customer', ['code', 'message', 'promotionCode']),
  ShippingWarning: every('customer', ['code', 'message']),
  OrderAddress: every('customer', [
    ...[
      'firstName',
      'lastName',
      'company',
      'line1',
      'line2',
      'city',
      'state',
      'postalCode',
      'country',
      'phone',
    ],
  ]),
  ShippingOption: every('customer', ['shippingMethod', 'price']),
  ShippingMethod: every('customer', [
    ...['id', 'code', 'name', 'carrier', 'service', 'countries', 'tiers', 'freeAbove', 'estimatedDaysMin'],
    ...['estimatedDaysMax', 'taxCategory', 'active'],
  ]),
  ShippingTier: every('customer', ['maxWeightGrams', 'maxValue', 'price']),
  TaxRate: every('staff:orders:read', ['id', 'country', 'taxCategory', 'rateBasisPoints', 'name']),
  Promotion: every('staff:promotions:write', [
    ...[
      'id',
      'code',
      'name',
      'kind',
      'percentBasisPoints',
      'amount',
      'buyQuantity',
      'getQuantity',
      'minimumValue',
    ],
    ...['variantIds', 'startsAt', 'endsAt', 'limitTotal', 'limitPerCustomer', 'redeemedCount'],
  ]),
  Order: {
    placedBy: 'staff:orders:read',
    ...every(ofOrder, [
      ...['id', 'number', 'customer', 'status', 'orderState', 'paymentState', 'fulfilmentState', 'version'],
      ...[
        'currencyCode',
        'items',
        'shipping',
        'discounts',
        'subtotal',
        'discount',
        'net',
        'tax',
        'taxes',
        'total',
      ],
      ...[
        'amountDue',
        'refundedAmount',
        'email',
        'shippingAddress',
        'billingAddress',
        'placedAt',
        'paymentDueAt',
      ],
      ...['shipments', 'refunds', 'timeline', 'notes', 'cancellable'],
    ]),
  },
  OrderItem: every('customer', [
    ...[
      'id',
      'variant',
      'sku',
      'name',
      'imageUrl',
      'attributes',
      'quantity',
      'cancelledQuantity',
      'shippedQuantity',
      'unitPrice',
    ],
    ...['discount', 'net', 'tax', 'total', 'taxRateBasisPoints', 'taxName'],
  ]),
  OrderShipping: every('customer', [
    ...['name', 'carrier', 'estimatedDaysMin', 'estimatedDaysMax', 'discount', 'net', 'tax', 'total'],
  ]),
  OrderTax: every('customer', ['name', 'rateBasisPoints', 'net', 'tax']),
  Shipment: every('customer', ['id', 'carrier', 'trackingNumber', 'shippedAt', 'deliveredAt', 'lines']),
  ShipmentLine: every('customer', ['item', 'quantity']),
  OrderRefund: every('customer', ['id', 'amount', 'reason', 'status', 'requestedAt']),
  OrderStep: every('customer', ['kind', 'state', 'at']),
  OrderNote: every('customer', ['id', 'text', 'visibleToCustomer', 'createdAt']),
  OrderForMail: every('internal', [
    ...['id', 'number', 'customerId', 'guest', 'email', 'firstName', 'lastName', 'locale', 'status', 'items'],
    ...['shipping', 'tax', 'total', 'refundedAmount', 'paymentDueAt', 'shippingAddress', 'shipments'],
  ]),
};
