/** Transfers: what left one warehouse arrived in another, was written off, went back, or is on its way. */
import type { Question } from './question.js';

/** What the ledger says of a transfer's goods in one of its two warehouses, their way alone. */
const posted = (warehouse: 'from' | 'to'): string => `
  coalesce((SELECT sum(e.quantity) FROM moved e WHERE e.reference = t.id::text AND e.variant_id = l.variant_id
            AND e.warehouse_id = t.${warehouse}_warehouse_id), 0)`;

export const transfers: Question[] = [
  {
    name: 'stock.transfers',
    holds: 'what left one warehouse for another arrived there, was written off, went back or is on its way',
    looksAt: 'inventory.stock_transfer_line',
    sql: `
      WITH moved AS MATERIALIZED (
        SELECT reference, variant_id, warehouse_id, quantity FROM inventory.inventory_transaction
        WHERE type = 'TRANSFER' AND reference IS NOT NULL)
      SELECT t.id AS transfer_id, l.variant_id, t.status, l.quantity, l.received, l.written_off, l.returned,
        ${posted('from')} AS left_there, ${posted('to')} AS arrived_here
      FROM inventory.stock_transfer t JOIN inventory.stock_transfer_line l ON l.transfer_id = t.id
      WHERE ${posted('from')} <> CASE WHEN t.shipped_at IS NULL THEN 0 ELSE l.returned - l.quantity END
        OR ${posted('to')} <> l.received + l.written_off
        OR (t.status IN ('RECEIVED', 'CANCELLED') AND t.shipped_at IS NOT NULL
            AND l.received + l.written_off + l.returned <> l.quantity)
        OR (t.shipped_at IS NULL AND l.received + l.written_off + l.returned > 0)`,
  },
];
