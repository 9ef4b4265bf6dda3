import { withUserErrors } from '../../shared/errors.js';
import type {
  MutationResolvers,
  PaymentMethodResolvers,
  UserResolvers,
} from '../resolver-types.generated.js';
import { savePaymentMethod } from '../setup/service.js';
import { paymentMethods, removePaymentMethod, setDefaultPaymentMethod } from './service.js';

export const Mutation: Pick<
  MutationResolvers,
  'savePaymentMethod' | 'setDefaultPaymentMethod' | 'removePaymentMethod'
> = {
  savePaymentMethod: (_root, { input }, ctx) =>
    withUserErrors(() =>
      savePaymentMethod(ctx, { ...input, returnUrl: input.returnUrl?.toString() ?? null }),
    ),
  setDefaultPaymentMethod: (_root, { input }, ctx) =>
    withUserErrors(() => setDefaultPaymentMethod(ctx, input)),
  removePaymentMethod: (_root, { input }, ctx) => withUserErrors(() => removePaymentMethod(ctx, input)),
};

export const User: UserResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  paymentMethods: (user, _parameters, ctx) => paymentMethods(ctx, user.id),
};

export const PaymentMethod: PaymentMethodResolvers = {
  last4: async (method, _parameters, ctx) => (await ctx.loaders.savedDetails.load(method)).last4,
  expiryMonth: async (method, _parameters, ctx) => (await ctx.loaders.savedDetails.load(method)).expiryMonth,
  expiryYear: async (method, _parameters, ctx) => (await ctx.loaders.savedDetails.load(method)).expiryYear,
};
