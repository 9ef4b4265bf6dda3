import type { EventOf } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { forgetUser } from './service.js';

export async function UserDeleted(ctx: Context, batch: EventOf<'UserDeleted'>[]): Promise<void> {
  for (const { payload } of batch) await forgetUser(ctx, payload.userId);
}
