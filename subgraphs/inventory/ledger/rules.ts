/** The ledger: an entry for every piece that came or went, never changed; a level's pieces are the sum of its entries. */

export type TransactionType =
  'PURCHASE' | 'SALE' | 'RETURN' | 'ADJUSTMENT' | 'TRANSFER' | 'DAMAGE' | 'EXPIRY';

export interface InventoryTransaction {
  id: string;
  variantId: string;
  warehouseId: string;
  type: TransactionType;
  /** Above 0: pieces came; below: they went. */
  quantity: number;
  reason: string;
  reference: string | null;
  note: string | null;
  /** The user who did it; null: the shop itself. */
  actorId: string | null;
  occurredAt: Date;
}

/** Which way pieces may go by type, and whether staff may post it: sales are posted by orders alone. */
export const transactionTypes: Record<
  TransactionType,
  { direction: 'in' | 'out' | 'both'; byStaff: boolean; balanced: boolean }
> = {
  PURCHASE: { direction: 'in', byStaff: true, balanced: false },
  SALE: { direction: 'out', byStaff: false, balanced: false },
  RETURN: { direction: 'in', byStaff: true, balanced: false },
  ADJUSTMENT: { direction: 'both', byStaff: true, balanced: false },
  TRANSFER: { direction: 'both', byStaff: true, balanced: true },
  DAMAGE: { direction: 'out', byStaff: true, balanced: false },
  EXPIRY: { direction: 'out', byStaff: true, balanced: false },
};

/** Whether so many pieces may come (or go, below 0) under this type. */
export function fitsType(type: TransactionType, delta: number): boolean {
  const { direction } = transactionTypes[type];
  return direction === 'both' ? delta !== 0 : direction === 'in' ? delta > 0 : delta < 0;
}
