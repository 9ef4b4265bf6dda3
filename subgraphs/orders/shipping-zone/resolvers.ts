import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { removeShippingZone, setShippingZone, shippingZones } from './service.js';

export const Query = {
  shippingZones: (_parent, _args, ctx) => shippingZones(ctx),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  setShippingZone: (_parent, { input: { code, name, areas } }, ctx) =>
    withUserErrors(() =>
      setShippingZone(ctx, {
        ...{ code, name },
        areas: areas.map(({ country, regions, postalCodes, excluded }) => ({
          ...{ country, regions: [...(regions ?? [])], excluded },
          postalCodes: (postalCodes ?? []).map(({ from, to }) => ({ from, to })),
        })),
      }),
    ),
  removeShippingZone: (_parent, { input }, ctx) => withUserErrors(() => removeShippingZone(ctx, input.id)),
} satisfies Partial<MutationResolvers>;
