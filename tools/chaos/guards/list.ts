/** All guards. */
import { eventGuards } from './events.js';
import type { Guard } from './guard.js';
import { orderGuards } from './orders.js';
import { paymentGuards } from './payments.js';
import { stockGuards } from './stock.js';

export const guards: readonly Guard[] = [...stockGuards, ...orderGuards, ...paymentGuards, ...eventGuards];
