import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { TaxesUnavailable, type TaxPort, type TaxQuestion } from './port.js';
import { remoteTaxes } from './remote.js';

let server: Server;
let taxes: TaxPort;
let asked: { headers: IncomingMessage['headers']; body: unknown }[] = [];
let answer: { status: number; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  taxes = remoteTaxes({ url: `http://127.0.0.1:${port}/quote`, token: 'let me in' });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => void (asked = []));

const question: TaxQuestion = {
  destination: { country: 'US', region: 'NY', postalCode: '10001', city: 'New York' },
  ...{ currencyCode: 'USD', taxIncluded: false, at: new Date('2026-11-21T12:00:00Z') },
  lines: [
    { variantId: 'v', taxCategory: 'STANDARD', quantity: 2, amount: 1999n },
    { variantId: null, taxCategory: 'REDUCED', quantity: 1, amount: 490n },
  ],
  table: { rates: [], byRegion: false },
};
const says = (status: number, body: unknown): void =>
  void (answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) });

test('the service is asked for each line once, with what taxes depend on and its token', async () => {
  says(200, { lines: [{ rate: '8.875', name: 'NY sales tax' }, null] });
  expect(await taxes.taxesOf(question)).toEqual([{ ratePpm: 88_750, name: 'NY sales tax' }, null]);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    headers: { authorization: 'Bearer let me in', 'content-type': 'application/json' },
    body: {
      ...{ version: 1, currencyCode: 'USD', taxIncluded: false, at: '2026-11-21T12:00:00.000Z' },
      destination: { country: 'US', region: 'NY', postalCode: '10001', city: 'New York' },
      lines: [
        { variantId: 'v', taxCategory: 'STANDARD', quantity: 2, amount: '19.99' },
        { variantId: null, taxCategory: 'REDUCED', quantity: 1, amount: '4.90' },
      ],
    },
  });
});

test.each([
  ['an error', 500, { lines: [] }],
  ['no JSON', 200, 'taxes!'],
  ['too few lines', 200, { lines: [{ rate: '1', name: 'x' }] }],
  ['a rate over 100 %', 200, { lines: [{ rate: '101', name: 'x' }, null] }],
  ['a number for a rate', 200, { lines: [{ rate: 19, name: 'x' }, null] }],
  ['a rate without a name', 200, { lines: [{ rate: '19', name: '' }, null] }],
])('%s is no answer', async (_what, status, body) => {
  says(status, body);
  await expect(taxes.taxesOf(question)).rejects.toThrow(TaxesUnavailable);
});

test('a service that is not there is no answer', async () => {
  const gone = remoteTaxes({ url: 'http://127.0.0.1:1/quote', token: undefined });
  await expect(gone.taxesOf(question)).rejects.toThrow(TaxesUnavailable);
});
