import { withUserErrors } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import { addOrderNote, textOf } from '../note/service.js';
import { deliveryOf } from '../customer/keys.js';
import type {
  MutationResolvers,
  OrderResolvers,
  QueryResolvers,
  SubscriptionResolvers,
} from '../resolver-types.generated.js';
import { orderUpdated } from './live.js';
import { amountDue, isCancellable } from './rules.js';
import { progressOf } from './progress.js';
import { statusOf } from './states.js';
import { findOrder, orderForMail, orders, seesStaffNotes } from './service.js';
import { returnView } from '../return/views.js';
import { itemView, refundView, shipmentView, shippingView, taxesView, timelineView } from './views.js';

export const Query = {
  order: (_parent, { id }, ctx) => findOrder(ctx, id),
  orders: (_parent, { filter, ...page }, ctx) => orders(ctx, filter ?? {}, page),
  orderForMail: async (_parent, { id }, ctx) => {
    const found = await orderForMail(ctx, id);
    if (!found) return null;
    const { order, email, shippingAddress } = found;
    const { firstName, lastName } = found.billingAddress ?? shippingAddress;
    const { number, customerId, guest, locale, currencyCode, paymentDueAt } = order;
    return {
      ...{ id, number, customerId, guest, email, firstName, lastName, locale, paymentDueAt, shippingAddress },
      status: statusOf(order),
      items: order.items.map((item) => itemView(order, item)),
      shipping: shippingView(order),
      shipments: order.shipments.map((shipment) => shipmentView(order, shipment)),
      returns: order.returns.map((one) => returnView(order, one)),
      tax: money(order.tax, currencyCode),
      total: money(order.gross, currencyCode),
      refundedAmount: money(order.refundedAmount, currencyCode),
    };
  },
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  addOrderNote: (_parent, { input }, ctx) => withUserErrors(() => addOrderNote(ctx, input)),
} satisfies Partial<MutationResolvers>;

export const Subscription: SubscriptionResolvers = {
  orderUpdated: { subscribe: (_parent, { orderId }, ctx) => orderUpdated(ctx, orderId) },
};

export const Order: OrderResolvers = {
  __resolveReference: ({ id }, ctx) => findOrder(ctx, id),
  customer: (order) => (order.guest ? null : { id: order.customerId }),
  placedBy: ({ placedBy }) => (placedBy === null ? null : { id: placedBy }),
  status: (order) => statusOf(order),
  pricesIncludeTax: (order) => order.taxIncluded,
  items: (order) => order.items.map((item) => itemView(order, item)),
  shipping: (order) => shippingView(order),
  discounts: (order) =>
    order.discounts.map(({ code, name, amount }) => ({
      code,
      name,
      amount: money(amount, order.currencyCode),
    })),
  subtotal: (order) => money(order.subtotal, order.currencyCode),
  discount: (order) => money(order.discount, order.currencyCode),
  net: (order) => money(order.net, order.currencyCode),
  tax: (order) => money(order.tax, order.currencyCode),
  taxes: (order) => taxesView(order),
  total: (order) => money(order.gross, order.currencyCode),
  amountDue: (order) => money(amountDue(order), order.currencyCode),
  refundedAmount: (order) => money(order.refundedAmount, order.currencyCode),
  email: async (order, _args, ctx) => (await deliveryOf(ctx, 'orders', order)).email,
  shippingAddress: async (order, _args, ctx) => (await deliveryOf(ctx, 'orders', order)).shippingAddress,
  billingAddress: async (order, _args, ctx) => (await deliveryOf(ctx, 'orders', order)).billingAddress,
  shipments: (order) => order.shipments.map((shipment) => shipmentView(order, shipment)),
  refunds: (order) => order.refunds.map((refund) => refundView(order, refund)),
  returns: (order) => order.returns.map((one) => returnView(order, one)),
  timeline: (order) => timelineView(order),
  progress: (order) => progressOf(order),
  notes: (order, _args, ctx) =>
    order.notes
      .filter((note) => note.visibleToCustomer || seesStaffNotes(ctx))
      .map(async ({ id, visibleToCustomer, createdAt, ...note }) => ({
        ...{ id, visibleToCustomer, createdAt },
        text: await textOf(ctx, order, { id, visibleToCustomer, createdAt, ...note }),
      })),
  cancellable: (order) => isCancellable(order),
};
