import type { MutationResolvers } from '../resolver-types.generated.js';
import { changeReservation } from './change.js';
import { extendReservation, releaseStock, reserveStock } from './service.js';

export const Mutation: Pick<
  MutationResolvers,
  'reserveStock' | 'changeReservation' | 'releaseStock' | 'extendReservation'
> = {
  reserveStock: (_root, { input }, ctx) => reserveStock(ctx, input),
  changeReservation: (_root, { input }, ctx) => changeReservation(ctx, input),
  releaseStock: (_root, { input }, ctx) => releaseStock(ctx, input),
  extendReservation: (_root, { input }, ctx) => extendReservation(ctx, input),
};
