import { withUserErrors, type Payload } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import type { Order } from '../order/rules.js';
import { shipmentView } from '../order/views.js';
import type { MutationResolvers, QueryResolvers, ResolversTypes } from '../resolver-types.generated.js';
import {
  cancelShipment,
  deliverShipment,
  noteShipmentStatus,
  shipmentRates,
  shipOrder,
  startFulfilment,
  type ShipmentResult,
} from './service.js';

const payload = ({
  order,
  shipment,
  userErrors,
}: Payload<ShipmentResult>): {
  order: Order | undefined;
  shipment: ResolversTypes['Shipment'] | undefined;
  userErrors: typeof userErrors;
} => ({ order, shipment: order && shipment && shipmentView(order, shipment), userErrors });

export const Query = {
  shipmentRates: async (_parent, args, ctx) => {
    const rates = await shipmentRates(ctx, args);
    return rates.map(({ amount, currencyCode, ...rate }) => ({
      ...rate,
      price: money(amount, currencyCode),
    }));
  },
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  startFulfilment: (_parent, { input }, ctx) => withUserErrors(() => startFulfilment(ctx, input)),
  shipOrder: async (_parent, { input }, ctx) => payload(await withUserErrors(() => shipOrder(ctx, input))),
  deliverShipment: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => deliverShipment(ctx, input))),
  noteShipmentStatus: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => noteShipmentStatus(ctx, input))),
  cancelShipment: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => cancelShipment(ctx, input))),
} satisfies Partial<MutationResolvers>;
