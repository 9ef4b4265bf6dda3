import * as adjustment from './adjustment/resolvers.js';
import * as backorder from './backorder/resolvers.js';
import * as deadLetter from './dead-letter/resolvers.js';
import * as ledger from './ledger/resolvers.js';
import * as reservation from './reservation/resolvers.js';
import type {
  MutationResolvers,
  QueryResolvers,
  Resolvers,
  SubscriptionResolvers,
} from './resolver-types.generated.js';
import * as stock from './stock/resolvers.js';
import * as transfer from './transfer/resolvers.js';
import * as warehouse from './warehouse/resolvers.js';

export const resolvers = {
  Query: {
    ...warehouse.Query,
    ...stock.Query,
    ...backorder.Query,
    ...transfer.Query,
    ...ledger.Query,
    ...deadLetter.Query,
  } satisfies QueryResolvers,
  Mutation: {
    ...warehouse.Mutation,
    ...stock.Mutation,
    ...backorder.Mutation,
    ...transfer.Mutation,
    ...adjustment.Mutation,
    ...reservation.Mutation,
    ...deadLetter.Mutation,
  } satisfies MutationResolvers,
  Subscription: stock.Subscription satisfies SubscriptionResolvers,
  Availability: stock.Availability,
  Backorder: backorder.Backorder,
  BackorderPolicy: backorder.BackorderPolicy,
  AvailabilityChange: stock.AvailabilityChange,
  InventoryTransaction: ledger.InventoryTransaction,
  ProductVariant: stock.ProductVariant,
  StockLevel: stock.StockLevel,
  StockLevelChange: stock.StockLevelChange,
  StockTransfer: transfer.StockTransfer,
  StockTransferLine: transfer.StockTransferLine,
  Warehouse: warehouse.Warehouse,
  WarehouseCapacity: warehouse.WarehouseCapacity,
} satisfies Resolvers;
