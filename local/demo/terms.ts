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

export const shippingMethods = [
  {
    code: 'standard-de',
    name: 'Parcel',
    carrier: 'Hanse Post',
    service: 'Standard',
    countries: ['DE'],
    currencyCode: 'EUR',
    tiers: [
      { maxWeightGrams: 2_000, price: '4.90' },
      { maxWeightGrams: 10_000, price: '7.90' },
      { price: '14.90' },
    ],
    freeAbove: '100.00',
    estimatedDaysMin: 1,
    estimatedDaysMax: 3,
  },
  {
    code: 'express-de',
    name: 'Express, next morning',
    carrier: 'Hanse Post',
    service: 'Express',
    countries: ['DE'],
    currencyCode: 'EUR',
    tiers: [{ maxWeightGrams: 10_000, price: '14.90' }],
    estimatedDaysMin: 1,
    estimatedDaysMax: 1,
  },
  {
    code: 'standard-eu',
    name: 'Parcel abroad',
    carrier: 'Kogge Freight',
    service: 'Standard',
    countries: countries.filter((country) => country !== 'DE'),
    currencyCode: 'EUR',
    tiers: [{ maxWeightGrams: 5_000, price: '9.90' }, { price: '24.90' }],
    estimatedDaysMin: 3,
    estimatedDaysMax: 7,
  },
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
