/** Stock that waits, that is on its way and that goes to a zone. */
import { randomUUID } from 'node:crypto';
import { serviceCaller } from '../../../subgraphs/shared/caller.js';
import type { Client } from '../../testkit/client.js';
import { createGoods, mutate, type Goods } from '../../testkit/goods.js';
import type { TestShop } from '../../testkit/shop.js';

/** A transfer from end to end, of one piece. */
async function transfer(staff: Client, from: Goods, to: Goods): Promise<void> {
  const [variantId = ''] = from.variantIds;
  interface Made {
    transfer: { id: string };
  }
  const { transfer: made } = await mutate<Made>(
    staff,
    'createStockTransfer',
    {
      idempotencyKey: randomUUID(),
      fromWarehouseId: from.warehouseId,
      toWarehouseId: to.warehouseId,
      lines: [{ variantId, quantity: 1 }],
      reference: 'WB-1',
      note: 'With the morning lorry',
    },
    'transfer { id }',
  );
  await mutate(staff, 'shipStockTransfer', { transferId: made.id }, '');
  await mutate(
    staff,
    'receiveStockTransfer',
    { idempotencyKey: randomUUID(), transferId: made.id, lines: [{ variantId, received: 1 }] },
    '',
  );
}

/** The variant for which an order waits. */
export async function createStockMoves(shop: TestShop, staff: Client, goods: Goods): Promise<string> {
  const scarce = await createGoods(staff, { prices: ['5.00'], stock: 2 });
  await transfer(staff, scarce, goods);
  const [waitedFor = ''] = scarce.variantIds;
  const policies = [...goods.variantIds, waitedFor].map((variantId) => ({
    variantId,
    policy: 'BACKORDER',
    maxWaiting: 10,
    expectedAt: '2030-01-01T00:00:00Z',
  }));
  await mutate(staff, 'setBackorderPolicies', { policies }, '');
  const { data } = await shop.subgraphs.inventory.execute({
    query: 'mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { status } }',
    variables: {
      input: {
        orderId: shop.parts.newId(),
        customerId: shop.parts.newId(),
        holdUntil: '2030-01-01T00:00:00Z',
        lines: [{ variantId: waitedFor, quantity: 5 }],
      },
    },
    caller: serviceCaller('orders', 'test'),
  });
  const { status } = (data as { reserveStock: { status: string } }).reserveStock;
  if (status !== 'RESERVED') throw new Error(`An order was to wait, and is ${status}.`);
  await mutate(
    staff,
    'setShippingZone',
    {
      code: 'north',
      name: 'The north',
      areas: [{ country: 'DE', regions: ['SH'], postalCodes: [{ from: '23000', to: '24999' }] }],
    },
    '',
  );
  return waitedFor;
}
