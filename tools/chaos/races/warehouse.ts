import { randomUUID } from 'node:crypto';
import type { Client } from '../../../tests/testkit/client.js';
import { mutate } from '../../../tests/testkit/goods.js';

/** One more warehouse, with nothing in it; its id. */
export async function createWarehouse(staff: Client): Promise<string> {
  const { warehouse } = await mutate<{ warehouse: { id: string } }>(
    staff,
    'createWarehouse',
    {
      ...{
        idempotencyKey: randomUUID(),
        code: `W${randomUUID().slice(0, 8).toUpperCase()}`,
        name: 'Another',
      },
      address: { line1: 'Kai 2', city: 'Lübeck', postalCode: '23552', country: 'DE' },
    },
    'warehouse { id }',
  );
  return warehouse.id;
}
