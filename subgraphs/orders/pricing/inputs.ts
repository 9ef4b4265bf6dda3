import { invalidInput, Refused } from '../../shared/errors.js';
import { fromDecimal } from '../../shared/money.js';

/** Minor units of a decimal that staff gave; refused where it has more digits than the currency. */
export function amountIn(currencyCode: string, decimal: string, field: string[]): bigint {
  const amount = fromDecimal(decimal, currencyCode);
  if (amount === null) throw new Refused(invalidInput(`This is no amount in ${currencyCode}.`, field));
  return amount;
}

export const optionalAmountIn = (
  currencyCode: string,
  decimal: string | null | undefined,
  field: string[],
): bigint | null => (decimal == null ? null : amountIn(currencyCode, decimal, field));
