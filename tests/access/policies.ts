/** The six policy tables. */
import { policy as catalog } from '../../subgraphs/catalog/policy.js';
import { policy as inventory } from '../../subgraphs/inventory/policy.js';
import { policy as orders } from '../../subgraphs/orders/policy.js';
import { policy as payments } from '../../subgraphs/payments/policy.js';
import { policy as recommendations } from '../../subgraphs/recommendations/policy.js';
import { policy as users } from '../../subgraphs/users/policy.js';
import type { SubgraphName } from '../../subgraphs/list.js';
import type { Policy } from '../../subgraphs/shared/policy.js';

export const policies: Record<SubgraphName, Policy> = {
  users,
  catalog,
  inventory,
  orders,
  payments,
  recommendations,
};
