/** Which of our types stand behind the GraphQL ones, for codegen. */
export const mappers: Record<string, string> = {
  Availability: './stock/rules.js#Stock',
  AvailabilityChange: './stock/rules.js#StockedVariant',
  Backorder: './backorder/rules.js#Backorder',
  BackorderPolicy: './backorder/rules.js#BackorderPolicy',
  InventoryTransaction: './ledger/rules.js#InventoryTransaction',
  ProductVariant: './stock/rules.js#StockedVariant',
  StockLevel: './stock/rules.js#StockLevel',
  StockLevelChange: './stock/rules.js#WatchedLevels',
  StockTransfer: './transfer/rules.js#Transfer',
  StockTransferLine: './transfer/rules.js#ShownLine',
  Warehouse: './warehouse/rules.js#Warehouse',
  WarehouseCapacity: './warehouse/rules.js#WarehouseCapacity',
};
