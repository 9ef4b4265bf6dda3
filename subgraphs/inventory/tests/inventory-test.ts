/** For the tests of this folder: inventory on a database of its own, as staff, orders and visitors call it. */
import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { createTestParts, staffCaller, type TestParts } from '../../../tests/testkit/parts.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { openDatabase } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import type { EventType, PayloadOf } from '../../shared/events/catalogue.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import type { Subgraph } from '../../shared/subgraph.js';
import type { Door } from '../../shared/call.js';
import { createContext, type Context } from '../context.js';
import { consumers, createInventory } from '../main.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { createLane } from '../reservation/lane.js';
import { decideReservations } from '../reservation/service.js';

export interface UserErrorShape {
  code: string;
  message: string;
  field: string[] | null;
}

export interface InventoryTest {
  parts: TestParts;
  inventory: Subgraph;
  /** What orders answers of a reservation whose time is over; `away`: it does not answer. */
  holds: Map<string, Date>;
  ordersAway(away: boolean): void;
  /** To look behind the API. */
  db: PrismaClient;
  /** A context as a consumer has it. */
  context(): Context;
  call<T>(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<T>;
  /** The first error's code. */
  refusal(query: string, variables: Record<string, unknown>, caller: Caller): Promise<string | undefined>;
  /** Runs a mutation of one input; staff when no caller is given. */
  mutate<T>(
    field: string,
    input: object,
    selection: string,
    caller?: Caller,
  ): Promise<T & { userErrors: UserErrorShape[] }>;
  close(): Promise<void>;
}

export const staff = (): Caller => staffCaller('warehouse');
export const orders = (): Caller => serviceCaller('orders', 'test');

const overJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Inventory without its loops: a test lets the consumers work by `deliver` and `fireTimers`. */
export async function createInventoryTest(env: Record<string, string> = {}): Promise<InventoryTest> {
  const answers = createOrdersDoor();
  return createInventoryTestOn(await createTestParts({ orders: answers.door }, env), answers);
}

/** Orders, as far as inventory asks it. */
function createOrdersDoor() {
  const holds = new Map<string, Date>();
  let isAway = false;
  const door: Door = {
    execute: async ({ variables }) => {
      if (isAway)
        return { errors: [new GraphQLError('away', { extensions: { code: 'SERVICE_UNAVAILABLE' } })] };
      const { orderIds } = variables as { orderIds: string[] };
      const holdUntil = (id: string): string | null => holds.get(id)?.toISOString() ?? null;
      return {
        data: { reservationHolds: orderIds.map((orderId) => ({ orderId, holdUntil: holdUntil(orderId) })) },
      };
    },
  };
  return { door, holds, ordersAway: (away: boolean) => void (isAway = away) };
}

type Answers = Pick<InventoryTest, 'holds' | 'ordersAway'>;

/** One more process on the same parts; it leaves them open. */
export async function createSecondProcess({
  parts,
  holds,
  ordersAway,
}: InventoryTest): Promise<InventoryTest> {
  return createInventoryTestOn({ ...parts, close: async () => {} }, { holds, ordersAway });
}

async function createInventoryTestOn(parts: TestParts, answers: Answers): Promise<InventoryTest> {
  const inventory = await createInventory(parts);
  const database = openDatabase({
    url: parts.databaseUrl('inventory'),
    schema: 'inventory',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const lane: Context['lane'] = createLane({
    decideBatch: (requests) => decideReservations(context(), requests),
    keyOf: (request) => request.orderId,
    clock: parts.clock,
  });
  const context = (): Context => createContext(parts, { db, lane }, serviceCaller('inventory', 'test'));
  const execute = (query: string, variables: Record<string, unknown>, caller: Caller) =>
    inventory.execute({ query, variables: overJson(variables), caller });
  const call: InventoryTest['call'] = async (query, variables = {}, caller = staff()) => {
    const { data, errors } = await execute(query, variables, caller);
    if (errors?.[0]) throw errors[0];
    return overJson(data) as never;
  };
  return {
    parts,
    ...answers,
    inventory,
    db,
    context,
    call,
    refusal: async (query, variables, caller) =>
      (await execute(query, variables, caller)).errors?.[0]?.extensions['code'] as string | undefined,
    mutate: async (field, input, selection, caller = staff()) => {
      const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
      const data = await call<Record<string, never>>(
        `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code message field } } }`,
        { input },
        caller,
      );
      return data[field] as never;
    },
    close: async () => {
      await inventory.stop();
      await db.$disconnect();
      await database.close();
      await parts.close();
    },
  };
}

export const warehouseInput = (changes: object = {}) => ({
  idempotencyKey: randomUUID(),
  code: `W${randomUUID().slice(0, 8)}`,
  name: 'Test warehouse',
  address: { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
  ...changes,
});

export async function createWarehouse(t: InventoryTest, changes: object = {}): Promise<string> {
  const { warehouse } = await t.mutate<{ warehouse: { id: string } }>(
    'createWarehouse',
    warehouseInput(changes),
    'warehouse { id }',
  );
  return warehouse.id;
}

/** A new variant with so many pieces in each of the warehouses. */
export async function stockVariant(
  t: InventoryTest,
  stock: Record<string, number>,
  variantId: string = t.parts.newId(),
): Promise<string> {
  await t.mutate(
    'setInventoryQuantities',
    {
      idempotencyKey: randomUUID(),
      reason: 'Opening stock',
      quantities: Object.entries(stock).map(([warehouseId, quantity]) => ({
        variantId,
        warehouseId,
        quantity,
      })),
    },
    '',
  );
  return variantId;
}

/** `[onHand, reserved]` of the variant by warehouse. */
export async function levelsOf(
  t: InventoryTest,
  variantId: string,
): Promise<Record<string, [number, number]>> {
  const levels = await t.db.stockLevel.findMany({ where: { variantId } });
  return Object.fromEntries(levels.map((level) => [level.warehouseId, [level.onHand, level.reserved]]));
}

export interface ReserveAnswer {
  status: 'RESERVED' | 'INSUFFICIENT' | null;
  shortages: { variantId: string; requested: number; available: number }[];
  userErrors: UserErrorShape[];
}

/** An order's request for these pieces, held for 15 minutes. */
export const reserveInput = (t: InventoryTest, quantities: Record<string, number>, changes: object = {}) => ({
  orderId: t.parts.newId(),
  customerId: t.parts.newId(),
  holdUntil: new Date(t.parts.clock().getTime() + 15 * 60_000).toISOString(),
  lines: Object.entries(quantities).map(([variantId, quantity]) => ({ variantId, quantity })),
  ...changes,
});

export const reserve = (t: InventoryTest, input: object): Promise<ReserveAnswer> =>
  t.mutate<ReserveAnswer>(
    'reserveStock',
    input,
    'status shortages { variantId requested available }',
    orders(),
  );

/** Reserves and gives the order's id; throws where it was not reserved. */
export async function reserved(t: InventoryTest, quantities: Record<string, number>): Promise<string> {
  const input = reserveInput(t, quantities);
  const answer = await reserve(t, input);
  if (answer.status !== 'RESERVED') throw new Error(JSON.stringify(answer));
  return input.orderId;
}

/** Puts an event into the consumers' inboxes, as the relay would, and lets them handle it. */
export async function deliver<Type extends EventType>(
  t: InventoryTest,
  type: Type,
  aggregateId: string,
  aggregateSeq: number,
  payload: PayloadOf<Type>,
  eventId: string = t.parts.newId(),
): Promise<string> {
  for (const consumer of consumers) {
    if (!(type in consumer.handlers)) continue;
    const now = t.parts.clock();
    const key = { consumer: consumer.name, eventId };
    await t.db.inboxMessage.upsert({
      where: { consumer_eventId: key },
      // The same event again, as after a crash between effect and acknowledgement of another kind of consumer.
      update: { doneAt: null },
      create: {
        ...key,
        type,
        version: 1,
        aggregateType: 'Order',
        aggregateId,
        aggregateSeq,
        correlationId: 'test',
        occurredAt: now,
        payload: payload as object,
        runAt: now,
      },
    });
    await consumeOnce({ schema: 'inventory', consumers, createContext: t.context }, consumer);
    const failed = await t.db.inboxMessage.findUnique({ where: { consumer_eventId: key } });
    if (failed?.lastError) throw new Error(failed.lastError);
  }
  return eventId;
}

/** Lets the timers that are due now do their work. */
export async function fireTimers(t: InventoryTest): Promise<number> {
  const timers = consumers.find((consumer) => consumer.name === 'timers');
  if (!timers) throw new Error('There is no consumer of timers.');
  return consumeOnce({ schema: 'inventory', consumers, createContext: t.context }, timers);
}

/** Types of the events that were written about an aggregate, in order; InventoryUpdated with its numbers. */
export async function eventsOf(t: InventoryTest, aggregateId: string): Promise<string[]> {
  const rows = await t.db.outboxEvent.findMany({ where: { aggregateId }, orderBy: { aggregateSeq: 'asc' } });
  return rows.map(({ type, payload }) => {
    const { available, previousAvailable } = payload as Record<string, number>;
    return type === 'InventoryUpdated' ? `${previousAvailable} -> ${available}` : type;
  });
}

/** The variant's ledger, the oldest entry first: `SALE -2`. */
export async function ledgerOf(t: InventoryTest, variantId: string): Promise<string[]> {
  const rows = await t.db.inventoryTransaction.findMany({ where: { variantId }, orderBy: { id: 'asc' } });
  return rows.map((row) => `${row.type} ${row.quantity}`);
}

/** What must hold at any time: on_hand is the sum of the ledger, reserved that of the open reservations. */
export async function discrepancies(t: InventoryTest): Promise<unknown[]> {
  return t.db.$queryRaw<unknown[]>`
    SELECT s.variant_id, s.warehouse_id, s.on_hand, s.reserved FROM stock_level s
    WHERE s.on_hand <> coalesce((SELECT sum(quantity) FROM inventory_transaction e
                                 WHERE e.variant_id = s.variant_id AND e.warehouse_id = s.warehouse_id), 0)
       OR s.reserved <> coalesce((SELECT sum(quantity) FROM reservation_line l JOIN reservation r USING (order_id)
                                  WHERE r.status = 'OPEN' AND l.variant_id = s.variant_id
                                    AND l.warehouse_id = s.warehouse_id), 0)`;
}
