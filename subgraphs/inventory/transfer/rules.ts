/** A transfer: goods that go from one warehouse to another, and are in neither while they are on their way. */
import { conflict, invalidInput, type UserError } from '../../shared/errors.js';
import type { TransactionType } from '../ledger/rules.js';

export type TransferStatus = 'DRAFT' | 'IN_TRANSIT' | 'RECEIVED' | 'CANCELLED';
export type TransferAction = 'ship' | 'receive' | 'cancel';

/** From which state each action leads, and which say that it has been done already. */
export const transitions: Record<
  TransferAction,
  { from: readonly TransferStatus[]; done: readonly TransferStatus[] }
> = {
  ship: { from: ['DRAFT'], done: ['IN_TRANSIT', 'RECEIVED'] },
  /** Some of it, until nothing is on its way. */
  receive: { from: ['IN_TRANSIT'], done: [] },
  cancel: { from: ['DRAFT', 'IN_TRANSIT'], done: ['CANCELLED'] },
};

export interface TransferLine {
  transferId: string;
  variantId: string;
  quantity: number;
  received: number;
  writtenOff: number;
  returned: number;
}

/** A line as staff see it. */
export interface ShownLine extends TransferLine {
  /** Pieces that have left and have not arrived. */
  inTransit: number;
}

export interface Transfer {
  id: string;
  fromWarehouseId: string;
  toWarehouseId: string;
  status: TransferStatus;
  reference: string | null;
  note: string | null;
  actorId: string | null;
  createdAt: Date;
  shippedAt: Date | null;
  closedAt: Date | null;
  /** By variant. */
  lines: TransferLine[];
}

/** Pieces that have left and have not arrived. */
export const inTransit = (
  { status }: Pick<Transfer, 'status'>,
  { quantity, received, writtenOff, returned }: Omit<TransferLine, 'transferId' | 'variantId'>,
): number => (status === 'IN_TRANSIT' ? quantity - received - writtenOff - returned : 0);

/** Whether an action may be done now; null: it has been done, and nothing is left to do. */
export function mayBe({ status }: Pick<Transfer, 'status'>, action: TransferAction): UserError | true | null {
  const { from, done } = transitions[action];
  if (from.includes(status)) return true;
  if (done.includes(status)) return null;
  return conflict('TRANSFER_STATE', `The transfer is ${status}.`, ['transferId']);
}

/** What arrived of one variant. */
export interface Arrival {
  variantId: string;
  received: number;
  /** Pieces that did not arrive, or not whole. */
  writtenOff: number;
  /** How these are written off. */
  writeOffType: TransactionType;
  reason: string | null;
}

export const writeOffTypes: readonly TransactionType[] = ['DAMAGE', 'EXPIRY', 'ADJUSTMENT'];

/** What stands against arrivals: more than is on its way, nothing at all, something lost without a reason. */
export function problemsOfArrivals(transfer: Transfer, arrivals: readonly Arrival[]): UserError[] {
  return arrivals.flatMap(({ variantId, received, writtenOff, writeOffType, reason }, i) => {
    const at = (name: string): string[] => ['lines', String(i), name];
    const line = transfer.lines.find((one) => one.variantId === variantId);
    if (!line) return [invalidInput('The transfer has no such variant.', at('variantId'))];
    if (received < 0 || writtenOff < 0 || received + writtenOff === 0)
      return [invalidInput('received and writtenOff are 0 or more, and not both 0.', at('received'))];
    const left = inTransit(transfer, line);
    if (received + writtenOff > left)
      return [
        invalidInput(`${left} pieces are on their way. More than that is a count's affair.`, at('received')),
      ];
    if (writtenOff > 0 && (reason ?? '').trim() === '')
      return [invalidInput('Say why pieces are written off.', at('reason'))];
    if (!writeOffTypes.includes(writeOffType))
      return [invalidInput(`Pieces are written off as ${writeOffTypes.join(', ')}.`, at('writeOffType'))];
    return [];
  });
}

/** The lines after the arrivals. */
export const afterArrivals = (transfer: Transfer, arrivals: readonly Arrival[]): TransferLine[] =>
  transfer.lines.map((line) => {
    const arrival = arrivals.find((one) => one.variantId === line.variantId);
    return {
      ...line,
      received: line.received + (arrival?.received ?? 0),
      writtenOff: line.writtenOff + (arrival?.writtenOff ?? 0),
    };
  });
