import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { seal } from '../../shared/vault.js';
import { maySee, requireUser } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { unlessUnavailable } from '../payment/inputs.js';
import { ProviderRefused, type ProviderMethod } from '../provider/provider.js';
import { cardKeyOf } from '../risk/service.js';
import {
  isProviderMethodId,
  mostMethodsOfUser,
  placeOf,
  type PaymentMethod,
  type SealedDetails,
} from './rules.js';
import {
  clearDefault,
  deleteMethod,
  deleteProviderCustomer,
  findMethodsOfCustomers,
  findProviderCustomerId,
  insertMethod,
  lockMethods,
  saveProviderCustomer,
  setDefault,
} from './store.js';

/** The provider's record of the user, made when there is none yet. Twins make the same one: the key is the user's. */
async function ensureProviderCustomer(ctx: Context, userId: string): Promise<string> {
  const known = await findProviderCustomerId(ctx.db, userId);
  if (known) return known;
  const made = await ctx.provider.createCustomer(userId, `cus:${userId}`);
  await saveProviderCustomer(ctx.db, userId, made, ctx.clock());
  return (await findProviderCustomerId(ctx.db, userId)) ?? made;
}

async function attach(ctx: Context, methodId: string, providerCustomerId: string) {
  try {
    return await ctx.provider.attachMethod(methodId, providerCustomerId);
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    const field = ['paymentMethodId'];
    throw new Refused(
      error.code === 'resource_missing'
        ? conflict('PAYMENT_METHOD_NOT_FOUND', 'The provider knows no such payment method.', field)
        : conflict('PAYMENT_METHOD_DECLINED', error.message, field),
    );
  }
}

/** In a transaction that holds the lock: adds the method, or changes which one is the default. */
async function store(
  ctx: Context,
  userId: string,
  attached: ProviderMethod & { id: string },
  makeDefault: boolean,
): Promise<void> {
  const methods = await findMethodsOfCustomers(ctx.db, [userId]);
  const existing = methods.find((method) => method.providerMethodId === attached.id);
  const isDefault = makeDefault || methods.length === 0;
  if (!existing && methods.length >= mostMethodsOfUser)
    throw new Refused(conflict('TOO_MANY_PAYMENT_METHODS', `At most ${mostMethodsOfUser} can be saved.`));
  if (isDefault) await clearDefault(ctx.db, userId);
  if (existing) return void (isDefault && (await setDefault(ctx.db, existing.id)));
  const { id: providerMethodId, type, brand, card, ...details } = attached;
  const id = ctx.newId();
  const key = await ctx.vault.ensureKey(ctx.db, userId);
  await insertMethod(ctx.db, {
    id,
    customerId: userId,
    providerMethodId,
    type,
    brand,
    sealed: seal(key, placeOf(id), JSON.stringify(details satisfies SealedDetails)),
    default: isDefault,
    createdAt: ctx.clock(),
    cardKey: card?.fingerprint ? cardKeyOf(ctx, card.fingerprint) : null,
    cardCountry: card?.country ?? null,
  });
}

/** Saves a method that the provider's form made, for the signed-in user. Saving it again changes only the default. */
export async function savePaymentMethod(
  ctx: Context,
  input: { paymentMethodId: string; default?: boolean | null | undefined },
): Promise<{ paymentMethod: PaymentMethod }> {
  const userId = requireUser(ctx.viewer);
  if (!isProviderMethodId(input.paymentMethodId))
    throw new Refused(
      invalidInput('paymentMethodId must be one that the provider made (pm_...).', ['paymentMethodId']),
    );
  return unlessUnavailable(ctx, async () => {
    const saved = await findMethodsOfCustomers(ctx.db, [userId]);
    if (saved.length >= mostMethodsOfUser)
      throw new Refused(conflict('TOO_MANY_PAYMENT_METHODS', `At most ${mostMethodsOfUser} can be saved.`));
    const attached = await attach(ctx, input.paymentMethodId, await ensureProviderCustomer(ctx, userId));
    await transact(ctx, async (inner) => {
      await lockMethods(inner.db, userId);
      await store(inner, userId, attached, input.default ?? false);
    });
    const methods = await findMethodsOfCustomers(ctx.db, [userId]);
    const paymentMethod = methods.find((method) => method.providerMethodId === attached.id);
    if (!paymentMethod) throw new Error('The saved payment method is gone.');
    return { paymentMethod };
  });
}

/** Takes the user's method away at the provider, then here. */
export async function removePaymentMethod(
  ctx: Context,
  input: { paymentMethodId: string },
): Promise<{ removedPaymentMethodId: string }> {
  const userId = requireUser(ctx.viewer);
  const methods = await findMethodsOfCustomers(ctx.db, [userId]);
  const method = methods.find(({ id }) => id === input.paymentMethodId);
  if (method) {
    await unlessUnavailable(ctx, () => ctx.provider.detachMethod(method.providerMethodId));
    await deleteMethod(ctx.db, method.id);
  }
  return { removedPaymentMethodId: input.paymentMethodId };
}

/** The user's saved methods where the viewer may see them. */
export async function paymentMethods(ctx: Context, userId: string): Promise<PaymentMethod[]> {
  if (!isId(userId) || !maySee(ctx.viewer, userId, 'payments:read')) return [];
  return ctx.loaders.methodsOfUser.load(userId);
}

/** Forgets a deleted user: at the provider, the saved methods, and all that was sealed for them. Safe to run twice. */
export async function forgetUser(ctx: Context, userId: string): Promise<void> {
  const providerCustomerId = await findProviderCustomerId(ctx.db, userId);
  if (providerCustomerId) await ctx.provider.deleteCustomer(providerCustomerId);
  await deleteProviderCustomer(ctx.db, userId);
  await ctx.vault.destroyKey(ctx.db, userId);
}
