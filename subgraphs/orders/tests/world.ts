/** The orders subgraph on a database of its own, with stand-ins around it, for the stories. */
import pg from 'pg';
import { createTestParts, guestCaller, staffCaller, type TestParts } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { serviceCaller } from '../../shared/caller.js';
import { openDatabase, type Database } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { events, type EventType, type PayloadOf } from '../../shared/events/catalogue.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import { newId } from '../../shared/ids.js';
import type { Subgraph } from '../../shared/subgraph.js';
import { createVault } from '../../shared/vault.js';
import { createHttpCarrier } from '../carrier/http.js';
import { createContext, type Context } from '../context.js';
import { consumers, createOrders } from '../main.js';
import { keptTerms } from '../pricing/store.js';
import { ownPromotions } from '../promotion/port.js';
import { taxesOf } from '../tax/choice.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { Neighbours } from './neighbours.js';
import { eventually } from '../../../tests/testkit/eventually.js';

export interface UserErrorShape {
  code: string;
  message: string;
}

export interface World {
  parts: TestParts;
  neighbours: Neighbours;
  orders: Subgraph;
  /** The root field's value; throws where the answer has errors. */
  ask<T>(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<T>;
  /** The first error's code; fails where there is none. */
  refused(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<string>;
  rows<T extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<T[]>;
  /** Types of the events about an aggregate, in order. */
  eventsOf(aggregateId: string): Promise<string[]>;
  /** Gives an event to the consumer's inbox, as the relay would, and lets it be consumed. */
  deliver<Type extends EventType>(consumer: string, type: Type, payload: PayloadOf<Type>): Promise<void>;
  /** Lets the consumer handle what is due; how many that were. */
  consume(consumer: string): Promise<number>;
  /** A context as a service has it, for what has no door. */
  context(): Context;
  close(): Promise<void>;
}

/** `env`: variables that differ from those of all tests. */
export async function createWorld(env: Record<string, string> = {}): Promise<World> {
  const neighbours = new Neighbours();
  const door = neighbours.door();
  const parts = await createTestParts({ catalog: door, inventory: door, payments: door, users: door }, env);
  const orders = await createOrders(parts);
  const database: Database = openDatabase({
    url: parts.databaseUrl('orders'),
    schema: 'orders',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const vault = createVault({ masterKey: parts.config.masterKey, clock: parts.clock, schema: 'orders' });
  const carrier = parts.config.carrier ? createHttpCarrier(parts.config.carrier) : null;
  const context = (correlationId = 'test'): Context =>
    createContext(
      parts,
      { db, vault, terms: keptTerms(), carrier, taxes: taxesOf(parts.config), promotions: ownPromotions },
      serviceCaller('orders', correlationId),
    );
  const admin = new pg.Pool({ connectionString: parts.databaseUrl('orders'), max: 2 });

  const rows: World['rows'] = async (sql, ...values) => (await admin.query(sql, values)).rows as never;
  const consume: World['consume'] = async (name) => {
    const consumer = consumers.find((one) => one.name === name);
    if (!consumer) throw new Error(`There is no consumer ${name}.`);
    const once = (): Promise<number> =>
      consumeOnce({ schema: 'orders', consumers: [consumer], createContext: context }, consumer);
    let handled = 0;
    // A consumer takes a part of what is due at a time.
    for (let more = await once(); more > 0; more = await once()) handled += more;
    return handled;
  };
  return {
    parts,
    neighbours,
    orders,
    ask: async (caller, query, variables = {}) => {
      const { data, errors } = await orders.execute({ query, variables, caller });
      if (errors) throw new Error(JSON.stringify(errors));
      return JSON.parse(JSON.stringify(Object.values(data ?? {})[0] ?? null)) as never;
    },
    refused: async (caller, query, variables = {}) => {
      const { errors } = await orders.execute({ query, variables, caller });
      return String(errors?.[0]?.extensions['code'] ?? 'no error');
    },
    rows,
    eventsOf: async (aggregateId) => {
      const found = await rows<{ type: string }>(
        'SELECT type FROM outbox WHERE aggregate_id = $1 ORDER BY aggregate_seq',
        aggregateId,
      );
      return found.map((row) => row.type);
    },
    deliver: async (consumer, type, payload) => {
      const { version, aggregate } = events[type];
      const eventId = newId();
      await rows(
        `INSERT INTO inbox (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                            correlation_id, occurred_at, payload, run_at)
         VALUES ($1, $2, $3, $4, $5, $2, 1, 'test', $6, $7, $6)`,
        ...[consumer, eventId, type, version, aggregate, parts.clock(), JSON.stringify(payload)],
      );
      const left = async (): Promise<{ last_error: string | null }[]> =>
        rows('SELECT last_error FROM inbox WHERE event_id = $1 AND done_at IS NULL', eventId);
      // A running consumer may have taken it first.
      await eventually(async () => {
        await consume(consumer);
        const [waiting] = await left();
        if (waiting?.last_error) throw new Error(waiting.last_error);
        return waiting === undefined;
      });
    },
    consume,
    context,
    close: async () => {
      await orders.stop();
      await db.$disconnect();
      await database.close();
      await admin.end();
      await parts.close();
    },
  };
}

/** Tax rates of Germany and a way of shipping there (4.90, free from 100.00 on); the method's id. */
export async function setUpShop(world: World): Promise<string> {
  const staff = staffCaller('admin');
  for (const [taxCategory, rateBasisPoints] of [
    ['STANDARD', 1900],
    ['REDUCED', 700],
  ] as const)
    await world.ask(
      staff,
      `mutation ($input: SetTaxRateInput!) { setTaxRate(input: $input) { userErrors { code } } }`,
      {
        input: { country: 'DE', taxCategory, rateBasisPoints, name: `USt. ${rateBasisPoints / 100} %` },
      },
    );
  const { shippingMethod } = await world.ask<{ shippingMethod: { id: string } }>(
    staff,
    `mutation ($input: CreateShippingMethodInput!) {
      createShippingMethod(input: $input) { shippingMethod { id } userErrors { code message field } } }`,
    {
      input: {
        idempotencyKey: newId(),
        ...{ code: 'standard', name: 'Standard', carrier: 'DHL', service: 'Paket', countries: ['DE', 'AT'] },
        ...{ tiers: [{ maxWeightGrams: 5000, price: '4.90' }, { price: '9.90' }], freeAbove: '100.00' },
        ...{ estimatedDaysMin: 2, estimatedDaysMax: 4 },
      },
    },
  );
  return shippingMethod.id;
}

export const address = {
  ...{ firstName: 'Anna', lastName: 'Schmidt', line1: 'Marktstr. 3', city: 'Lübeck', postalCode: '23552' },
  country: 'DE',
};

export interface CartShape {
  id: string;
  version: number;
  lines: { quantity: number; variant: { id: string } }[];
  totals: { total: { amount: string }; tax: { amount: string } | null };
}

export interface OrderShape {
  id: string;
  number: string;
  status: string;
  version: number;
  total: { amount: string };
  refundedAmount: { amount: string };
  items: { id: string; quantity: number; cancelledQuantity: number; shippedQuantity: number }[];
}

export const orderFields = `id number status orderState paymentState fulfilmentState version total { amount } tax { amount }
  net { amount } discount { amount } amountDue { amount } refundedAmount { amount } paymentDueAt cancellable
  items { id quantity cancelledQuantity shippedQuantity total { amount } tax { amount } variant { id } }
  refunds { id amount { amount } status reason } timeline { kind state } shipments { id deliveredAt }`;

const errorFields = 'userErrors { __typename code message field }';

/** A customer who has put articles into the cart and said where they go. */
export async function fillCart(
  world: World,
  methodId: string,
  lines: { variantId: string; quantity: number }[],
  caller: Caller = guestCaller(),
): Promise<{ caller: Caller; cart: CartShape }> {
  await world.ask(
    caller,
    `mutation ($input: AddToCartInput!) { addToCart(input: $input) { cart { id } ${errorFields} } }`,
    {
      input: { idempotencyKey: newId(), lines },
    },
  );
  const { cart } = await world.ask<{ cart: CartShape }>(
    caller,
    `mutation ($input: SetCartDeliveryInput!) { setCartDelivery(input: $input) {
      cart { id version lines { quantity variant { id } } totals { total { amount } tax { amount } } } ${errorFields} } }`,
    { input: { email: 'anna@example.com', shippingAddress: address, shippingMethodId: methodId } },
  );
  return { caller, cart };
}

export type OrderAnswer = { order: OrderShape | null; userErrors: UserErrorShape[] };

export const placeOrder = (
  world: World,
  caller: Caller,
  expectedVersion: number,
  key: string,
): Promise<OrderAnswer> =>
  world.ask(
    caller,
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { ${orderFields} } ${errorFields} } }`,
    { input: { idempotencyKey: key, expectedVersion } },
  );

export const payOrder = (
  world: World,
  caller: Caller,
  orderId: string,
  paymentMethodId: string,
  key: string,
): Promise<OrderAnswer & { payment: { id: string } | null; nextActionUrl: string | null }> =>
  world.ask(
    caller,
    `mutation ($input: PayOrderInput!) { payOrder(input: $input) {
      order { ${orderFields} } payment { id } nextActionUrl clientSecret
      userErrors { __typename code message ... on PaymentDeclinedError { declineCode } } } }`,
    { input: { idempotencyKey: key, orderId, paymentMethodId } },
  );

/** An order that a guest has placed, two pieces of one article at 20.00. */
export async function placedOrder(
  world: World,
  methodId: string,
  more: { caller?: Caller; quantity?: number } = {},
): Promise<{ caller: Caller; order: OrderShape; variantId: string }> {
  const variant = world.neighbours.variant(2000n);
  const lines = [{ variantId: variant.id, quantity: more.quantity ?? 2 }];
  const { caller, cart } = await fillCart(world, methodId, lines, more.caller);
  const { order, userErrors } = await placeOrder(world, caller, cart.version, newId());
  if (!order) throw new Error(JSON.stringify(userErrors));
  return { caller, order, variantId: variant.id };
}

export const readOrder = (world: World, caller: Caller, id: string): Promise<OrderShape> =>
  world.ask(caller, `query ($id: ID!) { order(id: $id) { ${orderFields} } }`, { id });
