import type {
  MutationResolvers,
  QueryResolvers,
  WarehouseCapacityResolvers,
  WarehouseResolvers,
} from '../resolver-types.generated.js';
import { capacityUsed } from '../stock/service.js';
import { createWarehouse, updateWarehouse, warehouse, warehouses } from './service.js';

export const Query: Pick<QueryResolvers, 'warehouse' | 'warehouses'> = {
  warehouses: (_root, _parameters, ctx) => warehouses(ctx),
  warehouse: (_root, { id }, ctx) => warehouse(ctx, id),
};

export const Mutation: Pick<MutationResolvers, 'createWarehouse' | 'updateWarehouse'> = {
  createWarehouse: (_root, { input }, ctx) => createWarehouse(ctx, input),
  updateWarehouse: (_root, { input }, ctx) => updateWarehouse(ctx, input),
};

export const Warehouse: WarehouseResolvers = {
  __resolveReference: async ({ id }, ctx) => warehouse(ctx, id),
};

export const WarehouseCapacity: WarehouseCapacityResolvers = {
  used: (capacity, _parameters, ctx) => capacityUsed(ctx, capacity),
};
