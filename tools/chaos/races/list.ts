/** All races by name. */
import type { Race } from './bench.js';
import * as events from './events.js';
import * as orders from './orders.js';
import * as payments from './payments.js';
import * as stock from './stock.js';

export const races = { ...stock, ...orders, ...payments, ...events } satisfies Record<string, Race>;
export type RaceName = keyof typeof races;
