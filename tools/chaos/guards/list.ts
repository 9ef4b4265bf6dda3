/** All guards. */
import { afterSaleGuards } from './after-sale.js';
import { eventGuards } from './events.js';
import type { Guard } from './guard.js';
import { orderGuards } from './orders.js';
import { paymentGuards } from './payments.js';
import { stockGuards } from './stock.js';
import { warehouseGuards } from './warehouses.js';

export const guards: readonly Guard[] = [
  ...stockGuards,
  ...warehouseGuards,
  ...orderGuards,
  ...afterSaleGuards,
  ...paymentGuards,
  ...eventGuards,
];
