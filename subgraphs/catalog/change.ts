/** What every mutation of the catalogue has in common. */
import { conflict, Refused, withUserErrors, type Payload, type UserError } from '../shared/errors.js';
import { idempotent, Undecided } from '../shared/idempotency.js';
import type { Context } from './context.js';
import { variantExists } from './variant/rules.js';

/** What it means when a unique index refuses: two that did the same at once both passed the checks before it. */
const refusalOf: Record<string, () => Refused> = {
  brand_handle_key: () => new Refused(handleTaken()),
  category_handle_key: () => new Refused(handleTaken()),
  product_handle_key: () => new Refused(handleTaken()),
  product_variant_sku_key: () => new Refused(skuTaken(['sku'])),
  product_variant_product_id_options_key_key: () =>
    new Refused(variantExists(['variant', 'selectedOptions'])),
  product_variant_product_id_position_key: () =>
    new Undecided(
      conflict('BUSY', 'Another variant of this product was added at the same moment: try again.'),
    ),
};

export const handleTaken = (): UserError =>
  conflict('HANDLE_TAKEN', 'The handle is taken: give another one.', ['handle']);

export const skuTaken = (field: string[]): UserError =>
  conflict('SKU_TAKEN', 'The SKU is taken: give another one, or none to have one made.', field);

function refusal(error: unknown): Refused | null {
  // Postgres' own error where the statement was raw, Prisma's where it was a model's.
  const { message, code, meta } = error as Error & { code?: unknown; meta?: unknown };
  const text = JSON.stringify([message, code, meta]);
  if (!text.includes('23505') && !text.includes('UniqueConstraintViolation')) return null;
  const [, told] = Object.entries(refusalOf).find(([index]) => text.includes(index)) ?? [];
  return told?.() ?? null;
}

/** Adds something once per key, in a transaction, and gives its id; on a repeat the id or refusal of the first time. */
export async function addOnce(
  ctx: Context,
  operation: string,
  { idempotencyKey: key, ...input }: { idempotencyKey: string },
  add: (ctx: Context) => Promise<string>,
): Promise<string> {
  const call = { owner: ctx.viewer.id ?? '', operation, key, input };
  const { outcome } = await idempotent(ctx, call, async (inner) => {
    try {
      return { id: await add(inner) };
    } catch (error) {
      // Here already: what a unique index refuses is an outcome as well.
      throw refusal(error) ?? error;
    }
  });
  return outcome.id;
}

/** Runs a mutation: refusals become userErrors, and what the payload reads after it is read anew. */
export function change<T extends object>(ctx: Context, work: () => Promise<T>): Promise<Payload<T>> {
  return withUserErrors(async () => {
    try {
      return await work();
    } catch (error) {
      throw refusal(error) ?? error;
    } finally {
      ctx.loaders.clear();
    }
  });
}
