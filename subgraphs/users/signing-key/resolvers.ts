import type { QueryResolvers } from '../resolver-types.generated.js';

export const Query = {
  signingKeys: (_root, _parameters, ctx) => ctx.signingKeys.publicKeys(),
} satisfies Partial<QueryResolvers>;
