/** An order as orders tells the mail consumer of it. */
import type { MailedOrder } from '../mail/rules.js';

const euros = (amount: string) => ({ amount, currencyCode: 'EUR' });

export const shipmentId = '019ab000-0000-7000-8000-000000000001';

export const returnId = '019ab000-0000-7000-8000-000000000003';

export const lampId = '019ab000-0000-7000-8000-000000000004';

const inStock = { backorderedQuantity: 0, expectedAt: null };

export const mailedOrder = (changes: Partial<MailedOrder> = {}): MailedOrder => ({
  number: 'H-2026-ABC',
  customerId: '019ab000-0000-7000-8000-000000000002',
  guest: true,
  email: 'guest@example.com',
  firstName: 'Ann',
  lastName: 'Lee',
  locale: 'en-GB',
  status: 'PENDING',
  items: [
    { name: 'Lamp <b>bright</b>', quantity: 2, total: euros('39.98'), ...inStock, variant: { id: lampId } },
    { name: 'Rope', quantity: 1, total: euros('5.00'), ...inStock, variant: null },
  ],
  shipping: { name: 'Standard', total: euros('4.90') },
  tax: euros('7.96'),
  total: euros('49.88'),
  paymentDueAt: '2026-11-22T12:30:00Z',
  shippingAddress: {
    firstName: 'Ann',
    lastName: 'Lee',
    company: null,
    line1: 'Kai 1',
    line2: null,
    city: 'Lübeck',
    state: null,
    postalCode: '23552',
    country: 'DE',
  },
  shipments: [
    {
      id: shipmentId,
      carrier: 'Post',
      trackingNumber: 'T-1',
      lines: [{ quantity: 2, item: { name: 'Lamp <b>bright</b>' } }],
    },
  ],
  returns: [
    {
      id: returnId,
      labelUrl: 'https://carrier.example/labels/1',
      lines: [{ quantity: 2, item: { name: 'Lamp' } }],
      received: [{ quantity: 1, item: { name: 'Lamp' } }],
    },
  ],
  ...changes,
});
