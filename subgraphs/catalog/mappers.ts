/** GraphQL type -> our type, for the generated resolver types. */
export const mappers: Record<string, string> = {
  Attribute: './attribute/rules.js#Attribute',
  Brand: './brand/rules.js#Brand',
  BrandFacet: './search/rules.js#Bucket',
  Category: './category/rules.js#Category',
  CategoryFacet: './search/rules.js#Bucket',
  PriceChange: './price/rules.js#PriceChange',
  Product: './product/rules.js#Product',
  ProductVariant: './variant/rules.js#Variant',
  Rating: './review/rules.js#Rating',
  Review: './review/rules.js#Review',
  VariantForSale: './variant/rules.js#VariantForSale',
  VariantPrice: './price/rules.js#Price',
};
