import { money } from '../../shared/money.js';
import type {
  MutationResolvers,
  PriceChangeResolvers,
  SubscriptionResolvers,
  VariantPriceResolvers,
} from '../resolver-types.generated.js';
import { getVariant } from '../variant/service.js';
import { currentPrice, type PriceChange as Change } from './rules.js';
import { priceChanged, setVariantPrices } from './service.js';

export const Mutation: Pick<MutationResolvers, 'setVariantPrices'> = {
  setVariantPrices: (_root, { input }, ctx) => setVariantPrices(ctx, input),
};

export const Subscription: Pick<SubscriptionResolvers, 'priceChanged'> = {
  priceChanged: {
    subscribe: (_root, { variantIds }, ctx) => priceChanged(ctx, variantIds),
    resolve: (event: Change) => event,
  },
};

export const PriceChange: PriceChangeResolvers = {
  variant: ({ variantId }, _parameters, ctx) => getVariant(ctx, variantId),
};

export const VariantPrice: VariantPriceResolvers = {
  current: (price) => currentPrice(price),
  regular: ({ regular, currencyCode }) => money(regular, currencyCode),
  sale: ({ sale, currencyCode }) => (sale === null ? null : money(sale, currencyCode)),
  onSale: ({ sale }) => sale !== null,
};
