import * as deadLetter from './dead-letter/resolvers.js';
import * as dispute from './dispute/resolvers.js';
import * as paymentMethod from './payment-method/resolvers.js';
import * as payment from './payment/resolvers.js';
import * as reconciliation from './reconciliation/resolvers.js';
import * as refund from './refund/resolvers.js';
import * as riskList from './risk-list/resolvers.js';
import * as risk from './risk/resolvers.js';
import type { MutationResolvers, QueryResolvers, Resolvers } from './resolver-types.generated.js';

export const resolvers = {
  Query: {
    ...payment.Query,
    ...dispute.Query,
    ...risk.Query,
    ...riskList.Query,
    ...reconciliation.Query,
    ...deadLetter.Query,
  } satisfies QueryResolvers,
  Mutation: {
    ...payment.Mutation,
    ...refund.Mutation,
    ...reconciliation.Mutation,
    ...paymentMethod.Mutation,
    ...riskList.Mutation,
    ...deadLetter.Mutation,
  } satisfies MutationResolvers,
  ComplianceCheck: risk.ComplianceCheck,
  Dispute: dispute.Dispute,
  Order: payment.Order,
  Payment: payment.Payment,
  PaymentMethod: paymentMethod.PaymentMethod,
  ReconciliationBreak: reconciliation.ReconciliationBreak,
  RiskListEntry: riskList.RiskListEntry,
  RiskReason: riskList.RiskReason,
  User: paymentMethod.User,
} satisfies Resolvers;
