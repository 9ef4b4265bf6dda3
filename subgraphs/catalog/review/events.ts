import type { EventOf } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { forgetCustomers } from './service.js';

export const onUserDeleted = (ctx: Context, batch: readonly EventOf<'UserDeleted'>[]): Promise<void> =>
  forgetCustomers(
    ctx,
    batch.map((message) => message.payload.userId),
  );
