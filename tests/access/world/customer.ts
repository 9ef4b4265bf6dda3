/** A customer with everything that a customer can have. */
import type { Client } from '../../testkit/client.js';
import type { Goods } from '../../testkit/goods.js';
import type { TestShop } from '../../testkit/shop.js';
import { createAccount, createGuest, type Account } from './account.js';
import { createCanaries } from './canaries.js';
import { createOrder } from './order.js';
import { eventually } from '../../testkit/eventually.js';

export interface Customer extends Account {
  /** One in every field that is this customer's alone. */
  canaries: string[];
  /** A note at their order that only staff may read. */
  staffNote: string;
}

/** Consumers write these: waits for them, so that nothing of it comes in between later. */
async function notificationIds(client: Client): Promise<string[]> {
  const { me } = await eventually(
    () =>
      client.data<{ me: { notifications: { nodes: { id: string; type: string }[] } } }>(
        '{ me { notifications { nodes { id type } } } }',
      ),
    (answer) => answer.me.notifications.nodes.some(({ type }) => type === 'ORDER_SHIPPED'),
  );
  return me.notifications.nodes.map(({ id }) => id);
}

export async function createCustomer(
  kind: 'user' | 'guest',
  { shop, staff, goods }: { shop: TestShop; staff: Client; goods: Goods },
): Promise<Customer> {
  const canaries = createCanaries();
  const account = kind === 'user' ? await createAccount(shop, goods, canaries) : await createGuest(shop);
  const { id, client } = account;
  const { order, staffNote, cancelReason } = await createOrder(client, staff, goods, canaries);
  const values = {
    ...account.values,
    ...order,
    userId: id,
    customerId: id,
    'Query.user.id': id,
    'MarkNotificationsReadInput.ids': kind === 'user' ? await notificationIds(client) : [],
  };
  const secrets = [...account.secrets, staffNote, cancelReason];
  return { ...account, canaries: canaries.made, secrets, staffNote, values };
}
