import * as access from './access/resolvers.js';
import * as cancellation from './cancellation/resolvers.js';
import * as cart from './cart/resolvers.js';
import * as checkout from './checkout/resolvers.js';
import * as delivery from './delivery/resolvers.js';
import * as customer from './customer/resolvers.js';
import * as deadLetter from './dead-letter/resolvers.js';
import * as edit from './edit/resolvers.js';
import * as order from './order/resolvers.js';
import * as payment from './payment/resolvers.js';
import * as promotion from './promotion/resolvers.js';
import * as promotionCode from './promotion-code/resolvers.js';
import * as refund from './refund/resolvers.js';
import * as returned from './return/resolvers.js';
import type { MutationResolvers, QueryResolvers, Resolvers } from './resolver-types.generated.js';
import * as shipment from './shipment/resolvers.js';
import * as shippingMethod from './shipping-method/resolvers.js';
import * as shippingZone from './shipping-zone/resolvers.js';
import * as staffOrder from './staff-order/resolvers.js';
import * as tax from './tax/resolvers.js';

const Query: Required<QueryResolvers> = {
  ...cart.Query,
  ...order.Query,
  ...payment.Query,
  ...access.Query,
  ...returned.Query,
  ...shipment.Query,
  ...shippingMethod.Query,
  ...shippingZone.Query,
  ...tax.Query,
  ...promotion.Query,
  ...deadLetter.Query,
};

const Mutation: Required<MutationResolvers> = {
  ...cart.Mutation,
  ...delivery.Mutation,
  ...promotionCode.Mutation,
  ...checkout.Mutation,
  ...staffOrder.Mutation,
  ...payment.Mutation,
  ...cancellation.Mutation,
  ...edit.Mutation,
  ...access.Mutation,
  ...shipment.Mutation,
  ...refund.Mutation,
  ...returned.Mutation,
  ...order.Mutation,
  ...promotion.Mutation,
  ...shippingMethod.Mutation,
  ...shippingZone.Mutation,
  ...tax.Mutation,
  ...customer.Mutation,
  ...deadLetter.Mutation,
};

export const resolvers: Resolvers = {
  Query,
  Mutation,
  Subscription: order.Subscription,
  Cart: cart.Cart,
  CartLine: cart.CartLine,
  Order: order.Order,
  User: customer.User,
  ShippingMethod: shippingMethod.ShippingMethod,
  TaxRate: tax.TaxRate,
  Promotion: promotion.Promotion,
};
