/** Search follows the catalogue: whatever changed, the product is read anew, so repeats and other orders do no harm. */
import type { EventOf } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { indexInOpenSearch, indexInPostgres } from './service.js';

type Changed = EventOf<'ProductChanged'> | EventOf<'PriceChanged'>;
const productIds = (batch: readonly Changed[]): string[] => batch.map((message) => message.payload.productId);

/** For the document in Postgres, which is always kept. */
export const toPostgres = (ctx: Context, batch: readonly Changed[]): Promise<void> =>
  indexInPostgres(ctx, productIds(batch));

/** For the one in OpenSearch, where the shop has it. */
export const toOpenSearch = (ctx: Context, batch: readonly Changed[]): Promise<void> =>
  indexInOpenSearch(ctx, productIds(batch));
