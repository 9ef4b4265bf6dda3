import { invalidInput, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { regionOf } from '../delivery/destination.js';
import { ppmOf, type TaxCategory, type TaxRate } from './rules.js';
import { deleteTaxRate, listTaxRates, saveTaxRate } from './store.js';

/** All tax rates; for staff. */
export async function taxRates(ctx: Context): Promise<TaxRate[]> {
  requirePermission(ctx.viewer, 'orders:read');
  return listTaxRates(ctx.db);
}

export interface SetTaxRate {
  country: string;
  region?: string | null | undefined;
  taxCategory: TaxCategory;
  /** Percent, as a decimal. */
  rate?: string | null | undefined;
  rateBasisPoints?: number | null | undefined;
  name: string;
}

/** Parts per million of the one that was given; refused where that is none or both, or no rate. */
function ppmGiven({ rate = null, rateBasisPoints = null }: SetTaxRate): number {
  if ((rate === null) === (rateBasisPoints === null))
    throw new Refused(invalidInput('Give either rate or rateBasisPoints.', ['rate']));
  if (rate !== null) {
    const ppm = ppmOf(rate);
    if (ppm === null)
      throw new Refused(invalidInput('A rate is 0 to 100 percent, with four digits at most.', ['rate']));
    return ppm;
  }
  const points = rateBasisPoints ?? -1;
  if (points < 0 || points > 10_000)
    throw new Refused(invalidInput('A rate is 0 to 10000 hundredths of a percent.', ['rateBasisPoints']));
  return points * 100;
}

/** Sets the rate of a country or region and category; for staff. Orders that exist keep theirs. */
export async function setTaxRate(ctx: Context, input: SetTaxRate): Promise<{ taxRate: TaxRate }> {
  requirePermission(ctx.viewer, 'orders:write');
  const { country, taxCategory, name } = input;
  const ratePpm = ppmGiven(input);
  if (name.trim() === '') throw new Refused(invalidInput('A name is needed.', ['name']));
  const region = input.region ? regionOf(country, input.region) : '';
  if (region === null || region.length > 40)
    throw new Refused(invalidInput(`${country} has no such region.`, ['region']));
  const rate = { id: ctx.newId(), country, region, taxCategory, ratePpm, name };
  return { taxRate: { ...rate, id: await saveTaxRate(ctx.db, rate, ctx.clock()) } };
}

/** Takes a rate away; for staff. Where no other counts, nothing is sold there any more. */
export async function removeTaxRate(ctx: Context, id: string): Promise<{ removedId: string }> {
  requirePermission(ctx.viewer, 'orders:write');
  if (!isId(id) || !(await deleteTaxRate(ctx.db, id))) throw new Refused(notFound('tax rate', ['id']));
  return { removedId: id };
}
