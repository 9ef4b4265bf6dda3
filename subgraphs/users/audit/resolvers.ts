import type { QueryResolvers } from '../resolver-types.generated.js';
import { auditLog } from './service.js';

export const Query = {
  auditLog: (_root, parameters, ctx) => auditLog(ctx, parameters),
} satisfies Partial<QueryResolvers>;
