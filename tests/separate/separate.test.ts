/** The graph as separate processes: two gateways, two relays, two of every subgraph. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { subgraphNames } from '../../subgraphs/list.js';
import { tellStory } from '../story.js';
import { isBusy, type Client } from '../testkit/client.js';
import { createGoods, createTerms, fillCart, mutate, signInGuest, signInStaff } from '../testkit/goods.js';
import { redisUrl, startSeparateShop, type SeparateShop } from '../testkit/separate-shop.js';
import { eventually } from '../testkit/eventually.js';

const wholeStartMs = 240_000;

(redisUrl ? describe : describe.skip)('as separate processes', () => {
  let shop: SeparateShop;
  beforeAll(async () => {
    const two = Object.fromEntries([...subgraphNames, 'gateway', 'relay'].map((name) => [name, 2]));
    shop = await startSeparateShop(two);
  }, wholeStartMs);
  afterAll(() => shop.close(), wholeStartMs);

  describe('the same story', () => tellStory(async () => ({ ...shop, close: async () => {} })));

  let staff: Client;
  beforeAll(async () => {
    staff = await signInStaff(shop, 'ADMIN');
    await createTerms(staff);
  });

  async function placeOrder(guest: Client, variantId: string): Promise<string> {
    const { version } = await fillCart(guest, [{ variantId, quantity: 1 }]);
    const input = { idempotencyKey: randomUUID(), expectedVersion: version };
    const { order } = await mutate<{ order: { id: string } }>(guest, 'placeOrder', input, 'order { id }');
    return order.id;
  }

  const orderQuery = `query ($id: ID!) { order(id: $id) {
    status items { name unitPrice { amount } variant { sku product { name } } } payments { status } } }`;

  test(
    'fifty guests who come by two gateways buy the last ten units: exactly ten are sold',
    async () => {
      const { productId, variantIds } = await createGoods(staff, { prices: ['20.00'], stock: 10 });
      const lines = [{ variantId: variantIds[0] ?? '', quantity: 1 }];
      const buy = async (): Promise<boolean> => {
        const guest = await signInGuest(shop);
        const { version } = await fillCart(guest, lines).catch((error: Error) => {
          if (!error.message.includes('INSUFFICIENT_STOCK')) throw error;
          return { version: 0 };
        });
        if (version === 0) return false; // sold out before it was in the cart
        const { placeOrder: placed } = await guest.data<{ placeOrder: { order: object | null } }>(
          'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code } } }',
          { input: { idempotencyKey: randomUUID(), expectedVersion: version } },
        );
        return placed.order !== null;
      };
      const bought = await Promise.all(Array.from({ length: 50 }, buy));
      expect(bought.filter(Boolean).length).toBe(10);
      const { product } = await staff.data<{
        product: { variants: { stock: { onHand: number; reserved: number }[] }[] };
      }>('query ($id: ID!) { product(id: $id) { variants { stock { onHand reserved } } } }', {
        id: productId,
      });
      expect(product.variants).toEqual([{ stock: [{ onHand: 10, reserved: 10 }] }]);
    },
    wholeStartMs,
  );

  test(
    'orders can be read while the catalogue is down, and nothing else is lost',
    async () => {
      const { variantIds } = await createGoods(staff, { name: 'Storm glass', prices: ['20.00'], stock: 5 });
      const guest = await signInGuest(shop);
      const id = await placeOrder(guest, variantIds[0] ?? '');
      const whole = await guest.request(orderQuery, { id });
      expect(whole).toMatchObject({
        data: { order: { items: [{ variant: { product: { name: 'Storm glass' } } }] } },
      });
      const back = [shop.processes.kill('catalog 1'), shop.processes.kill('catalog 2')];
      const answer = await guest.request(orderQuery, { id });
      expect(answer.data).toEqual({
        order: {
          status: 'PENDING',
          items: [{ name: 'Storm glass, Size 1', unitPrice: { amount: '20.00' }, variant: null }],
          payments: [],
        },
      });
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(['SERVICE_UNAVAILABLE']);
      await Promise.all(back);
      const again = await eventually(
        () => guest.request(orderQuery, { id }),
        (one) => !isBusy(one),
      );
      expect(again).toEqual(whole);
    },
    wholeStartMs,
  );

  test(
    'a stream goes on when the processes behind it are killed',
    async () => {
      const { variantIds } = await createGoods(staff, { prices: ['20.00'], stock: 5 });
      const guest = await signInGuest(shop);
      const id = await placeOrder(guest, variantIds[0] ?? '');
      const events = guest.subscribe<{ orderUpdated: { order: { status: string } } }>(
        'subscription ($id: ID!) { orderUpdated(orderId: $id) { order { status } } }',
        { id },
      );
      expect(await events.next()).toEqual({ orderUpdated: { order: { status: 'PENDING' } } });
      await Promise.all([shop.processes.kill('orders 1'), shop.processes.kill('orders 2')]);
      await mutate(
        guest,
        'cancelOrder',
        { idempotencyKey: randomUUID(), orderId: id, reason: 'CHANGED_MIND' },
        '',
      );
      let status = '';
      while (status !== 'CANCELLED') ({ status } = (await events.next()).orderUpdated.order);
      await events.close();
    },
    wholeStartMs,
  );

  test('a subgraph answers nobody who does not sign', async () => {
    for (const [name, url] of Object.entries(shop.processes.env).filter(
      ([key]) => key.endsWith('_URL') && key !== 'REDIS_URL',
    )) {
      const response = await fetch(`${url.split(',')[0]}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: '{ _service { sdl } }',
          caller: { claims: { kind: 'service', sub: 'gateway' }, headers: {}, correlationId: 'c' },
        }),
      });
      expect([name, response.status]).toEqual([name, 401]);
    }
  });
});
