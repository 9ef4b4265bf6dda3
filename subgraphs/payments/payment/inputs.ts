import { clientError, invalidInput, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { fromDecimal, isCurrencyCode, money, type Money } from '../../shared/money.js';
import type { Context } from '../context.js';
import { ProviderUnavailable } from '../provider/provider.js';

export interface AmountInput {
  amount: string;
  currencyCode: string;
}

/** Reads an amount of an input; refuses what is no amount of the currency, zero and less included. */
export function readAmount(input: AmountInput): Money {
  const { currencyCode } = input;
  const amount = isCurrencyCode(currencyCode) ? fromDecimal(input.amount, currencyCode) : null;
  if (amount === null || amount <= 0n)
    throw new Refused(
      invalidInput('amount must be more than zero, with the digits of its currency.', ['amount']),
    );
  return money(amount, currencyCode);
}

export function readId(id: string, field: string): string {
  if (!isId(id)) throw new Refused(invalidInput(`${field} is not an id.`, [field]));
  return id;
}

/** What a provider that does not answer looks like to who called: the same call, made again, goes on from there. */
export async function unlessUnavailable<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    ctx.log.warn({ err: error.cause, correlationId: ctx.correlationId }, error.message);
    throw clientError('PROVIDER_UNAVAILABLE', 'The payment provider does not answer; repeat the same call.');
  }
}
