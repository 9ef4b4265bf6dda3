/** Staff in the warehouses: goods go from one to another, and what customers wait for comes. */
import { randomUUID } from 'node:crypto';
import type { StaffMove } from './ledger.js';
import type { Visit } from './visit.js';

const transfer = 'transfer { id status }';
interface TransferTold {
  transfer: { id: string; status: string };
}

/** Plans a transfer, sends it off, and takes it in: in two parts with a loss, or not at all. */
export async function transferring(visit: Visit): Promise<void> {
  const { checkout, goods, staff, told, step } = visit;
  const variantId = goods.articles[checkout.lines[0]?.article ?? 0]?.variantId ?? '';
  const [from = '', to = ''] = [0, 1].map(
    (i) => goods.warehouseIds[(checkout.number + i) % goods.warehouseIds.length],
  );
  told.unknown = 'createStockTransfer';
  const plan = {
    ...{ idempotencyKey: randomUUID(), fromWarehouseId: from, toWarehouseId: to },
    lines: [{ variantId, quantity: 3 }],
  };
  const twice = async (field: string, input: object): Promise<string | null> => {
    const twins = await Promise.all([1, 2].map(() => staff.call<TransferTold>(field, input, transfer)));
    const [one, other] = twins.map(({ payload, refused }) => refused ?? payload.transfer.id);
    if (one !== other) told.faults.push(`${field}, twice: ${one} and ${other}`);
    step();
    return twins[0]?.refused ?? null;
  };
  const { transfer: planned } = await staff.sure<TransferTold>('createStockTransfer', plan, transfer);
  const transferId = planned.id;
  const left = await twice('shipStockTransfer', { transferId });
  told.unknown = null;
  if (left !== null) {
    // So many are not there, or are promised.
    if (left !== 'QUANTITY_BELOW_RESERVED') told.faults.push(`shipStockTransfer: ${left}`);
    await staff.sure('cancelStockTransfer', { transferId }, transfer);
    return;
  }
  if (checkout.number % 3 === 0) {
    await twice('cancelStockTransfer', { transferId });
    return;
  }
  const arrive = (received: number, writtenOff: number): Promise<string | null> =>
    twice('receiveStockTransfer', {
      ...{ idempotencyKey: randomUUID(), transferId },
      lines: [{ variantId, received, writtenOff, ...(writtenOff > 0 && { reason: 'Broken on its way' }) }],
    });
  await arrive(1, 0);
  const lost: StaffMove = { variantId, delta: -1, unknown: true };
  visit.staffMoves.push(lost);
  const refused = await arrive(1, 1);
  lost.unknown = false;
  if (refused !== null) told.faults.push(`receiveStockTransfer: ${refused}`);
}

/** Some of what customers wait for comes, and their client says so twice. */
export async function receivingWhatIsWaitedFor({
  checkout,
  goods,
  staff,
  told,
  staffMoves,
  step,
}: Visit): Promise<void> {
  const variantId = goods.articles.find(({ toCome }) => toCome)?.variantId ?? '';
  const warehouseId = goods.warehouseIds[checkout.number % goods.warehouseIds.length] ?? '';
  const move: StaffMove = { variantId, delta: 2, unknown: true };
  staffMoves.push(move);
  const input = {
    ...{ idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Delivery' },
    changes: [{ variantId, warehouseId, delta: 2 }],
  };
  const twins = await Promise.all([1, 2].map(() => staff.call('adjustInventoryQuantities', input, '')));
  move.unknown = false;
  if (!twins[0]?.payload) {
    move.delta = 0;
    told.faults.push(`a delivery was refused: ${twins[0]?.refused}`);
  }
  step();
}
