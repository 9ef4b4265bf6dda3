/** Brings a setup to where the provider has it: the customer's call, the webhook and the timer all come here. */
import { conflict, Refused } from '../../shared/errors.js';
import { consequences, type Fragment } from '../../shared/events/consequences.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { addMethod } from '../payment-method/service.js';
import { ProviderRefused, type ProviderSetup } from '../provider/provider.js';
import {
  changeTo,
  isOpen,
  nextCheckAt,
  providerKeyOf,
  statusOf,
  transitions,
  type Setup,
  type SetupChange,
} from './rules.js';
import { findSetup, updateSetup } from './store.js';

const timerOf = (setupId: string) => ({ consumer: 'timers', type: 'SetupCheck', aggregateId: setupId });

/** The timer for the setup's state, taken back when it has ended. */
export function followsFrom(ctx: Context, after: Setup): Fragment {
  const runAt = nextCheckAt(after, ctx.clock());
  const timer = timerOf(after.id);
  return consequences(ctx, runAt ? { timers: [{ ...timer, runAt }] } : { endedTimers: [timer] });
}

async function write(ctx: Context, setup: Setup, change: SetupChange): Promise<Setup | null> {
  const after: Setup = { ...setup, ...change, version: setup.version + 1 };
  const saved = await updateSetup(ctx.db, setup, change, ctx.clock(), followsFrom(ctx, after));
  return saved ? after : null;
}

/** Saves the method and ends the setup, together; the provider lets go of one that there is no room for. */
async function succeed(ctx: Context, setup: Setup, found: ProviderSetup): Promise<Setup | null> {
  const { method, id: providerSetupId } = found;
  if (!method) throw new Error(`${providerSetupId} has succeeded without a payment method.`);
  try {
    return await transact(ctx, async (inner) => {
      const paymentMethodId = await addMethod(inner, setup.customerId, method, setup.makeDefault);
      return write(inner, setup, changeTo(setup, 'SUCCEEDED', { providerSetupId, paymentMethodId }));
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await ctx.provider.detachMethod(method.id);
    const [why] = error.userErrors;
    const failure = { code: why?.code ?? 'refused', message: why?.message ?? '' };
    return write(ctx, setup, changeTo(setup, 'FAILED', { providerSetupId, failure }));
  }
}

/** The one command that lets the provider's setup change ours; null where somebody else has changed it meanwhile. */
async function apply(ctx: Context, setup: Setup, found: ProviderSetup): Promise<Setup | null> {
  const status = statusOf(found);
  if (status === setup.status && found.id === setup.providerSetupId) return setup;
  if (status !== setup.status && !transitions[setup.status].includes(status)) return setup;
  if (status === 'SUCCEEDED') return succeed(ctx, setup, found);
  return write(ctx, setup, changeTo(setup, status, { providerSetupId: found.id, failure: found.failure }));
}

async function ask(ctx: Context, setup: Setup, providerCustomerId: string): Promise<ProviderSetup> {
  if (setup.providerSetupId) return ctx.provider.getSetup(setup.providerSetupId);
  return ctx.provider.createSetup({
    setupId: setup.id,
    methodId: setup.providerMethodId,
    customerId: providerCustomerId,
    returnUrl: setup.returnUrl,
    key: providerKeyOf(setup.id),
  });
}

interface Answer {
  setup: Setup;
  found: ProviderSetup | null;
}

async function askAndApply(ctx: Context, setup: Setup, providerCustomerId: string): Promise<Answer | null> {
  const isOver = ctx.clock() >= setup.deadline;
  // Nothing was made of it in time: what its lost call may have made takes no money.
  if (isOver && !setup.providerSetupId) {
    const after = await write(ctx, setup, changeTo(setup, 'CANCELLED'));
    return after && { setup: after, found: null };
  }
  try {
    const told = await ask(ctx, setup, providerCustomerId);
    const status = statusOf(told);
    // Who waits too long, or was refused, begins anew: nobody is to confirm this one later.
    const ends = status === 'FAILED' || (isOver && (status === 'PENDING' || status === 'REQUIRES_ACTION'));
    const after = ends ? { ...(await ctx.provider.cancelSetup(told.id)), failure: told.failure } : told;
    const applied = await apply(ctx, setup, after);
    return applied && { setup: applied, found: after };
  } catch (error) {
    if (!(error instanceof ProviderRefused) || setup.providerSetupId) throw error;
    const failure = { code: error.code, message: error.message };
    const after = await write(ctx, setup, changeTo(setup, 'FAILED', { failure }));
    return after && { setup: after, found: null };
  }
}

const tries = 8;

/** Asks the provider how the setup stands and applies it, again where somebody else was faster. */
export async function syncSetup(ctx: Context, known: Setup, providerCustomerId: string): Promise<Answer> {
  let setup: Setup | null = known;
  for (let attempt = 0; attempt < tries && setup; attempt += 1) {
    if (!isOpen(setup)) return { setup, found: null };
    const answer = await askAndApply(ctx, setup, providerCustomerId);
    if (answer) return answer;
    setup = await findSetup(ctx.db, known.id);
  }
  throw new Error(`Setup ${known.id} is gone, or changed ${tries} times while the provider was asked.`);
}

/** What its customer is told of a setup that saved nothing. */
export function refusalOf({ failureCode, failureMessage }: Setup): Refused {
  const field = ['paymentMethodId'];
  if (failureCode === 'resource_missing')
    return new Refused(
      conflict('PAYMENT_METHOD_NOT_FOUND', 'The provider knows no such payment method.', field),
    );
  if (failureCode === 'TOO_MANY_PAYMENT_METHODS')
    return new Refused(conflict(failureCode, failureMessage ?? '', field));
  return new Refused(
    conflict('PAYMENT_METHOD_DECLINED', failureMessage ?? 'The payment method was not saved.', field),
  );
}
