import type {
  MutationResolvers,
  QueryResolvers,
  StockTransferLineResolvers,
  StockTransferResolvers,
} from '../resolver-types.generated.js';
import { getWarehouse } from '../warehouse/service.js';
import {
  cancelStockTransfer,
  createStockTransfer,
  linesOf,
  receiveStockTransfer,
  shipStockTransfer,
  stockTransfer,
  stockTransfers,
} from './service.js';

export const Query: Pick<QueryResolvers, 'stockTransfer' | 'stockTransfers'> = {
  stockTransfers: (_root, parameters, ctx) => stockTransfers(ctx, parameters),
  stockTransfer: (_root, { id }, ctx) => stockTransfer(ctx, id),
};

export const Mutation: Pick<
  MutationResolvers,
  'createStockTransfer' | 'shipStockTransfer' | 'receiveStockTransfer' | 'cancelStockTransfer'
> = {
  createStockTransfer: (_root, { input }, ctx) => createStockTransfer(ctx, input),
  shipStockTransfer: (_root, { input }, ctx) => shipStockTransfer(ctx, input),
  receiveStockTransfer: (_root, { input }, ctx) => receiveStockTransfer(ctx, input),
  cancelStockTransfer: (_root, { input }, ctx) => cancelStockTransfer(ctx, input),
};

export const StockTransfer: StockTransferResolvers = {
  from: ({ fromWarehouseId }, _parameters, ctx) => getWarehouse(ctx, fromWarehouseId),
  to: ({ toWarehouseId }, _parameters, ctx) => getWarehouse(ctx, toWarehouseId),
  lines: (transfer) => linesOf(transfer),
};

export const StockTransferLine: StockTransferLineResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
};
