import { withUserErrors, type Payload } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers, ResolversTypes } from '../resolver-types.generated.js';
import {
  approveReturn,
  receiveReturn,
  rejectReturn,
  requestReturn,
  returns,
  type ReturnResult,
} from './service.js';
import { returnView } from './views.js';

const payload = ({
  order,
  returned,
  userErrors,
}: Payload<ReturnResult>): {
  return: ResolversTypes['Return'] | undefined;
  userErrors: typeof userErrors;
} => ({ return: order && returned && returnView(order, returned), userErrors });

export const Query = {
  returns: async (_parent, { filter, ...page }, ctx) => {
    const { edges, pageInfo } = await returns(ctx, filter ?? {}, page);
    const shown = edges.map(({ cursor, node }) => ({ cursor, node: returnView(node.order, node.returned) }));
    return { edges: shown, nodes: shown.map(({ node }) => node), pageInfo };
  },
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  requestReturn: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => requestReturn(ctx, input))),
  approveReturn: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => approveReturn(ctx, input))),
  rejectReturn: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => rejectReturn(ctx, input))),
  receiveReturn: async (_parent, { input }, ctx) =>
    payload(await withUserErrors(() => receiveReturn(ctx, input))),
} satisfies Partial<MutationResolvers>;
