/** The control: plain node:http that reads a question and answers 5 kB of JSON, always the same. */
import { createServer } from 'node:http';

const products = Array.from({ length: 40 }, (_, i) => ({
  id: `00000000-0000-7000-8000-${String(i).padStart(12, '0')}`,
  name: `Brass lantern ${i}`,
  price: { amount: '12.90', currencyCode: 'EUR', formatted: '€12.90' },
}));
const answer = JSON.stringify({ data: { products } });

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    JSON.parse(Buffer.concat(parts).toString());
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }));
});
process.on('SIGTERM', () => process.exit(0));
