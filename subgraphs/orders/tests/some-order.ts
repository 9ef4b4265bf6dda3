/** An order for tests of rules: three pieces at 3.33 and one at 20.00, shipping 4.90. */
import type { Order, OrderItem } from '../order/rules.js';

const item = (id: string, quantity: number, unitAmount: bigint): OrderItem => ({
  ...{
    id,
    variantId: `variant ${id}`,
    productId: `product ${id}`,
    sku: id,
    name: id,
    imageUrl: null,
    attributes: {},
    minimumAge: null,
  },
  ...{
    weightGrams: 1,
    quantity,
    cancelledQuantity: 0,
    shippedQuantity: 0,
    backorderedQuantity: 0,
    expectedAt: null,
    stockSeq: 0,
    unitAmount,
    discount: 0n,
  },
  ...{ net: unitAmount * BigInt(quantity), tax: 0n, gross: unitAmount * BigInt(quantity) },
  ...{ taxCategory: 'ZERO', taxRatePpm: 0, taxName: '' },
});

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export function someOrder(more: Partial<Order> = {}): Order {
  const none = new Uint8Array();
  return {
    ...{ id: uuid(1), number: 'H-000-000000-0', customerId: uuid(2), guest: true, version: 1, locale: 'en' },
    ...{
      currencyCode: 'EUR',
      taxIncluded: true,
      orderState: 'PENDING',
      paymentState: 'NONE',
      fulfilmentState: 'NONE',
    },
    sealed: { email: none, shippingAddress: none, billingAddress: null },
    items: [item(uuid(11), 3, 333n), item(uuid(12), 1, 2000n)].map((one, i) => ({
      ...one,
      variantId: uuid(21 + i),
      productId: uuid(31 + i),
    })),
    shipping: {
      ...{ methodId: 'm', name: 'Standard', carrier: 'DHL', estimatedDaysMin: 1, estimatedDaysMax: 2 },
      ...{ taxRatePpm: 0, taxName: '', discount: 0n, net: 490n, tax: 0n, gross: 490n },
    },
    ...{ discounts: [], subtotal: 2999n, discount: 0n, net: 3489n, tax: 0n, gross: 3489n },
    ...{ cancelledAmount: 0n, paidAmount: 0n, refundedAmount: 0n },
    ...{ paymentDueAt: new Date('2026-11-21T12:30:00Z'), placedAt: new Date('2026-11-21T12:00:00Z') },
    ...{ placedBy: null, notifyCustomer: true, createdAt: new Date('2026-11-21T12:00:00Z') },
    ...{ payments: [], refunds: [], shipments: [], returns: [], steps: [], notes: [] },
    ...more,
  };
}
