import DataLoader from 'dataloader';
import type { Db } from '../context.js';
import { groupBy } from '../group-by.js';
import type { Dispute } from './rules.js';
import { findDisputesOfPayments } from './store.js';

export interface DisputeLoaders {
  disputesOfPayment: DataLoader<string, Dispute[]>;
}

export const createDisputeLoaders = (db: Db): DisputeLoaders => ({
  disputesOfPayment: new DataLoader(async (paymentIds) => {
    const found = groupBy(await findDisputesOfPayments(db, paymentIds), (dispute) => dispute.paymentId);
    return paymentIds.map((id) => found.get(id) ?? []);
  }),
});
