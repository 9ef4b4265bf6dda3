import { withUserErrors, type Payload } from '../../shared/errors.js';
import type { Order } from '../order/rules.js';
import { shipmentView } from '../order/views.js';
import type { MutationResolvers, ResolversTypes } from '../resolver-types.generated.js';
import { deliverShipment, shipOrder, startFulfilment, type ShipmentResult } from './service.js';

const payload = ({
  order,
  shipment,
  userErrors,
}: Payload<ShipmentResult>): {
  order: Order | undefined;
  shipment: ResolversTypes['Shipment'] | undefined;
  userErrors: typeof userErrors;
} => ({ order, shipment: order && shipment && shipmentView(order, shipment), userErrors });

export const Mutation = {
  startFulfilment: (_parent, { input }, ctx) => withUserErrors(() => startFulfilment(ctx, input)),
  shipOrder: async (_parent, { input }, ctx) => payload(await withUserErrors(() => shipOrder(ctx, input))),
  deliverShipment: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => deliverShipment(ctx, input))),
} satisfies Partial<MutationResolvers>;
