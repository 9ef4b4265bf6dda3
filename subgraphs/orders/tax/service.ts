import { invalidInput, Refused } from '../../shared/errors.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { TaxRate } from './rules.js';
import { listTaxRates, saveTaxRate } from './store.js';

/** All tax rates; for staff. */
export async function taxRates(ctx: Context): Promise<TaxRate[]> {
  requirePermission(ctx.viewer, 'orders:read');
  return listTaxRates(ctx.db);
}

/** Sets the rate of a country and category; for staff. Orders that exist keep theirs. */
export async function setTaxRate(ctx: Context, input: Omit<TaxRate, 'id'>): Promise<{ taxRate: TaxRate }> {
  requirePermission(ctx.viewer, 'orders:write');
  const { rateBasisPoints, name } = input;
  if (rateBasisPoints < 0 || rateBasisPoints > 10_000)
    throw new Refused(invalidInput('A rate is 0 to 10000 hundredths of a percent.', ['rateBasisPoints']));
  if (name.trim() === '') throw new Refused(invalidInput('A name is needed.', ['name']));
  const rate = { ...input, id: ctx.newId() };
  return { taxRate: { ...rate, id: await saveTaxRate(ctx.db, rate, ctx.clock()) } };
}
