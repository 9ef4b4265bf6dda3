import type { Db } from '../database.js';
import type { Warehouse as Row } from '../prisma.generated/client.js';
import type { CapacityUnit, Warehouse, WarehouseHours, WarehouseStatus } from './rules.js';

function warehouseOf(row: Row): Warehouse {
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    status: row.status as WarehouseStatus,
    version: row.version,
    address: {
      line1: row.line1,
      line2: row.line2,
      city: row.city,
      state: row.state,
      postalCode: row.postalCode,
      country: row.country,
    },
    contact:
      row.contactEmail === null && row.contactPhone === null
        ? null
        : { email: row.contactEmail, phone: row.contactPhone },
    hours: row.hours as unknown as WarehouseHours[],
    capacity:
      row.capacityTotal === null
        ? null
        : {
            warehouseId: row.id,
            total: row.capacityTotal,
            used: row.capacityUsed,
            unit: row.capacityUnit as CapacityUnit,
          },
  };
}

const columnsOf = ({ name, status, address, contact, hours, capacity }: Warehouse) => ({
  name,
  status,
  ...address,
  contactEmail: contact?.email ?? null,
  contactPhone: contact?.phone ?? null,
  hours: hours.map((one) => ({ ...one })),
  capacityTotal: capacity?.total ?? null,
  capacityUsed: capacity?.used ?? null,
  capacityUnit: capacity?.unit ?? null,
});

/** All warehouses by code, at most `limit`. */
export async function findAll(db: Db, limit: number): Promise<Warehouse[]> {
  return (await db.warehouse.findMany({ orderBy: { code: 'asc' }, take: limit })).map(warehouseOf);
}

export async function findByIds(db: Db, ids: readonly string[]): Promise<Warehouse[]> {
  return (await db.warehouse.findMany({ where: { id: { in: [...ids] } } })).map(warehouseOf);
}

/** False where its code is taken. */
export async function insert(db: Db, warehouse: Warehouse, now: Date): Promise<boolean> {
  const { id, code, version } = warehouse;
  const { count } = await db.warehouse.createMany({
    data: [{ id, code, version, ...columnsOf(warehouse), createdAt: now, updatedAt: now }],
    skipDuplicates: true,
  });
  return count > 0;
}

/** A warehouse that nobody else changes until the transaction ends. */
export async function lockWarehouse(db: Db, id: string): Promise<Warehouse | null> {
  await db.$queryRaw`SELECT 1 FROM warehouse WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  const row = await db.warehouse.findUnique({ where: { id } });
  return row && warehouseOf(row);
}

/** Saves a warehouse that is locked. */
export async function save(db: Db, warehouse: Warehouse, now: Date): Promise<void> {
  const { id, version } = warehouse;
  await db.warehouse.update({ where: { id }, data: { ...columnsOf(warehouse), version, updatedAt: now } });
}
