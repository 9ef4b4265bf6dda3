import type { InventoryTransactionResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { getWarehouse } from '../warehouse/service.js';
import { inventoryTransactions } from './service.js';

export const Query: Pick<QueryResolvers, 'inventoryTransactions'> = {
  inventoryTransactions: (_root, parameters, ctx) => inventoryTransactions(ctx, parameters),
};

export const InventoryTransaction: InventoryTransactionResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
  warehouse: ({ warehouseId }, _parameters, ctx) => getWarehouse(ctx, warehouseId),
};
