import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createBus, type Bus } from '../bus.js';
import { startLoop } from '../events/loop.js';
import { createWake } from '../events/wake.js';
import { newId } from '../ids.js';
import { createLog } from '../log.js';
import { eventually } from '../../../tests/testkit/eventually.js';

const log = createLog('silent', 'test');
const redisUrl = process.env['REDIS_URL'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A way to Redis that can be cut; `open` has it listen at the same port again. */
async function startWay(target: URL) {
  const sockets = new Set<Socket>();
  const start = (port: number): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        const onward = connect(Number(target.port || 6379), target.hostname);
        for (const [from, to] of [
          [socket, onward],
          [onward, socket],
        ] as const) {
          sockets.add(from);
          from.pipe(to);
          from.on('error', () => to.destroy()).on('close', () => to.destroy());
        }
      }).listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await start(0);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  stops.push(cut);
  return { url: `redis://127.0.0.1:${port}`, cut, open: async () => void (server = await start(port)) };
}

const isConnected = (bus: Bus): Promise<boolean> =>
  bus.ready().then(
    () => true,
    () => false,
  );

const busAt = (url: string, prefix = newId()): Bus => createBus({ redisUrl: url, prefix, log });

test('where Redis was never there, nobody waits for it and consumers work', async () => {
  const way = await startWay(new URL('redis://127.0.0.1:1'));
  const bus = busAt(way.url);
  let worked = 0;
  const wake = createWake(bus, () => {});
  const work = async (): Promise<boolean> => ((worked += 1), false);
  const loop = startLoop({ name: 'a loop', bell: 'a bell', wake, log, pollMs: 10, work });
  await bus.signal('a');
  const stopListening = await bus.listen('a', () => {});
  await eventually(() => worked > 1);
  await expect(bus.ready()).rejects.toThrow('not connected');
  stopListening();
  await loop.stop();
  await bus.close();
});

(redisUrl ? test : test.skip)(
  'what is signalled, and who begins to listen, while Redis is away comes through when it is back',
  async () => {
    const way = await startWay(new URL(redisUrl ?? ''));
    const prefix = newId();
    const [bus, other] = [busAt(way.url, prefix), busAt(redisUrl ?? '', prefix)];
    stops.push(() => other.close());
    await eventually(async () => (await isConnected(bus)) && isConnected(other));
    const heard = { elsewhere: 0, early: 0, late: 0 };
    await other.listen('a', () => (heard.elsewhere += 1));
    await bus.listen('b', () => (heard.early += 1));
    await way.cut();
    await eventually(async () => !(await isConnected(bus)));
    await bus.signal('a');
    await bus.signal('a');
    await bus.listen('c', () => (heard.late += 1));
    expect(heard).toEqual({ elsewhere: 0, early: 0, late: 0 });
    await way.open();
    await eventually(() => heard.elsewhere > 0 && heard.late > 0);
    expect(heard).toEqual({ elsewhere: 1, early: 0, late: 1 });
    await other.signal('b');
    await other.signal('c');
    await eventually(() => heard.early > 0 && heard.late > 1);
    await way.cut();
    await bus.signal('a');
    await bus.close();
  },
);
