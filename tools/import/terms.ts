/** What a shop needs before it can sell the file's articles: a warehouse, taxes and a way of shipping. */
import {
  CreateShippingMethodDocument,
  CreateWarehouseDocument,
  ImportTermsDocument,
  ImportWarehousesDocument,
  SetTaxRateDocument,
} from '../../client/operations.generated.js';
import { accepted } from '../../client/client.js';
import { countryCodes } from '../retailer/country.js';
import { fileCurrency } from '../retailer/line.js';
import type { Shop } from '../retailer/session.js';
import { shippingCode } from '../retailer/terms.js';

const warehouseCode = 'RETAILER-UK';

/** The shop's own country takes VAT, which its prices include; sales to elsewhere leave without any. */
const taxOf = (country: string): { rateBasisPoints: number; name: string } =>
  country === 'GB' ? { rateBasisPoints: 2000, name: 'VAT' } : { rateBasisPoints: 0, name: 'Export, no VAT' };

async function findOrCreateWarehouse(shop: Shop): Promise<string> {
  const { warehouses } = await shop.run(ImportWarehousesDocument);
  const existing = warehouses.find(({ code }) => code === warehouseCode);
  if (existing) return existing.id;
  const { createWarehouse } = await shop.run(CreateWarehouseDocument, {
    input: {
      idempotencyKey: `retailer:warehouse:${warehouseCode}`,
      code: warehouseCode,
      name: "The retailer's warehouse",
      address: { line1: 'Not in the file', city: 'London', postalCode: 'EC1A 1BB', country: 'GB' },
    },
  });
  return accepted(createWarehouse, 'warehouse').id;
}

/** Sets what is missing and leaves what is there: a shop's own taxes and shipping stay. */
export async function prepareTerms(shop: Shop): Promise<{ warehouseId: string; taxRatesSet: number }> {
  const warehouseId = await findOrCreateWarehouse(shop);
  const { taxRates, shippingMethods } = await shop.run(ImportTermsDocument);
  const taxed = new Set(
    taxRates.filter(({ taxCategory }) => taxCategory === 'STANDARD').map(({ country }) => country),
  );
  const untaxed = countryCodes.filter((country) => !taxed.has(country));
  for (const country of untaxed) {
    const { setTaxRate } = await shop.run(SetTaxRateDocument, {
      input: { country, taxCategory: 'STANDARD', ...taxOf(country) },
    });
    accepted(setTaxRate, 'taxRate');
  }
  if (!shippingMethods.some(({ code }) => code === shippingCode)) {
    const { createShippingMethod } = await shop.run(CreateShippingMethodDocument, {
      input: {
        idempotencyKey: `retailer:shipping:${shippingCode}`,
        code: shippingCode,
        name: "The retailer's carrier",
        carrier: 'Not in the file',
        service: 'Standard',
        countries: [...countryCodes],
        currencyCode: fileCurrency,
        // The file bills carriage in lines of its own (POST, DOT), which are no part of an order.
        tiers: [{ price: '0.00' }],
        estimatedDaysMin: 2,
        estimatedDaysMax: 10,
      },
    });
    accepted(createShippingMethod, 'shippingMethod');
  }
  return { warehouseId, taxRatesSet: untaxed.length };
}
