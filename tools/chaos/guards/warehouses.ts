/** Guards of goods between warehouses, and of what customers wait for. */
import { source, type Guard } from './guard.js';

const transfers = 'subgraphs/inventory/transfer/service.ts';

export const warehouseGuards: Guard[] = [
  {
    name: 'transfers.lock',
    promise: 'P1: who moves a transfer holds it: goods leave once',
    race: 'transferSentOften',
    changes: source(
      'subgraphs/inventory/transfer/store.ts',
      'WHERE id = ${id}::uuid FOR NO KEY UPDATE`;',
      'WHERE id = ${id}::uuid`;',
    ),
  },
  {
    name: 'transfers.within-sent',
    promise: 'P18: no more arrives than was sent, and who says so is told',
    race: 'transferReceivedByMany',
    changes: source(transfers, 'refuseIfAny(problemsOfArrivals(transfer, arrivals));', ''),
  },
  {
    name: 'transfers.states',
    promise: 'P19: a transfer that was given up is not taken in',
    race: 'transferGivenUp',
    changes: source(transfers, 'if (may !== true) throw new Refused(may);', ''),
  },
  {
    name: 'transfers.free-only',
    promise: 'P1: what is promised to orders does not leave for another warehouse',
    race: 'transferOfPromised',
    changes: source(transfers, 'level.onHand - level.reserved < quantity', 'level.onHand < quantity'),
  },
  {
    name: 'orders.stock-heard-once',
    promise: 'P8: the news that stock came counts once',
    race: 'stockHeardTwice',
    changes: source(
      'subgraphs/orders/backorder/rules.ts',
      'if (order.steps.some(({ id }) => id === step.id)) return null;',
      'if (order.items.length === 0) return null;',
    ),
  },
];
