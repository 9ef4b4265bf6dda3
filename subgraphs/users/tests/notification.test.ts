import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { startUsers, type UsersUnderTest } from './users.js';

/** Who placed which order, as orders knows it. */
const customers = new Map<string, string>();
let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers({
    orders: {
      execute: async ({ variables }) => {
        const customerId = customers.get(String(variables?.['id']));
        return { data: { orderForMail: customerId ? { customerId } : null } };
      },
    },
  });
  await shop.users.start();
});
afterAll(() => shop.close());

interface Told {
  id: string;
  type: string;
  message: string;
  order: { id: string } | null;
  variant: { id: string } | null;
  readAt: string | null;
}
interface Inbox {
  notifications: { nodes: Told[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
  unreadNotificationCount: number;
}
const inboxOf = async (caller: Caller, first = 20, after?: string): Promise<Inbox> => {
  const query = `query ($first: Int, $after: String) { me {
    notifications(first: $first, after: $after) {
      nodes { id type message order { id } variant { id } readAt } pageInfo { hasNextPage endCursor }
    }
    unreadNotificationCount
  } }`;
  return (await shop.ask<{ me: Inbox }>(caller, query, { first, after })).me;
};
const typesOf = ({ notifications }: Inbox): string[] => notifications.nodes.map(({ type }) => type);

const tell = async (consumer: string, type: string, payload: Record<string, unknown>): Promise<void> => {
  const delivery = { id: shop.parts.newId(), type, payload };
  // Twice, as everything that is delivered at least once must bear it.
  for (let time = 0; time < 2; time += 1) {
    expect(await shop.deliver(consumer, delivery)).toEqual({ failed: null });
  }
  shop.parts.testClock.advance(1_000);
};
const tellOfOrder = (type: string, orderId: string, customerId: string): Promise<void> =>
  tell('notifications', type, { orderId, customerId });

test('each event of an order is told once to who ordered, in their language, and to nobody else', async () => {
  const [one, two] = [await shop.newUser(), await shop.newUser()];
  await shop.ask(one.caller, 'mutation { updateProfile(input: { locale: "de-AT" }) { user { id } } }');
  const orderId = shop.parts.newId();
  customers.set(orderId, one.id);
  for (const type of [
    'OrderCreated',
    'OrderPaid',
    'OrderShipped',
    'OrderDelivered',
    'OrderRefunded',
    'OrderCancelled',
  ]) {
    await tellOfOrder(type, orderId, one.id);
  }
  await tell('payment-notifications', 'PaymentFailed', {
    orderId,
    paymentId: shop.parts.newId(),
    code: 'declined',
  });
  const inbox = await inboxOf(one.caller);
  expect(typesOf(inbox)).toEqual([
    'PAYMENT_FAILED',
    'ORDER_CANCELLED',
    'ORDER_REFUNDED',
    'ORDER_DELIVERED',
    'ORDER_SHIPPED',
    'ORDER_PAID',
    'ORDER_CREATED',
  ]);
  expect(inbox.unreadNotificationCount).toBe(7);
  expect(inbox.notifications.nodes.at(-1)).toMatchObject({
    message: 'Wir haben Ihre Bestellung erhalten.',
    order: { id: orderId },
    variant: null,
    readAt: null,
  });
  const page = (await inboxOf(one.caller, 3)).notifications;
  const next = await inboxOf(one.caller, 20, page.pageInfo.endCursor);
  expect([page.nodes.length, page.pageInfo.hasNextPage, typesOf(next).length]).toEqual([3, true, 4]);
  expect(typesOf(await inboxOf(two.caller))).toEqual([]);
});

test("a guest's order, and one that orders does not know, are told to nobody", async () => {
  const before = await shop.db.notification.count();
  await tellOfOrder('OrderPaid', shop.parts.newId(), shop.parts.newId());
  await tell('payment-notifications', 'PaymentFailed', {
    orderId: shop.parts.newId(),
    paymentId: shop.parts.newId(),
    code: 'x',
  });
  expect(await shop.db.notification.count()).toBe(before);
});

test('low stock is told to all who keep the stock, and to no customer', async () => {
  const [customer, keeper, boss, finance] = [
    await shop.newUser(),
    await shop.newUser('WAREHOUSE'),
    await shop.newUser('MANAGER'),
    await shop.newUser('FINANCE'),
  ];
  const variantId = shop.parts.newId();
  await tell('notifications', 'LowStock', { variantId, warehouseId: shop.parts.newId(), available: 2 });
  await tell('notifications', 'ReorderPointReached', {
    ...{ variantId, warehouseId: shop.parts.newId(), available: 1, reorderQuantity: 40 },
  });
  await tell('notifications', 'OutOfStock', { variantId });
  for (const { caller } of [keeper, boss]) {
    const inbox = await inboxOf(caller);
    expect(typesOf(inbox)).toEqual(['OUT_OF_STOCK', 'REORDER_POINT_REACHED', 'LOW_STOCK']);
    expect(inbox.notifications.nodes[1]).toMatchObject({
      message: 'An article is to be reordered: 40 pieces.',
    });
    expect(inbox.notifications.nodes[0]).toMatchObject({
      message: 'An article is sold out.',
      variant: { id: variantId },
      order: null,
    });
  }
  for (const { caller } of [customer, finance]) expect(typesOf(await inboxOf(caller))).toEqual([]);
});

const markRead = `mutation ($input: MarkNotificationsReadInput!) {
  markNotificationsRead(input: $input) { markedCount user { unreadNotificationCount } userErrors { code } }
}`;

test("a user marks their own as read: some, or all; never another's", async () => {
  const [one, two] = [await shop.newUser(), await shop.newUser()];
  for (const { id } of [one, one, one, two]) await tellOfOrder('OrderPaid', shop.parts.newId(), id);
  const [first] = (await inboxOf(one.caller)).notifications.nodes;
  const [foreign] = (await inboxOf(two.caller)).notifications.nodes;
  const answer = (markedCount: number, unreadNotificationCount: number) => ({
    markNotificationsRead: { markedCount, user: { unreadNotificationCount }, userErrors: [] },
  });
  const ids = [first?.id, foreign?.id, 'no id'];
  expect(await shop.ask(one.caller, markRead, { input: { ids } })).toEqual(answer(1, 2));
  expect(await shop.ask(one.caller, markRead, { input: { ids } })).toEqual(answer(0, 2));
  expect((await inboxOf(two.caller)).unreadNotificationCount).toBe(1);
  expect(await shop.ask(one.caller, markRead, { input: {} })).toEqual(answer(2, 0));
  expect(await shop.errorCode(guestCaller(), markRead, { input: {} })).toBe('UNAUTHENTICATED');
});
