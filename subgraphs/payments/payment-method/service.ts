import { conflict, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { seal } from '../../shared/vault.js';
import { maySee, requireUser } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { unlessUnavailable } from '../payment/inputs.js';
import type { ProviderMethod } from '../provider/provider.js';
import { forgetListed } from '../risk-list/service.js';
import { cardKeyOf } from '../risk/service.js';
import { mostMethodsOfUser, placeOf, type PaymentMethod, type SealedDetails } from './rules.js';
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
export async function ensureProviderCustomer(ctx: Context, userId: string): Promise<string> {
  const known = await findProviderCustomerId(ctx.db, userId);
  if (known) return known;
  const made = await ctx.provider.createCustomer(userId, `cus:${userId}`);
  await saveProviderCustomer(ctx.db, userId, made, ctx.clock());
  return (await findProviderCustomerId(ctx.db, userId)) ?? made;
}

export const findProviderCustomer = (ctx: Context, userId: string): Promise<string | null> =>
  findProviderCustomerId(ctx.db, userId);

/** Saves a method that the provider has tied to the user, in the caller's transaction; its id. One that is saved stays one. */
export async function addMethod(
  ctx: Context,
  userId: string,
  attached: ProviderMethod & { id: string },
  makeDefault: boolean,
): Promise<string> {
  await lockMethods(ctx.db, userId);
  const methods = await findMethodsOfCustomers(ctx.db, [userId]);
  const existing = methods.find((method) => method.providerMethodId === attached.id);
  if (!existing && methods.length >= mostMethodsOfUser)
    throw new Refused(conflict('TOO_MANY_PAYMENT_METHODS', `At most ${mostMethodsOfUser} can be saved.`));
  const isDefault = makeDefault || methods.length === 0;
  if (isDefault) await clearDefault(ctx.db, userId);
  if (existing) {
    if (isDefault) await setDefault(ctx.db, existing.id);
    return existing.id;
  }
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
  return id;
}

/** The user's method with our id. */
export async function findMethod(ctx: Context, userId: string, id: string): Promise<PaymentMethod | null> {
  const methods = await findMethodsOfCustomers(ctx.db, [userId]);
  return methods.find((method) => method.id === id) ?? null;
}

/** The user's method with the provider's id; throws where it is not saved and there is no room for another. */
export async function findSavedMethod(
  ctx: Context,
  userId: string,
  providerMethodId: string,
): Promise<PaymentMethod | null> {
  const methods = await findMethodsOfCustomers(ctx.db, [userId]);
  const known = methods.find((method) => method.providerMethodId === providerMethodId);
  if (!known && methods.length >= mostMethodsOfUser)
    throw new Refused(conflict('TOO_MANY_PAYMENT_METHODS', `At most ${mostMethodsOfUser} can be saved.`));
  return known ?? null;
}

/** Makes the user's method the default, and gives it as it is then. */
export async function chooseDefault(ctx: Context, userId: string, id: string): Promise<PaymentMethod> {
  await transact(ctx, async (inner) => {
    await lockMethods(inner.db, userId);
    const chosen = await findMethod(inner, userId, id);
    if (!chosen) throw new Refused(notFound('payment method', ['paymentMethodId']));
    if (chosen.default) return;
    await clearDefault(inner.db, userId);
    await setDefault(inner.db, id);
  });
  const paymentMethod = await findMethod(ctx, userId, id);
  if (!paymentMethod) throw new Refused(notFound('payment method', ['paymentMethodId']));
  return paymentMethod;
}

/** Offers one of the viewer's saved methods first from now on. */
export async function setDefaultPaymentMethod(
  ctx: Context,
  input: { paymentMethodId: string },
): Promise<{ paymentMethod: PaymentMethod }> {
  const userId = requireUser(ctx.viewer);
  if (!isId(input.paymentMethodId)) throw new Refused(notFound('payment method', ['paymentMethodId']));
  return { paymentMethod: await chooseDefault(ctx, userId, input.paymentMethodId) };
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
    await transact(ctx, async (inner) => {
      await lockMethods(inner.db, userId);
      await deleteMethod(inner.db, method.id);
      // Who has methods has a default: the newest is the next.
      const left = await findMethodsOfCustomers(inner.db, [userId]);
      const [newest] = left;
      if (newest && !left.some((one) => one.default)) await setDefault(inner.db, newest.id);
    });
  }
  return { removedPaymentMethodId: input.paymentMethodId };
}

/** The user's saved methods where the viewer may see them. */
export async function paymentMethods(ctx: Context, userId: string): Promise<PaymentMethod[]> {
  if (!isId(userId) || !maySee(ctx.viewer, userId, 'payments:read')) return [];
  return ctx.loaders.methodsOfUser.load(userId);
}

/** Forgets a deleted user: at the provider, the saved methods, what lists of risk keep of them, and all that was sealed for them. Safe to run twice. */
export async function forgetUser(ctx: Context, userId: string): Promise<void> {
  const providerCustomerId = await findProviderCustomerId(ctx.db, userId);
  if (providerCustomerId) await ctx.provider.deleteCustomer(providerCustomerId);
  await forgetListed(ctx, userId);
  await deleteProviderCustomer(ctx.db, userId);
  await ctx.vault.destroyKey(ctx.db, userId);
}
