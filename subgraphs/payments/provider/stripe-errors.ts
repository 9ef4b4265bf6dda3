/** What Stripe's errors mean: refused for good, or to be asked again. */
import Stripe from 'stripe';
import { ProviderRefused, ProviderUnavailable } from './provider.js';

/** Stripe refuses these for good; everything else (no answer, 409, 429, 5xx, wrong key) may yet succeed. */
const isFinal = (error: unknown): error is Stripe.errors.StripeError =>
  error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.StripeCardError;

/** Runs a call; throws ProviderRefused or ProviderUnavailable. */
export async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isFinal(error))
      throw new ProviderRefused(
        error.decline_code ?? error.code ?? 'refused',
        error.message,
        error.param ?? null,
      );
    throw new ProviderUnavailable('the payment provider gave no usable answer', error);
  }
}

/** Whether the provider refused with one of these codes. */
export const isCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof ProviderRefused && codes.includes(error.code);

/** The answer; null where the provider has no such thing. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isCode(error, 'resource_missing')) return null;
    throw error;
  }
}
