/** All races by name. */
import type { Race } from './bench.js';
import * as afterSale from './after-sale.js';
import * as events from './events.js';
import * as orders from './orders.js';
import * as payments from './payments.js';
import * as stock from './stock.js';
import * as warehouses from './warehouses.js';

export const races = {
  ...stock,
  ...warehouses,
  ...orders,
  ...afterSale,
  ...payments,
  ...events,
} satisfies Record<string, Race>;
export type RaceName = keyof typeof races;
