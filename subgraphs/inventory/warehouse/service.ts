import {
  conflict,
  invalidInput,
  notFound,
  Refused,
  versionConflict,
  withUserErrors,
  type Payload,
} from '../../shared/errors.js';
import { emit, type NewEvent } from '../../shared/events/outbox.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { maxPageSize } from '../../shared/pages.js';
import { isRepeat } from '../../shared/revision.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import { holdPolicies } from '../backorder/service.js';
import type { Context } from '../context.js';
import type { CreateWarehouseInput, UpdateWarehouseInput } from '../resolver-types.generated.js';
import { switchWarehouse } from '../stock/movement.js';
import { variantsIn } from '../stock/service.js';
import { problemsOf, type Warehouse } from './rules.js';
import { findAll, findByIds, insert, lockWarehouse, save } from './store.js';

export async function warehouses(ctx: Context): Promise<Warehouse[]> {
  requirePermission(ctx.viewer, 'inventory:read');
  return findAll(ctx.db, maxPageSize);
}

export async function warehouse(ctx: Context, id: string): Promise<Warehouse | null> {
  requirePermission(ctx.viewer, 'inventory:read');
  return ctx.loaders.warehouse.load(id);
}

export async function getWarehouse(ctx: Context, id: string): Promise<Warehouse> {
  const found = await ctx.loaders.warehouse.load(id);
  if (!found) throw new Error(`No warehouse ${id}`);
  return found;
}

/** Where the warehouses lie, read in the caller's transaction, if any: one that waits for a second connection may wait for itself. */
export const addressesOf = async (
  ctx: Context,
  ids: readonly string[],
): Promise<Map<string, Warehouse['address']>> =>
  new Map((await findByIds(ctx.db, ids)).map(({ id, address }) => [id, address]));

/** Those of the ids that are no warehouse's. */
export async function missingWarehouses(ctx: Context, ids: readonly string[]): Promise<Set<string>> {
  const found = await Promise.all(ids.map((id) => ctx.loaders.warehouse.load(id)));
  return new Set(ids.filter((_id, i) => found[i] === null));
}

type Details = Omit<CreateWarehouseInput, 'idempotencyKey' | 'code' | 'name' | 'address'>;

const contactOf = (contact: Details['contact']): Warehouse['contact'] =>
  contact?.email == null && contact?.phone == null
    ? null
    : { email: contact.email ?? null, phone: contact.phone ?? null };

const capacityOf = (warehouseId: string, capacity: Details['capacity']): Warehouse['capacity'] =>
  capacity ? { warehouseId, ...capacity, used: capacity.used ?? null } : null;

const addressOf = (address: CreateWarehouseInput['address']): Warehouse['address'] => ({
  ...address,
  line2: address.line2 ?? null,
  state: address.state ?? null,
});

/** Adds a warehouse, once per idempotency key; CODE_TAKEN when there is one of that code. */
export function createWarehouse(
  ctx: Context,
  { idempotencyKey: key, ...input }: CreateWarehouseInput,
): Promise<Payload<{ warehouse: Warehouse }>> {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    const id = ctx.newId();
    const created: Warehouse = {
      id,
      code: input.code.toUpperCase(),
      name: input.name,
      status: input.status ?? 'ACTIVE',
      version: 1,
      address: addressOf(input.address),
      contact: contactOf(input.contact),
      hours: input.hours ?? [],
      capacity: capacityOf(id, input.capacity),
    };
    const problems = problemsOf(created);
    if (problems.length > 0) throw new Refused(...problems);
    const call = { owner: ctx.viewer.id ?? '', operation: 'createWarehouse', key, input };
    const { outcome } = await idempotent(ctx, call, async ({ db, clock }) => {
      if ((await findAll(db, maxPageSize)).length >= maxPageSize)
        throw new Refused(conflict('TOO_MANY_WAREHOUSES', `There are ${maxPageSize} warehouses at most.`));
      if (!(await insert(db, created, clock())))
        throw new Refused({
          ...invalidInput('Another warehouse has this code.', ['code']),
          code: 'CODE_TAKEN',
        });
      return { warehouseId: id };
    });
    return { warehouse: await getWarehouse(ctx, outcome.warehouseId) };
  });
}

/** Changes a warehouse, if it still has `expectedVersion`; a repeat finds it changed. */
export function updateWarehouse(
  ctx: Context,
  input: UpdateWarehouseInput,
): Promise<Payload<{ warehouse: Warehouse }>> {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'inventory:write');
    const warehouse = await transact(ctx, (inner) => update(inner, input));
    ctx.loaders.warehouse.clear(input.id);
    return { warehouse };
  });
}

const merge = (present: Warehouse, input: UpdateWarehouseInput): Warehouse => ({
  ...present,
  name: input.name ?? present.name,
  status: input.status ?? present.status,
  address: input.address ? addressOf(input.address) : present.address,
  contact: input.contact ? contactOf(input.contact) : present.contact,
  hours: input.hours ?? present.hours,
  capacity: input.capacity ? capacityOf(present.id, input.capacity) : present.capacity,
});

async function update(ctx: Context, input: UpdateWarehouseInput): Promise<Warehouse> {
  const present = isId(input.id) ? await lockWarehouse(ctx.db, input.id) : null;
  if (!present) throw new Refused(notFound('warehouse', ['id']));
  const changed = merge(present, input);
  const problems = problemsOf(changed);
  if (problems.length > 0) throw new Refused(...problems);
  if (isRepeat(present.version, input.expectedVersion, present, changed)) return present;
  if (present.version !== input.expectedVersion)
    throw new Refused(versionConflict(input.expectedVersion, present.version));
  const saved = { ...changed, version: present.version + 1 };
  await save(ctx.db, saved, ctx.clock());
  const events = changed.status === present.status ? [] : await switchStock(ctx, saved);
  await emit(ctx, ...events);
  return saved;
}

async function switchStock(ctx: Context, { id, status }: Warehouse): Promise<NewEvent[]> {
  const variantIds = await variantsIn(ctx, id);
  await holdPolicies(ctx, variantIds);
  return switchWarehouse(ctx, id, variantIds, status === 'ACTIVE');
}
