import type {
  AvailabilityChangeResolvers,
  AvailabilityResolvers,
  MutationResolvers,
  ProductVariantResolvers,
  QueryResolvers,
  StockLevelChangeResolvers,
  StockLevelResolvers,
  SubscriptionResolvers,
} from '../resolver-types.generated.js';
import { backorderPolicy } from '../backorder/service.js';
import { incomingOf } from '../transfer/service.js';
import { getWarehouse } from '../warehouse/service.js';
import { availabilityChanged, stockLevelChanged } from './live.js';
import {
  availability,
  availabilityExpectedAt,
  availabilityQuantity,
  availabilityStatus,
  availableQuantities,
  setStockThresholds,
  stock,
  watchedLevels,
} from './service.js';

export const Query: Pick<QueryResolvers, 'availableQuantities'> = {
  availableQuantities: (_root, { variantIds }, ctx) => availableQuantities(ctx, variantIds),
};

export const Mutation: Pick<MutationResolvers, 'setStockThresholds'> = {
  setStockThresholds: (_root, { input }, ctx) => setStockThresholds(ctx, input),
};

export const Subscription: Pick<SubscriptionResolvers, 'availabilityChanged' | 'stockLevelChanged'> = {
  availabilityChanged: {
    subscribe: (_root, { variantIds }, ctx) => availabilityChanged(ctx, variantIds),
  },
  stockLevelChanged: {
    subscribe: (_root, parameters, ctx) => stockLevelChanged(ctx, parameters),
  },
};

export const AvailabilityChange: AvailabilityChangeResolvers = {
  variant: (variant) => variant,
};

export const StockLevelChange: StockLevelChangeResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
  levels: (watched, _parameters, ctx) => watchedLevels(ctx, watched),
};

export const ProductVariant: ProductVariantResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  availability: ({ id }, _parameters, ctx) => availability(ctx, id),
  stock: ({ id }, _parameters, ctx) => stock(ctx, id),
  backorderPolicy: ({ id }, _parameters, ctx) => backorderPolicy(ctx, id),
};

export const Availability: AvailabilityResolvers = {
  status: (parent) => availabilityStatus(parent),
  expectedAt: (parent) => availabilityExpectedAt(parent),
  quantity: (parent, _parameters, ctx) => availabilityQuantity(ctx, parent),
};

export const StockLevel: StockLevelResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
  warehouse: ({ warehouseId }, _parameters, ctx) => getWarehouse(ctx, warehouseId),
  available: ({ onHand, reserved }) => onHand - reserved,
  incoming: (level, _parameters, ctx) => incomingOf(ctx, level),
};
