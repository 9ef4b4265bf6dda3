import { invalidInput, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { requirePermission } from '../../shared/viewer.js';
import { open, seal, type SubjectKey } from '../../shared/vault.js';
import type { Context } from '../context.js';
import type { Order, OrderNote } from '../order/rules.js';
import { addNote, getOrderToChange, readOrder } from '../order/service.js';

const maxLength = 2_000;
const place = (row: string) => ({ table: 'order_note', column: 'text', row });

/** Writes a note, sealed with the customer's key: free text may be personal. */
export async function writeNote(
  ctx: Context,
  order: Order,
  text: string,
  visibleToCustomer: boolean,
): Promise<void> {
  const key = await ctx.vault.ensureKey(ctx.db, order.customerId);
  const id = ctx.newId();
  const sealed = seal(key, place(id), text.slice(0, maxLength));
  await addNote(ctx, order.id, { id, text: sealed, visibleToCustomer, createdAt: ctx.clock() });
}

/** The note's text; null after the customer's deletion. */
export async function textOf(ctx: Context, order: Order, note: OrderNote): Promise<string | null> {
  const key = await ctx.loaders.keys.load(order.customerId);
  return key && open(key, place(note.id), note.text);
}

export interface AddOrderNote {
  idempotencyKey: string;
  orderId: string;
  text: string;
  visibleToCustomer?: boolean | null | undefined;
}

/** Writes a note; for staff. */
export async function addOrderNote(
  ctx: Context,
  { idempotencyKey: key, ...input }: AddOrderNote,
): Promise<{ order: Order | null }> {
  requirePermission(ctx.viewer, 'orders:write');
  const order = await getOrderToChange(ctx, input.orderId, 'any');
  const { text } = input;
  if (text.trim() === '' || text.length > maxLength)
    throw new Refused(invalidInput(`A note has 1 to ${maxLength} characters.`, ['text']));
  const call = { owner: ctx.viewer.id ?? '', operation: 'addOrderNote', key, input };
  await idempotent(ctx, call, async (inner) => {
    await writeNote(inner, order, text, input.visibleToCustomer ?? false);
    return { orderId: order.id };
  });
  return { order: await readOrder(ctx, order.id) };
}

/** The note, sealed with another customer's key. */
export const resealNote = (note: OrderNote, from: SubjectKey, to: SubjectKey): OrderNote => ({
  ...note,
  text: seal(to, place(note.id), open(from, place(note.id), note.text)),
});
