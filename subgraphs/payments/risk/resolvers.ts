import type { ComplianceCheckResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { payments } from './service.js';

export const Query: Pick<QueryResolvers, 'payments'> = {
  payments: (_root, parameters, ctx) => payments(ctx, parameters),
};

export const ComplianceCheck: ComplianceCheckResolvers = {
  messages: ({ findings }) => findings.map(({ message }) => message),
};
