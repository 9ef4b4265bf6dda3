import DataLoader from 'dataloader';
import type { Db } from '../context.js';
import { groupBy } from '../group-by.js';
import type { Refund } from './rules.js';
import { findRefundsOfPayments } from './store.js';

export interface RefundLoaders {
  refundsOfPayment: DataLoader<string, Refund[]>;
}

export const createRefundLoaders = (db: Db): RefundLoaders => ({
  refundsOfPayment: new DataLoader(async (paymentIds) => {
    const found = groupBy(await findRefundsOfPayments(db, paymentIds), (refund) => refund.paymentId);
    return paymentIds.map((id) => found.get(id) ?? []);
  }),
});
