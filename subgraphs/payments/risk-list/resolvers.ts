import { withUserErrors } from '../../shared/errors.js';
import type {
  MutationResolvers,
  QueryResolvers,
  RiskListEntryResolvers,
  RiskReasonResolvers,
} from '../resolver-types.generated.js';
import { addRiskListEntries, removeRiskListEntries, riskListEntries } from './service.js';

export const Query: Pick<QueryResolvers, 'riskListEntries'> = {
  riskListEntries: (_root, parameters, ctx) => riskListEntries(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'addRiskListEntries' | 'removeRiskListEntries'> = {
  addRiskListEntries: (_root, { input }, ctx) => withUserErrors(() => addRiskListEntries(ctx, input)),
  removeRiskListEntries: (_root, { input }, ctx) => withUserErrors(() => removeRiskListEntries(ctx, input)),
};

const userOf = (id: string | null) => (id === null ? null : { id });

export const RiskListEntry: RiskListEntryResolvers = {
  customer: ({ customerId }) => userOf(customerId),
  payment: ({ paymentId }, _parameters, ctx) =>
    paymentId === null ? null : ctx.loaders.payment.load(paymentId),
  addedBy: ({ addedBy }) => userOf(addedBy),
  removedBy: ({ removedBy }) => userOf(removedBy),
};

export const RiskReason: RiskReasonResolvers = {
  listEntry: ({ listEntryId }, _parameters, ctx) =>
    listEntryId === undefined ? null : ctx.loaders.riskListEntry.load(listEntryId),
};
