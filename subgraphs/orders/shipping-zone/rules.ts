/** A shipping zone: places that a parcel costs the same to, as countries, regions and ranges of postal codes. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { plainPostalCode, regionOf, type Destination } from '../delivery/destination.js';

/** From the one to the other, both with all that begins with them; of one length. */
export interface PostalCodeRange {
  from: string;
  to: string;
}

export interface ShippingArea {
  country: string;
  /** All when empty. */
  regions: string[];
  /** All when empty. */
  postalCodes: PostalCodeRange[];
  /** Taken out of what the zone's other areas say. */
  excluded: boolean;
}

export interface ShippingZone {
  id: string;
  code: string;
  name: string;
  areas: ShippingArea[];
}

const isBetween = (code: string, { from, to }: PostalCodeRange): boolean =>
  code.length >= from.length && code.slice(0, from.length) >= from && code.slice(0, to.length) <= to;

const isIn = (area: ShippingArea, { country, region, postalCode }: Destination): boolean =>
  area.country === country &&
  (area.regions.length === 0 || (region !== null && area.regions.includes(region))) &&
  (area.postalCodes.length === 0 || area.postalCodes.some((range) => isBetween(postalCode, range)));

/** Whether the destination is in the zone. */
export const contains = ({ areas }: Pick<ShippingZone, 'areas'>, to: Destination): boolean =>
  areas.some((area) => !area.excluded && isIn(area, to)) &&
  !areas.some((area) => area.excluded && isIn(area, to));

export const countriesOf = ({ areas }: Pick<ShippingZone, 'areas'>): string[] => [
  ...new Set(areas.filter((area) => !area.excluded).map((area) => area.country)),
];

/** The area with regions and postal codes as destinations have them; an unknown region becomes empty. */
export const normalized = (area: ShippingArea): ShippingArea => ({
  ...area,
  regions: area.regions.map((region) => regionOf(area.country, region) ?? ''),
  postalCodes: area.postalCodes.map(({ from, to }) => ({
    from: plainPostalCode(from),
    to: plainPostalCode(to),
  })),
});

const maxAreas = 200;
const maxRanges = 200;

/** What is wrong with a zone that staff want to have; its areas are `normalized`. */
export function shippingZoneErrors({ code, name, areas }: Omit<ShippingZone, 'id'>): UserError[] {
  const errors: UserError[] = [];
  const wrong = (message: string, ...field: string[]): void => void errors.push(invalidInput(message, field));
  if (!/^[a-z0-9][a-z0-9-]{1,39}$/.test(code))
    wrong('The code is 2 to 40 small letters, digits and "-".', 'code');
  if (name.trim() === '') wrong('A name is needed.', 'name');
  if (!areas.some((area) => !area.excluded) || areas.length > maxAreas)
    wrong(`Name 1 to ${maxAreas} areas, not all of them excluded.`, 'areas');
  areas.forEach(({ country, regions, postalCodes }, i) => {
    if (regions.some((region) => region === ''))
      wrong(`${country} has no such region.`, 'areas', String(i), 'regions');
    if (
      postalCodes.length > maxRanges ||
      postalCodes.some(({ from, to }) => from === '' || from.length !== to.length || from > to)
    )
      wrong(
        `At most ${maxRanges} ranges, each from a postal code to a later one of the same length.`,
        ...['areas', String(i), 'postalCodes'],
      );
  });
  return errors;
}
