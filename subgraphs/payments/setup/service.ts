import { invalidInput, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { schedule } from '../../shared/events/timers.js';
import { transactOne } from '../../shared/transaction.js';
import { requireUser } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { unlessUnavailable } from '../payment/inputs.js';
import { isProviderMethodId, type PaymentMethod } from '../payment-method/rules.js';
import {
  chooseDefault,
  ensureProviderCustomer,
  findMethod,
  findProviderCustomer,
  findSavedMethod,
} from '../payment-method/service.js';
import { ProviderUnavailable } from '../provider/provider.js';
import { followsFrom, refusalOf, syncSetup } from './provider-state.js';
import { isOpen, lifeMs, nextCheckAt, type Setup } from './rules.js';
import { findSetup, findSetupOfMethod, findSetupOfProvider, insertSetup } from './store.js';

export interface SavePaymentMethodInput {
  paymentMethodId: string;
  default?: boolean | null | undefined;
  returnUrl?: string | null | undefined;
}

export interface SavedMethod {
  paymentMethod: PaymentMethod | null;
  clientSecret: string | null;
  nextActionUrl: string | null;
}

const saved = (paymentMethod: PaymentMethod): SavedMethod => ({
  ...{ paymentMethod, clientSecret: null, nextActionUrl: null },
});

function readInput(input: SavePaymentMethodInput): void {
  if (!isProviderMethodId(input.paymentMethodId))
    throw new Refused(
      invalidInput('paymentMethodId must be one that the provider made (pm_...).', ['paymentMethodId']),
    );
  if (input.returnUrl && !/^https?:\/\//.test(input.returnUrl))
    throw new Refused(invalidInput('returnUrl must begin with https:// or http://.', ['returnUrl']));
}

/** The open setup for that method, or a new one with its timer: written before the provider is asked. */
async function begin(ctx: Context, userId: string, input: SavePaymentMethodInput): Promise<Setup> {
  const now = ctx.clock();
  const setup: Setup = {
    ...{ id: ctx.newId(), customerId: userId, providerMethodId: input.paymentMethodId },
    ...{ returnUrl: input.returnUrl ?? null, makeDefault: input.default ?? false },
    ...{ status: 'PENDING', version: 1, providerSetupId: null, paymentMethodId: null },
    ...{ failureCode: null, failureMessage: null },
    ...{ deadline: new Date(now.getTime() + lifeMs), createdAt: now },
  };
  const open = await findSetupOfMethod(ctx.db, userId, input.paymentMethodId);
  if (open) return open;
  const isNew = await transactOne(ctx, (inner) => insertSetup(inner.db, setup, followsFrom(inner, setup)));
  return isNew ? setup : ((await findSetupOfMethod(ctx.db, userId, input.paymentMethodId)) ?? setup);
}

/**
 * Saves a method that the provider's form made, for the signed-in user. Where the bank wants to see the customer first, the
 * same call, made again after that, finishes it; so does the provider's webhook. Saving one that is saved changes only the
 * default.
 */
export async function savePaymentMethod(ctx: Context, input: SavePaymentMethodInput): Promise<SavedMethod> {
  const userId = requireUser(ctx.viewer);
  readInput(input);
  return unlessUnavailable(ctx, async () => {
    const known = await findSavedMethod(ctx, userId, input.paymentMethodId);
    if (known) return saved(input.default ? await chooseDefault(ctx, userId, known.id) : known);
    const providerCustomerId = await ensureProviderCustomer(ctx, userId);
    const begun = await begin(ctx, userId, input);
    const { setup, found } = await syncSetup(ctx, begun, providerCustomerId);
    if (setup.status === 'FAILED' || setup.status === 'CANCELLED') throw refusalOf(setup);
    const paymentMethod = setup.paymentMethodId ? await findMethod(ctx, userId, setup.paymentMethodId) : null;
    if (paymentMethod) return saved(paymentMethod);
    return {
      paymentMethod: null,
      clientSecret: found?.clientSecret ?? null,
      nextActionUrl: found?.nextActionUrl ?? null,
    };
  });
}

async function sync(ctx: Context, setup: Setup): Promise<Setup> {
  const providerCustomerId = await findProviderCustomer(ctx, setup.customerId);
  // The customer was deleted, and with them the setup.
  return providerCustomerId ? (await syncSetup(ctx, setup, providerCustomerId)).setup : setup;
}

/** Timer: asks the provider about a setup that is open, and sets the next one while it is. */
export async function checkSetup(ctx: Context, setupId: string): Promise<void> {
  const before = await findSetup(ctx.db, setupId);
  if (!before || !isOpen(before)) return;
  let after = before;
  try {
    after = await sync(ctx, before);
  } catch (error) {
    // An outage must not use up the timer's tries: the setup has to end some day.
    if (!(error instanceof ProviderUnavailable)) throw error;
    ctx.log.warn({ err: error.cause, setupId }, error.message);
  }
  const runAt = nextCheckAt(after, ctx.clock());
  if (runAt) await schedule(ctx, { consumer: 'timers', type: 'SetupCheck', aggregateId: setupId, runAt });
}

/** Webhook: brings our setup to where the provider has it; those of others are passed over. */
export async function syncProviderSetup(ctx: Context, providerSetupId: string): Promise<void> {
  const known = await findSetupOfProvider(ctx.db, providerSetupId);
  const id = known?.id ?? (await ctx.provider.getSetup(providerSetupId)).setupId;
  const setup = known ?? (id && isId(id) ? await findSetup(ctx.db, id) : null);
  if (setup && isOpen(setup)) await sync(ctx, setup);
}
