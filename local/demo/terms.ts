/** Warehouses, taxes, shipping and promotions of the demonstration shop. */

export const warehouses = [
  {
    code: 'LBC',
    name: 'Lübeck, Trave quay',
    address: { line1: 'An der Untertrave 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
  },
  {
    code: 'HAM',
    name: 'Hamburg, Speicherstadt',
    address: { line1: 'Am Sandtorkai 30', city: 'Hamburg', postalCode: '20457', country: 'DE' },
  },
];

/** Country, name of the tax, standard and reduced rate in basis points. */
const rates: [country: string, name: string, standard: number, reduced: number][] = [
  ['DE', 'MwSt.', 1900, 700],
  ['AT', 'USt.', 2000, 1000],
  ['NL', 'btw', 2100, 900],
  ['DK', 'moms', 2500, 2500],
  ['GB', 'VAT', 2000, 0],
];

export const taxRates = rates.flatMap(([country, name, standard, reduced]) => [
  { country, name, taxCategory: 'STANDARD', rateBasisPoints: standard },
  { country, name, taxCategory: 'REDUCED', rateBasisPoints: reduced },
  { country, name, taxCategory: 'ZERO', rateBasisPoints: 0 },
]);

const countries = rates.map(([country]) => country);

interface Tier {
  maxWeightGrams?: number;
  price: string;
}

const method = (
  code: string,
  name: string,
  carrier: string,
  to: string[],
  currencyCode: string,
  tiers: Tier[],
  [estimatedDaysMin, estimatedDaysMax]: [number, number],
  freeAbove?: string,
) => ({
  ...{
    code,
    name,
    carrier,
    service: name,
    countries: to,
    currencyCode,
    tiers,
    estimatedDaysMin,
    estimatedDaysMax,
  },
  ...(freeAbove ? { freeAbove } : {}),
});

const abroad = countries.filter((country) => country !== 'DE');

export const shippingMethods = [
  method(
    'standard-de',
    'Parcel',
    'Hanse Post',
    ['DE'],
    'EUR',
    [{ maxWeightGrams: 2_000, price: '4.90' }, { maxWeightGrams: 10_000, price: '7.90' }, { price: '14.90' }],
    [1, 3],
    '100.00',
  ),
  method(
    'express-de',
    'Express, next morning',
    'Hanse Post',
    ['DE'],
    'EUR',
    [{ maxWeightGrams: 10_000, price: '14.90' }],
    [1, 1],
  ),
  method(
    'standard-eu',
    'Parcel abroad',
    'Kogge Freight',
    abroad,
    'EUR',
    [{ maxWeightGrams: 5_000, price: '9.90' }, { price: '24.90' }],
    [3, 7],
  ),
  // A method has prices in one currency: who pays in another needs one of their own.
  method(
    'standard-gbp',
    'Parcel',
    'Kogge Freight',
    countries,
    'GBP',
    [{ maxWeightGrams: 5_000, price: '8.90' }, { price: '21.90' }],
    [3, 7],
  ),
  method(
    'standard-usd',
    'Parcel',
    'Kogge Freight',
    countries,
    'USD',
    [{ maxWeightGrams: 5_000, price: '10.90' }, { price: '26.90' }],
    [3, 7],
  ),
];

export const promotions = [
  { code: 'WELCOME10', name: '10 % off', kind: 'PERCENT', percentBasisPoints: 1_000, limitPerCustomer: 1 },
  {
    code: 'FIVER',
    name: '5 euros off from 50',
    kind: 'FIXED',
    currencyCode: 'EUR',
    amount: '5.00',
    minimumValue: '50.00',
  },
  { code: 'FREESHIP', name: 'Free shipping', kind: 'FREE_SHIPPING' },
];
