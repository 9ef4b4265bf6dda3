import type { Db } from '../database.js';
import type { LevelKey } from '../stock/rules.js';
import type { Transfer, TransferLine, TransferStatus } from './rules.js';

const lines = { lines: { orderBy: { variantId: 'asc' } } } as const;

type Row = Omit<Transfer, 'status'> & { status: string };
const transferOf = (row: Row): Transfer => ({ ...row, status: row.status as TransferStatus });

export async function insertTransfer(db: Db, { lines: all, ...transfer }: Transfer): Promise<void> {
  await db.stockTransfer.create({ data: transfer });
  await db.stockTransferLine.createMany({ data: all });
}

export async function findTransfers(
  db: Db,
  status: TransferStatus | null,
  after: string | null,
  limit: number,
): Promise<Transfer[]> {
  const rows = await db.stockTransfer.findMany({
    where: { ...(status === null ? {} : { status }), ...(after === null ? {} : { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: limit,
    include: lines,
  });
  return rows.map(transferOf);
}

export async function findTransfer(db: Db, id: string): Promise<Transfer | null> {
  const row = await db.stockTransfer.findUnique({ where: { id }, include: lines });
  return row && transferOf(row);
}

/** A transfer that nobody else changes until the transaction ends; before policies and levels are locked. */
export async function lockTransfer(db: Db, id: string): Promise<Transfer | null> {
  await db.$queryRaw`SELECT 1 FROM stock_transfer WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  return findTransfer(db, id);
}

/** Saves where a locked transfer stands, and its lines' counts. */
export async function saveTransfer(db: Db, transfer: Transfer): Promise<void> {
  const { id, status, shippedAt, closedAt } = transfer;
  await db.stockTransfer.update({ where: { id }, data: { status, shippedAt, closedAt } });
  await db.$executeRaw`
    UPDATE stock_transfer_line t SET received = l.received, written_off = l."writtenOff", returned = l.returned
    FROM jsonb_to_recordset(${JSON.stringify(transfer.lines satisfies TransferLine[])}::jsonb)
      AS l("variantId" uuid, received int, "writtenOff" int, returned int)
    WHERE t.transfer_id = ${id}::uuid AND t.variant_id = l."variantId"`;
}

/** Pieces on their way to each of the levels; those to which nothing goes are left out. */
export async function findIncoming(
  db: Db,
  keys: readonly LevelKey[],
): Promise<(LevelKey & { pieces: number })[]> {
  return db.$queryRaw<(LevelKey & { pieces: number })[]>`
    SELECT l.variant_id AS "variantId", t.to_warehouse_id AS "warehouseId",
           sum(l.quantity - l.received - l.written_off - l.returned)::int AS pieces
    FROM stock_transfer_line l JOIN stock_transfer t ON t.id = l.transfer_id
    WHERE t.status = 'IN_TRANSIT' AND l.variant_id = ANY(${[...new Set(keys.map((key) => key.variantId))]}::uuid[])
    GROUP BY 1, 2`;
}
