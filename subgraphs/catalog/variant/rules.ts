/** A variant: a product in one combination of its options, what a customer puts into the cart. */
import { conflict, invalidInput, type UserError } from '../../shared/errors.js';
import type { Money } from '../../shared/money.js';
import { attributeObject, checkAttributes, type Attribute } from '../attribute/rules.js';
import { currentPrice, isPrice, parsePrice, priceIn, type Price, type PriceInput } from '../price/rules.js';
import { checkLink } from '../link/rules.js';
import { isSku, normalizeSku } from '../sku/rules.js';

export interface SelectedOption {
  name: string;
  value: string;
}

export interface Variant {
  id: string;
  productId: string;
  productName: string;
  productStatus: 'DRAFT' | 'ACTIVE' | 'INACTIVE' | 'DISCONTINUED';
  sku: string;
  selectedOptions: SelectedOption[];
  attributes: Attribute[];
  weightGrams: number | null;
  imageUrl: string | null;
  active: boolean;
  position: number;
  version: number;
  prices: Price[];
}

/** A variant with what checkout has to know of its product. */
export interface VariantFacts extends Variant {
  taxCategory: 'STANDARD' | 'REDUCED' | 'ZERO';
  productImageUrl: string | null;
  productAttributes: Attribute[];
  /** Ids from the root category down to the product's. */
  lineage: string[];
  /** The greatest age limit of these, in years. */
  minimumAge: number | null;
}

export interface VariantForSale {
  id: string;
  productId: string;
  sku: string;
  name: string;
  purchasable: boolean;
  unitPrice: Money | null;
  taxCategory: VariantFacts['taxCategory'];
  weightGrams: number | null;
  imageUrl: string | null;
  categoryIds: string[];
  minimumAge: number | null;
  attributes: Record<string, string | number | boolean>;
}

export const maxVariants = 100;

/** Staff see all; others what is active of a product that is on sale. */
export const isVariantOnSale = (variant: Variant): boolean =>
  variant.active && variant.productStatus === 'ACTIVE';

const optionValues = (options: readonly SelectedOption[]): string =>
  options.map((option) => option.value).join(' / ');

/** Its options' values, or the product's name where it has none. */
export const variantName = ({ selectedOptions, productName }: Variant): string =>
  optionValues(selectedOptions) || productName;

/** `Oil lamp, Red / Large`: what stands on a cart's or an order's line. */
const lineName = ({ selectedOptions, productName }: Variant): string =>
  [productName, optionValues(selectedOptions)].filter(Boolean).join(', ');

export function forSale(variant: VariantFacts, currencyCode: string): VariantForSale {
  const price = priceIn(variant.prices, currencyCode);
  return {
    id: variant.id,
    productId: variant.productId,
    sku: variant.sku,
    name: lineName(variant),
    purchasable: isVariantOnSale(variant),
    unitPrice: price && currentPrice(price),
    taxCategory: variant.taxCategory,
    weightGrams: variant.weightGrams,
    imageUrl: variant.imageUrl ?? variant.productImageUrl,
    categoryIds: variant.lineage,
    minimumAge: variant.minimumAge,
    attributes: attributeObject([...variant.productAttributes, ...variant.attributes]),
  };
}

/** The options as one text that is equal exactly for equal combinations, whatever their order or letter case. */
export const optionsKey = (options: readonly SelectedOption[]): string =>
  JSON.stringify(
    options
      .map(({ name, value }) => [name.trim().toLowerCase(), value.trim().toLowerCase()])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );

export interface NewVariant {
  sku: string | null;
  selectedOptions: SelectedOption[];
  attributes: Attribute[];
  weightGrams: number | null;
  imageUrl: string | null;
  active: boolean;
  prices: Price[];
}

export interface NewVariantInput extends Omit<NewVariant, 'sku' | 'weightGrams' | 'imageUrl' | 'prices'> {
  sku?: string | null | undefined;
  weightGrams?: number | null | undefined;
  imageUrl?: URL | null | undefined;
  prices: PriceInput[];
}

const optionNames = (options: readonly SelectedOption[]): string =>
  options
    .map((option) => option.name.trim().toLowerCase())
    .sort()
    .join('\u0000');

/** What is wrong with the weight at `field`. */
export const checkWeight = (weightGrams: number | null | undefined, field: string[]): UserError[] =>
  weightGrams == null || (weightGrams >= 0 && weightGrams <= 10_000_000)
    ? []
    : [invalidInput('A weight is 0 to 10,000,000 grams.', field)];

/** What is wrong with the SKU at `field`. */
export const checkSku = (sku: string | null | undefined, field: string[]): UserError[] =>
  sku == null || isSku(normalizeSku(sku))
    ? []
    : [invalidInput('A SKU is made of letters, digits, ".", "_" and "-", at most 64.', field)];

function checkOptions(options: readonly SelectedOption[], field: string[]): UserError[] {
  if (options.length > 5) return [invalidInput('A product has at most 5 options.', field)];
  const names = new Set(options.map((option) => option.name.trim().toLowerCase()));
  if (names.size < options.length) return [invalidInput('An option is there twice.', field)];
  return options.flatMap(({ name, value }, i) =>
    [name, value].every((text) => text.trim() !== '' && text.length <= 50)
      ? []
      : [invalidInput('An option has a name and a value of 1 to 50 characters.', [...field, String(i)])],
  );
}

function parsePrices(
  inputs: readonly PriceInput[],
  field: string[],
): { prices: Price[]; wrong: UserError[] } {
  const parsed = inputs.map((input, i) => parsePrice(input, [...field, String(i)]));
  const prices = parsed.filter(isPrice);
  const wrong = parsed.filter((one): one is UserError => !isPrice(one));
  if (new Set(prices.map((price) => price.currencyCode)).size < prices.length)
    wrong.push(invalidInput('A currency is there twice.', field));
  return { prices, wrong };
}

/**
 * New variants of a product that has `siblings` already, or what is wrong with them at `field`. All variants of a product
 * have the same options, each combination once.
 */
export function parseVariants(
  inputs: readonly NewVariantInput[],
  siblings: readonly Pick<Variant, 'selectedOptions'>[],
  field: string[],
  at: (i: number) => string[] = (i) => [...field, String(i)],
): { variants: NewVariant[]; wrong: UserError[] } {
  const wrong: UserError[] = [];
  if (inputs.length === 0 || inputs.length + siblings.length > maxVariants)
    wrong.push(invalidInput(`A product has 1 to ${maxVariants} variants.`, field));
  const combinations = new Set(siblings.map((one) => optionsKey(one.selectedOptions)));
  const expected = optionNames((siblings[0] ?? inputs[0])?.selectedOptions ?? []);
  const variants = inputs.map((input, i): NewVariant => {
    const options = input.selectedOptions.map(({ name, value }) => ({
      name: name.trim(),
      value: value.trim(),
    }));
    const { prices, wrong: wrongPrices } = parsePrices(input.prices, [...at(i), 'prices']);
    wrong.push(
      ...checkSku(input.sku, [...at(i), 'sku']),
      ...checkOptions(options, [...at(i), 'selectedOptions']),
      ...checkWeight(input.weightGrams, [...at(i), 'weightGrams']),
      ...checkAttributes(input.attributes, [...at(i), 'attributes']),
      ...checkLink(input.imageUrl?.toString(), [...at(i), 'imageUrl']),
      ...wrongPrices,
    );
    if (optionNames(options) !== expected)
      wrong.push(invalidInput('All variants have the same options.', [...at(i), 'selectedOptions']));
    const key = optionsKey(options);
    if (combinations.has(key)) wrong.push(variantExists([...at(i), 'selectedOptions']));
    combinations.add(key);
    return {
      sku: input.sku == null ? null : normalizeSku(input.sku),
      selectedOptions: options,
      attributes: input.attributes,
      weightGrams: input.weightGrams ?? null,
      imageUrl: input.imageUrl?.toString() ?? null,
      active: input.active,
      prices,
    };
  });
  return { variants, wrong };
}

export const variantExists = (field: string[]): UserError =>
  conflict('VARIANT_EXISTS', 'The product has a variant with these options.', field);
