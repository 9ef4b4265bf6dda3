import { every, type Policy } from '../shared/policy.js';

const staff = 'staff:inventory:read';
const write = 'staff:inventory:write';

/** Who may read or call each field. */
export const policy: Policy = {
  Query: {
    ...every(staff, ['warehouses', 'warehouse', 'inventoryTransactions', 'backorders']),
    inventoryDeadLetters: 'staff:events:read',
    availableQuantities: 'internal',
  },
  Mutation: {
    ...every(write, [
      'createWarehouse',
      'updateWarehouse',
      'setInventoryQuantities',
      'adjustInventoryQuantities',
      'setStockThresholds',
      'setBackorderPolicies',
    ]),
    retryInventoryDeadLetters: 'staff:events:retry',
    ...every('internal', ['reserveStock', 'releaseStock', 'extendReservation']),
  },
  Subscription: { availabilityChanged: 'public' },
  ProductVariant: { id: 'public', availability: 'public', stock: staff, backorderPolicy: staff },
  Availability: every('public', ['status', 'quantity', 'expectedAt']),
  AvailabilityChange: { variant: 'public' },
  Warehouse: every(staff, [
    'id',
    'code',
    'name',
    'status',
    'address',
    'contact',
    'hours',
    'capacity',
    'version',
  ]),
  WarehouseAddress: every(staff, ['line1', 'line2', 'city', 'state', 'postalCode', 'country']),
  WarehouseContact: every(staff, ['email', 'phone']),
  WarehouseHours: every(staff, ['day', 'opens', 'closes']),
  WarehouseCapacity: every(staff, ['total', 'used', 'unit']),
  StockLevel: every(staff, [
    'variant',
    'warehouse',
    'onHand',
    'reserved',
    'available',
    'lowStockThreshold',
    'reorderPoint',
    'reorderQuantity',
  ]),
  BackorderPolicy: every(staff, ['variant', 'policy', 'maxWaiting', 'expectedAt', 'waiting']),
  Backorder: every(staff, ['variant', 'orderId', 'quantity', 'paid', 'createdAt']),
  InventoryTransaction: every(staff, [
    'id',
    'variant',
    'warehouse',
    'type',
    'quantity',
    'reason',
    'reference',
    'note',
    'actorId',
    'occurredAt',
  ]),
  VariantQuantity: every('internal', ['variantId', 'quantity']),
  BackorderedLine: every('internal', ['variantId', 'quantity', 'expectedAt']),
  StockShortage: every('internal', ['variantId', 'requested', 'available']),
};
