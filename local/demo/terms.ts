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

/** Sales tax: state or province, name, percent. Prices in their currencies have no tax in them. */
const salesTaxes: [country: string, region: string, name: string, rate: string][] = [
  ['US', '', 'No sales tax', '0'],
  ['US', 'CA', 'California sales tax', '7.25'],
  ['US', 'NY', 'New York sales tax', '8.875'],
  ['US', 'TX', 'Texas sales tax', '6.25'],
  ['US', 'WA', 'Washington sales tax', '6.5'],
  ['CA', '', 'GST', '5'],
  ['CA', 'ON', 'HST', '13'],
  ['CA', 'QC', 'GST and QST', '14.975'],
];

export const taxRates = [...inEurope(), ...salesTaxes.flatMap(salesTax)];

function salesTax([country, region, name, rate]: (typeof salesTaxes)[number]): object[] {
  const where = { country, ...(region && { region }) };
  const of = (taxCategory: string, percent = rate) => ({ ...where, name, taxCategory, rate: percent });
  return [of('STANDARD'), of('REDUCED'), of('ZERO', '0')];
}

function inEurope(): object[] {
  return rates.flatMap(([country, name, standard, reduced]) => [
    { country, name, taxCategory: 'STANDARD', rateBasisPoints: standard },
    { country, name, taxCategory: 'REDUCED', rateBasisPoints: reduced },
    { country, name, taxCategory: 'ZERO', rateBasisPoints: 0 },
  ]);
}

const countries = rates.map(([country]) => country);

const area = (country: string, more: object = {}): object => ({ country, ...more });
/** Where only ships go. */
const islands = area('DE', {
  postalCodes: [
    { from: '25946', to: '25999' },
    ...[
      '18565',
      '25849',
      '25863',
      '25938',
      '26465',
      '26474',
      '26486',
      '26548',
      '26571',
      '26579',
      '26757',
      '27498',
    ].map((code) => ({ from: code, to: code })),
  ],
});

export const shippingZones = [
  { code: 'de-islands', name: 'German islands', areas: [islands] },
  {
    code: 'de-mainland',
    name: 'Germany without islands',
    areas: [area('DE'), { ...islands, excluded: true }],
  },
  {
    ...{ code: 'us-contiguous', name: 'United States without Alaska and Hawaii' },
    areas: [area('US'), area('US', { regions: ['AK', 'HI', 'PR', 'GU', 'VI', 'AS', 'MP'], excluded: true })],
  },
];

interface Tier {
  /** Code of its shipping zone. */
  zone?: string;
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
    [
      { zone: 'de-islands', maxWeightGrams: 10_000, price: '9.90' },
      { zone: 'de-islands', price: '24.90' },
      { maxWeightGrams: 2_000, price: '4.90' },
      { maxWeightGrams: 10_000, price: '7.90' },
      { price: '14.90' },
    ],
    [1, 3],
    '100.00',
  ),
  method(
    'express-de',
    'Express, next morning',
    'Hanse Post',
    [],
    'EUR',
    [{ zone: 'de-mainland', maxWeightGrams: 10_000, price: '14.90' }],
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
  method(
    'standard-us',
    'Parcel across the Atlantic',
    'Kogge Freight',
    ['US', 'CA'],
    'USD',
    [
      { zone: 'us-contiguous', maxWeightGrams: 5_000, price: '19.90' },
      { zone: 'us-contiguous', price: '49.90' },
      { maxWeightGrams: 5_000, price: '29.90' },
      { price: '69.90' },
    ],
    [5, 10],
  ),
];

/** `category`: the name of the one that it counts for. */
export const promotions: { code: string; category?: string; [fact: string]: unknown }[] = [
  { code: 'WELCOME10', name: '10 % off', kind: 'PERCENT', percentBasisPoints: 1_000, limitPerCustomer: 1 },
  {
    code: 'FIVER',
    name: '5 euros off from 50',
    kind: 'FIXED',
    currencyCode: 'EUR',
    amount: '5.00',
    minimumValue: '50.00',
  },
  {
    ...{ code: 'SALT3', name: 'Three salts for two', kind: 'BUY_X_GET_Y', buyQuantity: 2, getQuantity: 1 },
    category: 'Spices and salt',
  },
  {
    ...{ code: 'CAPTAIN20', name: '20 % for captains, alone', kind: 'PERCENT', percentBasisPoints: 2_000 },
    ...{ stacking: 'EXCLUSIVE', priority: 10, limitTotal: 500, limitPerCustomer: 1 },
  },
  {
    ...{ code: 'BIG-PARCEL', name: '5 % off from 250 euros', kind: 'PERCENT', percentBasisPoints: 500 },
    ...{ automatic: true, currencyCode: 'EUR', minimumValue: '250.00', priority: -10 },
  },
  { code: 'FREESHIP', name: 'Free shipping', kind: 'FREE_SHIPPING' },
];
