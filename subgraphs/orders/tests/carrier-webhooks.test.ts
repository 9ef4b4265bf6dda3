/** The carrier tells of a parcel by webhook: signed, in any order, any number of times. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCarrierSandbox, type CarrierSandbox } from '../../../local/carrier/server.js';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { newId } from '../../shared/ids.js';
import { readNews } from '../carrier/webhook.js';
import {
  createWorld,
  payOrder,
  placedOrder,
  readOrder,
  setUpShop,
  type OrderShape,
  type World,
} from './world.js';
import { eventually } from '../../../tests/testkit/eventually.js';

const secret = 'cwsec_old_and_known';
const next = 'cwsec_new_and_known';
const minute = 60_000;
const staff = staffCaller('admin');
let folder: string;
let carrier: CarrierSandbox;
let world: World;
let methodId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hanse-carrier-'));
  carrier = await startCarrierSandbox({
    ...{ dataFolder: folder, key: 'key', stepMs: 10 * minute },
    clock: () => world?.parts.clock() ?? new Date(),
  });
  world = await createWorld({
    ...{ CARRIER_URL: carrier.url, CARRIER_KEY: 'key', CARRIER_TRACKING_INTERVAL: '1d' },
    CARRIER_WEBHOOK_SECRET: `${secret},${next}`,
  });
  methodId = await setUpShop(world);
});
afterAll(async () => {
  await world.close();
  await carrier.stop();
  await rm(folder, { recursive: true });
});

/** An order whose parcel has a label. */
async function packed(): Promise<{ order: OrderShape; shipmentId: string }> {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const { shipment } = await world.ask<{ shipment: { id: string } }>(
    staff,
    `mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { shipment { id } } }`,
    { input: { idempotencyKey: newId(), orderId: order.id, service: 'standard' } },
  );
  return { order, shipmentId: shipment.id };
}

const sign = (body: string, by: string, aheadSeconds = 0): string => {
  const time = Math.floor(world.parts.clock().getTime() / 1000) + aheadSeconds;
  return `t=${time},v1=${createHmac('sha256', by).update(`${time}.${body}`).digest('hex')}`;
};

const post = async (body: string, signature: string): Promise<number> => {
  const { webhookUrl = '' } = world.orders;
  const headers = { 'hanse-signature': signature };
  return (await fetch(webhookUrl, { method: 'POST', headers, body })).status;
};

const tell = (reference: string, by = secret): Promise<number> => {
  const body = JSON.stringify({ id: newId(), reference });
  return post(body, sign(body, by));
};

const countOf = async (order: OrderShape, type: string): Promise<number> =>
  (await world.eventsOf(order.id)).filter((one) => one === type).length;

test('news of a parcel make the carrier be asked at once: what it says is noted once, however often it is told', async () => {
  const { order, shipmentId } = await packed();
  world.parts.testClock.advance(45 * minute);
  await world.consume('timers');
  expect((await readOrder(world, staff, order.id)).status).toBe('PROCESSING');
  expect(await tell(shipmentId)).toBe(200);
  // It is stored before it is handled: a process that dies now loses nothing.
  expect((await readOrder(world, staff, order.id)).status).toBe('PROCESSING');
  await world.consume('timers');
  expect((await readOrder(world, staff, order.id)).status).toBe('DELIVERED');
  expect(await Promise.all([tell(shipmentId), tell(shipmentId, next), tell(shipmentId)])).toEqual([
    200, 200, 200,
  ]);
  await world.consume('timers');
  expect([await countOf(order, 'OrderShipped'), await countOf(order, 'OrderDelivered')]).toEqual([1, 1]);
});

test('news of nobody’s parcel are taken and change nothing', async () => {
  const timers = () => world.rows('SELECT event_id, run_at, done_at FROM inbox ORDER BY event_id');
  const before = await timers();
  expect([await tell(newId()), await tell('return 1')]).toEqual([200, 200]);
  expect(await timers()).toEqual(before);
});

test('what is not signed by who may, just now, for exactly these bytes, is refused', async () => {
  const { order, shipmentId } = await packed();
  world.parts.testClock.advance(45 * minute);
  const body = JSON.stringify({ id: 'n1', reference: shipmentId });
  const good = sign(body, secret);
  const wrong: [string, string][] = [
    [body, ''],
    [body, sign(body, 'cwsec_of_somebody_else')],
    [`${body} `, good],
    [body, sign(body, secret, 301)],
    [body, sign(body, secret, -301)],
    [body, good.replace('v1=', 'v0=')],
    [body, `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`],
    [body, good.replace(/t=\d+/, (time) => `${time}0`)],
    ['{}', sign('{}', secret)],
    ['no json', sign('no json', secret)],
  ];
  for (const [text, signature] of wrong)
    expect([text, signature, await post(text, signature)]).toEqual([text, signature, 400]);
  await world.consume('timers');
  expect((await readOrder(world, staff, order.id)).status).toBe('PROCESSING');
  const parts = { secrets: [secret, next], clock: world.parts.clock };
  expect(readNews(parts, Buffer.from(body), { 'hanse-signature': sign(body, next, 299) })).toEqual({
    ...{ id: 'n1', reference: shipmentId },
  });
});

test('the sandbox tells every step until it is taken', async () => {
  const { order } = await packed();
  const before = await countOf(order, 'OrderDelivered');
  carrier.addWebhook({ url: world.orders.webhookUrl ?? '', secret: next });
  world.parts.testClock.advance(45 * minute);
  const after = await eventually(
    async () => {
      await world.consume('timers');
      return countOf(order, 'OrderDelivered');
    },
    (count) => count > 0,
  );
  expect([before, after]).toEqual([0, 1]);
});
