import {
  badInput,
  invalidInput,
  notFound,
  Refused,
  withUserErrors,
  type Payload,
  type UserError,
} from '../../shared/errors.js';
import { emit } from '../../shared/events/outbox.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import { belowReserved, keyOf, maxQuantity } from '../adjustment/rules.js';
import type { OrderLine } from '../allocation/rules.js';
import { holdPolicies } from '../backorder/service.js';
import type { Context } from '../context.js';
import type { TransactionType } from '../ledger/rules.js';
import { moveStock } from '../stock/movement.js';
import type { LevelKey, StockMove } from '../stock/rules.js';
import { checkLevels, ensureStockLevels, lockStock } from '../stock/service.js';
import {
  afterArrivals,
  inTransit,
  mayBe,
  problemsOfArrivals,
  type Arrival,
  type ShownLine,
  type Transfer,
  type TransferAction,
  type TransferStatus,
} from './rules.js';
import { findTransfer, findTransfers, insertTransfer, lockTransfer, saveTransfer } from './store.js';

/** Transfers, the newest first: those in one state, or all. */
export async function stockTransfers(
  ctx: Context,
  parameters: PageArguments & { status?: TransferStatus | null | undefined },
): Promise<Connection<Transfer>> {
  requirePermission(ctx.viewer, 'inventory:read');
  const page = pageOf(parameters, ['id']);
  const [after = null] = page.after ?? [];
  const rows = await findTransfers(ctx.db, parameters.status ?? null, after, page.limit + 1);
  return connectionOf(rows, page, (row) => [row.id]);
}

export async function stockTransfer(ctx: Context, id: string): Promise<Transfer | null> {
  requirePermission(ctx.viewer, 'inventory:read');
  return isId(id) ? findTransfer(ctx.db, id) : null;
}

/** Pieces on their way to a level. */
export const incomingOf = (ctx: Context, level: LevelKey): Promise<number> =>
  ctx.loaders.incoming.load(level);

export const linesOf = (transfer: Transfer): ShownLine[] =>
  transfer.lines.map((line) => ({ ...line, inTransit: inTransit(transfer, line) }));

export interface CreateTransfer {
  idempotencyKey: string;
  fromWarehouseId: string;
  toWarehouseId: string;
  lines: OrderLine[];
  reference?: string | null | undefined;
  note?: string | null | undefined;
}

type TransferPayload = Promise<Payload<{ transfer: Transfer }>>;

const refuseIfAny = (problems: readonly UserError[]): void => {
  if (problems.length > 0) throw new Refused(...problems);
};

function checkTexts({ reference, note }: Pick<CreateTransfer, 'reference' | 'note'>): void {
  if ((reference ?? '').length > 200) throw badInput('reference has at most 200 characters.', ['reference']);
  if ((note ?? '').length > 2_000) throw badInput('note has at most 2000 characters.', ['note']);
}

/** Plans a transfer, once per key; nothing moves until it is shipped. */
export function createStockTransfer(ctx: Context, input: CreateTransfer): TransferPayload {
  const { idempotencyKey: key, ...rest } = input;
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    checkTexts(input);
    const { fromWarehouseId, toWarehouseId, lines, reference = null, note = null } = input;
    await checkLevels(
      ctx,
      'lines',
      lines.map(({ variantId }) => ({ variantId, warehouseId: fromWarehouseId })),
      true,
    );
    await checkLevels(ctx, 'lines', [{ variantId: ctx.newId(), warehouseId: toWarehouseId }], true);
    if (fromWarehouseId === toWarehouseId)
      throw new Refused(invalidInput('Goods go from one warehouse to another.', ['toWarehouseId']));
    refuseIfAny(
      lines.flatMap(({ quantity }, i) =>
        quantity < 1 || quantity > maxQuantity
          ? [invalidInput(`quantity is 1 to ${maxQuantity}.`, ['lines', String(i), 'quantity'])]
          : [],
      ),
    );
    const id = ctx.newId();
    const counts = { received: 0, writtenOff: 0, returned: 0 };
    const transfer: Transfer = {
      ...{ id, fromWarehouseId, toWarehouseId, status: 'DRAFT', reference, note, actorId: actorOf(ctx) },
      ...{ createdAt: ctx.clock(), shippedAt: null, closedAt: null },
      lines: lines.map((line) => ({ transferId: id, ...line, ...counts })),
    };
    const call = { owner: ctx.viewer.id ?? '', operation: 'createStockTransfer', key, input: rest };
    const { outcome } = await idempotent(ctx, call, async ({ db }) => {
      await insertTransfer(db, transfer);
      return { transferId: id };
    });
    return { transfer: await getTransfer(ctx, outcome.transferId) };
  });
}

const actorOf = (ctx: Context): string | null => (ctx.viewer.kind === 'user' ? ctx.viewer.id : null);

async function getTransfer(ctx: Context, id: string): Promise<Transfer> {
  const transfer = await findTransfer(ctx.db, id);
  if (!transfer) throw new Error(`No transfer ${id}`);
  return transfer;
}

/** The transfer, locked, if the action may be done; null where it has been done. Its levels are there then, policies held. */
async function begin(ctx: Context, id: string, action: TransferAction): Promise<Transfer | null> {
  const transfer = isId(id) ? await lockTransfer(ctx.db, id) : null;
  if (!transfer) throw new Refused(notFound('transfer', ['transferId']));
  const may = mayBe(transfer, action);
  if (may === null) return null;
  if (may !== true) throw new Refused(may);
  const variantIds = transfer.lines.map((line) => line.variantId);
  const { fromWarehouseId, toWarehouseId } = transfer;
  await ensureStockLevels(
    ctx,
    variantIds.flatMap((variantId) =>
      [fromWarehouseId, toWarehouseId].map((warehouseId) => ({ variantId, warehouseId })),
    ),
  );
  await holdPolicies(ctx, variantIds);
  return transfer;
}

/** Pieces of a transfer that came to or went from one of its warehouses, with their entry in the ledger. */
function moveOf(
  ctx: Context,
  transfer: Transfer,
  at: LevelKey,
  onHand: number,
  { type = 'TRANSFER', reason = 'Transfer' }: { type?: TransactionType; reason?: string } = {},
): StockMove {
  const entry = {
    id: ctx.newId(),
    type,
    reason,
    reference: transfer.id,
    note: transfer.note,
    actorId: actorOf(ctx),
  };
  return { ...at, onHand, reserved: 0, entry };
}

/** Sends a transfer's goods off: they leave their warehouse. A repeat finds them gone and changes nothing. */
export function shipStockTransfer(ctx: Context, { transferId }: { transferId: string }): TransferPayload {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    await transact(ctx, async (inner) => {
      const transfer = await begin(inner, transferId, 'ship');
      if (!transfer) return;
      const { fromWarehouseId: warehouseId, lines } = transfer;
      const levels = await lockStock(
        inner,
        lines.map((line) => line.variantId),
      );
      const byKey = new Map(levels.map((level) => [keyOf(level), level]));
      refuseIfAny(
        lines.flatMap(({ variantId, quantity }) => {
          const level = byKey.get(keyOf({ variantId, warehouseId }));
          if (!level) throw new Error(`No level of ${variantId} in ${warehouseId}`);
          return level.onHand - level.reserved < quantity ? [belowReserved(level, ['transferId'])] : [];
        }),
      );
      const moves = lines.map(({ variantId, quantity }) =>
        moveOf(inner, transfer, { variantId, warehouseId }, -quantity),
      );
      await saveTransfer(inner.db, { ...transfer, status: 'IN_TRANSIT', shippedAt: inner.clock() });
      await emit(inner, ...(await moveStock(inner, moves)));
    });
    return { transfer: await getTransfer(ctx, transferId) };
  });
}

export interface ReceiveTransfer {
  idempotencyKey: string;
  transferId: string;
  lines: {
    variantId: string;
    received: number;
    writtenOff?: number | null | undefined;
    writeOffType?: TransactionType | null | undefined;
    reason?: string | null | undefined;
  }[];
}

/** Takes in what has arrived, once per key, and writes off what is missing; the last of it closes the transfer. */
export function receiveStockTransfer(ctx: Context, input: ReceiveTransfer): TransferPayload {
  const { idempotencyKey: key, ...rest } = input;
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    const { transferId, lines } = input;
    if (lines.length < 1 || new Set(lines.map((line) => line.variantId)).size < lines.length)
      throw badInput('lines name at least one variant, each once.', ['lines']);
    if (lines.some(({ reason }) => (reason ?? '').length > 200))
      throw badInput('reason has at most 200 characters.', ['lines']);
    const arrivals = lines.map(({ variantId, received, writtenOff, writeOffType, reason }): Arrival => ({
      ...{ variantId, received, writtenOff: writtenOff ?? 0 },
      ...{ writeOffType: writeOffType ?? 'DAMAGE', reason: reason ?? null },
    }));
    const call = { owner: ctx.viewer.id ?? '', operation: 'receiveStockTransfer', key, input: rest };
    await idempotent(ctx, call, async (inner) => {
      await arrive(inner, transferId, arrivals);
      return {};
    });
    return { transfer: await getTransfer(ctx, transferId) };
  });
}

async function arrive(ctx: Context, transferId: string, arrivals: readonly Arrival[]): Promise<void> {
  const transfer = await begin(ctx, transferId, 'receive');
  if (!transfer) return;
  refuseIfAny(problemsOfArrivals(transfer, arrivals));
  const { toWarehouseId: warehouseId } = transfer;
  // What is lost on the way arrives in the ledger first and is written off there: nothing vanishes between two warehouses.
  const moves = arrivals.flatMap(({ variantId, received, writtenOff, writeOffType: type, reason }) => [
    moveOf(ctx, transfer, { variantId, warehouseId }, received + writtenOff),
    ...(writtenOff > 0
      ? [moveOf(ctx, transfer, { variantId, warehouseId }, -writtenOff, { type, reason: reason ?? '' })]
      : []),
  ]);
  const lines = afterArrivals(transfer, arrivals);
  const whole = lines.every((line) => inTransit(transfer, line) === 0);
  const closed = whole ? { status: 'RECEIVED' as const, closedAt: ctx.clock() } : {};
  await saveTransfer(ctx.db, { ...transfer, lines, ...closed });
  await emit(ctx, ...(await moveStock(ctx, moves)));
}

/** Gives a transfer up; what is still on its way goes back to where it came from. A repeat changes nothing. */
export function cancelStockTransfer(ctx: Context, { transferId }: { transferId: string }): TransferPayload {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    await transact(ctx, async (inner) => {
      const transfer = await begin(inner, transferId, 'cancel');
      if (!transfer) return;
      const back = transfer.lines.map((line) => ({ line, pieces: inTransit(transfer, line) }));
      const moves = back
        .filter(({ pieces }) => pieces > 0)
        .map(({ line: { variantId }, pieces }) =>
          moveOf(inner, transfer, { variantId, warehouseId: transfer.fromWarehouseId }, pieces),
        );
      await saveTransfer(inner.db, {
        ...{ ...transfer, status: 'CANCELLED', closedAt: inner.clock() },
        lines: back.map(({ line, pieces }) => ({ ...line, returned: line.returned + pieces })),
      });
      await emit(inner, ...(await moveStock(inner, moves)));
    });
    return { transfer: await getTransfer(ctx, transferId) };
  });
}
