import { money } from '../../shared/money.js';
import { withUserErrors } from '../../shared/errors.js';
import { may } from '../../shared/viewer.js';
import { toldCode } from '../risk/rules.js';
import type {
  MutationResolvers,
  OrderResolvers,
  PaymentResolvers,
  QueryResolvers,
} from '../resolver-types.generated.js';
import { capturePayment } from './capture.js';
import { createPayment } from './create.js';
import { cancelPayments, payment, payments, refreshPayment } from './service.js';

export const Query: Pick<QueryResolvers, 'payment'> = {
  payment: (_root, parameters, ctx) => payment(ctx, parameters),
};

export const Mutation: Pick<
  MutationResolvers,
  'createPayment' | 'capturePayment' | 'cancelPayments' | 'refreshPayment'
> = {
  createPayment: (_root, { input }, ctx) =>
    withUserErrors(() => createPayment(ctx, { ...input, returnUrl: input.returnUrl?.toString() ?? null })),
  capturePayment: (_root, { input }, ctx) => withUserErrors(() => capturePayment(ctx, input)),
  cancelPayments: (_root, { input }, ctx) => withUserErrors(() => cancelPayments(ctx, input)),
  refreshPayment: (_root, { input }, ctx) => withUserErrors(() => refreshPayment(ctx, input)),
};

export const Order: OrderResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  payments: (order, _parameters, ctx) => payments(ctx, order.id),
};

export const Payment: PaymentResolvers = {
  __resolveReference: async ({ id }, ctx) => payment(ctx, { id }),
  order: ({ orderId }) => ({ id: orderId }),
  initiatedBy: ({ initiatedBy }) => (initiatedBy === null ? null : { id: initiatedBy }),
  capturedAmount: ({ capturedAmount, amount }) => money(capturedAmount, amount.currencyCode),
  refundedAmount: ({ refundedAmount, amount }) => money(refundedAmount, amount.currencyCode),
  method: (parent, _parameters, ctx) => ctx.loaders.methodDetails.load(parent),
  providerReference: ({ providerIntentId }) => providerIntentId,
  failureCode: ({ failureCode }, _parameters, ctx) => toldCode(failureCode, may(ctx.viewer, 'payments:read')),
  risk: ({ id }, _parameters, ctx) => ctx.loaders.risk.load(id),
  compliance: ({ id }, _parameters, ctx) => ctx.loaders.compliance.load(id),
  attempts: ({ id }, _parameters, ctx) => ctx.loaders.attempts.load(id),
  disputes: ({ id }, _parameters, ctx) => ctx.loaders.disputesOfPayment.load(id),
  refunds: ({ id }, _parameters, ctx) => ctx.loaders.refundsOfPayment.load(id),
};
