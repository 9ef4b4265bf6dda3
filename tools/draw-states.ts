/** Draws the state machines of orders from their tables: `node --import tsx tools/draw-states.ts` writes docs/order-states.md. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transitions as returns } from '../subgraphs/orders/return/rules.js';
import {
  statusOf,
  transitions,
  type FulfilmentState,
  type OrderState,
  type PaymentState,
} from '../subgraphs/orders/order/states.js';
import { transitions as shipments } from '../subgraphs/orders/shipment/rules.js';

export const drawingsFile = 'docs/order-states.md';

type Table = Readonly<Record<string, readonly string[]>>;

function drawing(title: string, table: Table): string {
  const [first = ''] = Object.keys(table);
  const lines = Object.entries(table).flatMap(([from, to]) =>
    to.length === 0 ? [`  ${from} --> [*]`] : to.map((one) => `  ${from} --> ${one}`),
  );
  return [`## ${title}`, '', '```mermaid', 'stateDiagram-v2', `  [*] --> ${first}`, ...lines, '```'].join(
    '\n',
  );
}

/** Which word stands for which states, as a table; a state is said once per word that it can lead to. */
function words(): string {
  const rows = new Map<string, Set<string>>();
  for (const orderState of Object.keys(transitions.orderState) as OrderState[])
    for (const paymentState of Object.keys(transitions.paymentState) as PaymentState[])
      for (const fulfilmentState of Object.keys(transitions.fulfilmentState) as FulfilmentState[]) {
        const word = statusOf({ orderState, paymentState, fulfilmentState });
        rows.set(word, (rows.get(word) ?? new Set()).add(fulfilmentState));
      }
  const lines = [...rows].map(([word, fulfilment]) => `| \`${word}\` | ${[...fulfilment].join(', ')} |`);
  return ['| `Order.status` | with a fulfilment of |', '| --- | --- |', ...lines].join('\n');
}

/** The page, made of the tables alone. */
export const page = (): string =>
  [
    '# States of an order',
    'Drawn by `node --import tsx tools/draw-states.ts` from the tables in `subgraphs/orders/*/`, which are what the API goes by;\n`tests/drawings.test.ts` fails where the two differ. `subgraphs/orders/tests/every-state.test.ts` tries every command in every state.',
    drawing('The order', transitions.orderState),
    drawing('Its payment', transitions.paymentState),
    drawing('Its fulfilment', transitions.fulfilmentState),
    '## The one word',
    words(),
    drawing('A parcel', shipments),
    drawing('A return', returns),
  ].join('\n\n') + '\n';

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(drawingsFile, page());
