import { expect, test } from '@jest/globals';
import { plainPostalCode, regionOf } from '../delivery/destination.js';
import { contains, countriesOf, normalized, shippingZoneErrors, type ShippingArea } from './rules.js';

const area = (country: string, more: Partial<ShippingArea> = {}): ShippingArea => ({
  ...{ country, regions: [], postalCodes: [], excluded: false },
  ...more,
});
const to = (country: string, postalCode: string, state: string | null = null) => ({
  ...{ country, city: 'x', postalCode: plainPostalCode(postalCode), region: regionOf(country, state) },
});

test('a zone is its areas less the excluded ones', () => {
  const mainland = {
    areas: [
      area('US'),
      area('US', { regions: ['AK', 'HI'], excluded: true }),
      area('CA', { regions: ['ON'] }),
    ],
  };
  const isIn = (...where: Parameters<typeof to>): boolean => contains(mainland, to(...where));
  expect([isIn('US', '10001', 'NY'), isIn('US', '99501', 'Alaska'), isIn('CA', 'K1A', 'Ontario')]).toEqual([
    ...[true, false, true],
  ]);
  // A region that nobody knows is in no list of regions, and so not excluded either.
  expect([isIn('US', '1', 'Nu York'), isIn('CA', 'H2X', null), isIn('MX', '1', 'X')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(countriesOf(mainland)).toEqual(['US', 'CA']);
});

test.each([
  ['25945', false],
  ['25946', true],
  ['25 980', true],
  ['25999', true],
  ['26000', false],
  ['2594', false],
  ['', false],
])('postal code %s is in 25946 to 25999: %s', (postalCode, expected) => {
  const zone = { areas: [area('DE', { postalCodes: [{ from: '25946', to: '25999' }] })] };
  expect(contains(zone, to('DE', postalCode))).toBe(expected);
});

test('a range of beginnings holds all that begins so', () => {
  const zone = {
    areas: [
      area('GB', {
        postalCodes: [
          { from: 'BT', to: 'BT' },
          { from: 'IM1', to: 'IM9' },
        ],
      }),
    ],
  };
  const isIn = (code: string): boolean => contains(zone, to('GB', code));
  expect([isIn('bt1 5gs'), isIn('IM9 9ZZ'), isIn('im1'), isIn('BS1 4ST'), isIn('IM')]).toEqual([
    ...[true, true, true, false, false],
  ]);
});

test('what is wrong with a zone is said where it is', () => {
  const wrong = (...areas: ShippingArea[]): unknown[] =>
    shippingZoneErrors({ code: 'a-zone', name: 'A', areas: areas.map(normalized) }).map(({ field }) => field);
  expect(wrong(area('DE'))).toEqual([]);
  expect(wrong()).toEqual([['areas']]);
  expect(wrong(area('DE', { excluded: true }))).toEqual([['areas']]);
  expect(wrong(area('US', { regions: ['New York', 'Nu York'] }))).toEqual([['areas', '0', 'regions']]);
  for (const [from, end] of [
    ['2', '10'],
    ['9', '1'],
    ['', ''],
  ] as const)
    expect(wrong(area('DE', { postalCodes: [{ from, to: end }] }))).toEqual([['areas', '0', 'postalCodes']]);
  expect(shippingZoneErrors({ code: 'A', name: ' ', areas: [area('DE')] })).toHaveLength(2);
});
