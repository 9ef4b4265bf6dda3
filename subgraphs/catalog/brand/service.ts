import { invalidInput, Refused, type Payload } from '../../shared/errors.js';
import { pageOf, connectionOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { requirePermission } from '../../shared/viewer.js';
import { addOnce, change, handleTaken } from '../change.js';
import type { Context } from '../context.js';
import { checkHandle, handleOf } from '../handle/rules.js';
import { checkLink } from '../link/rules.js';
import type { Brand } from './rules.js';
import { findBrands, insertBrand, listBrands } from './store.js';

/** Brands by name. */
export async function brands(ctx: Context, parameters: PageArguments): Promise<Connection<Brand>> {
  const page = pageOf(parameters, ['text', 'id']);
  return connectionOf(await listBrands(ctx.db, page), page, (brand) => [brand.sortName, brand.id]);
}

export interface CreateBrandInput {
  idempotencyKey: string;
  name: string;
  handle?: string | null | undefined;
  description?: string | null | undefined;
  logoUrl?: URL | null | undefined;
}

/** Adds a brand, once per idempotency key; HANDLE_TAKEN when there is one of that handle. */
export async function createBrand(ctx: Context, input: CreateBrandInput): Promise<Payload<{ brand: Brand }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    const name = input.name.trim();
    const handle = input.handle ?? handleOf(name);
    const wrong = [...checkHandle(handle, ['handle']), ...checkLink(input.logoUrl?.toString(), ['logoUrl'])];
    if (name === '' || name.length > 100)
      wrong.push(invalidInput('A brand has a name of 1 to 100 characters.', ['name']));
    if ((input.description?.length ?? 0) > 5_000)
      wrong.push(invalidInput('A description has at most 5,000 characters.', ['description']));
    if (wrong.length > 0) throw new Refused(...wrong);
    const id = await addOnce(ctx, 'createBrand', input, async (ctx) => {
      const facts = {
        id: ctx.newId(),
        handle,
        name,
        description: input.description ?? null,
        logoUrl: input.logoUrl?.toString() ?? null,
      };
      if (!(await insertBrand(ctx.db, facts, ctx.clock()))) throw new Refused(handleTaken());
      return facts.id;
    });
    const [brand] = await findBrands(ctx.db, [id]);
    if (!brand) throw new Error(`brand ${id} is gone`);
    return { brand };
  });
}
