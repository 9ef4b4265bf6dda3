/** From our requests to OpenSearch's query language, and back. */
import {
  maxBuckets,
  noPriceAscending,
  noPriceDescending,
  wordsOf,
  type SearchRequest,
  type SearchResult,
  type SearchSort,
} from './rules.js';

type Json = Record<string, unknown>;

/** The part of an answer that is read here. */
export interface Answer {
  hits: {
    total: { value: number };
    hits: { _id: string; sort?: (string | number)[]; _source?: { name: string } }[];
  };
  aggregations?: Record<string, { buckets?: { buckets: { key: string | number; doc_count: number }[] } }>;
}

/** Any word in any field, or a name that shares enough trigrams with the query, or a SKU. */
const matching = (query: string): Json =>
  query === ''
    ? { match_all: {} }
    : {
        bool: {
          minimum_should_match: 1,
          should: [
            {
              multi_match: {
                query,
                type: 'most_fields',
                fields: ['name^2', 'brandName', 'categoryName', 'facts', 'description^0.2'],
              },
            },
            { match: { 'name.trigrams': { query, minimum_should_match: '40%', boost: 2 } } },
            { match: { name: { query, fuzziness: 'AUTO', prefix_length: 1, boost: 0.5 } } },
            { match: { 'brandName.trigrams': { query, minimum_should_match: '70%' } } },
            { terms: { skus: [query.toLowerCase(), ...wordsOf(query)], boost: 50 } },
          ],
        },
      };

const priceField = (currencyCode: string): string => `prices.${currencyCode}`;

const sortOf = (sort: SearchSort, currencyCode: string): Json[] => {
  const price = (order: 'asc' | 'desc', missing: number): Json[] => [
    { [priceField(currencyCode)]: { order, missing, unmapped_type: 'long' } },
    { id: order },
  ];
  const orders: Record<SearchSort, Json[]> = {
    RELEVANCE: [{ _score: 'desc' }, { id: 'desc' }],
    PRICE_ASC: price('asc', noPriceAscending),
    PRICE_DESC: price('desc', noPriceDescending),
    NAME_ASC: [{ sortName: 'asc' }, { id: 'asc' }],
    NAME_DESC: [{ sortName: 'desc' }, { id: 'desc' }],
    RATING: [{ rating: 'desc' }, { id: 'desc' }],
    NEWEST: [{ id: 'desc' }],
  };
  return orders[sort];
};

/** Filters come after the matching, so that each facet can leave out the one of its own kind. */
export function bodyOf(request: SearchRequest): Json {
  const { categoryIds, brandIds, priceMin, priceMax, currencyCode, page } = request;
  const price = priceField(currencyCode);
  const filters: Record<'category' | 'brand' | 'price', Json[]> = {
    category: categoryIds ? [{ terms: { categoryId: categoryIds } }] : [],
    brand: brandIds ? [{ terms: { brandId: brandIds } }] : [],
    price:
      priceMin === null && priceMax === null
        ? []
        : [
            {
              range: {
                [price]: {
                  ...(priceMin === null ? {} : { gte: Number(priceMin) }),
                  ...(priceMax === null ? {} : { lte: Number(priceMax) }),
                },
              },
            },
          ],
  };
  const all = [...filters.category, ...filters.brand, ...filters.price];
  const facet = (others: Json[], buckets: Json): Json => ({
    filter: { bool: { filter: others } },
    aggs: { buckets },
  });
  const termsOf = (field: string): Json => ({
    terms: { field, size: maxBuckets, order: [{ _count: 'desc' }, { _key: 'asc' }] },
  });
  const limits = request.priceLimits.map(Number);
  const ranges = [...limits, undefined].map((to, i) => ({
    key: String(i),
    ...(i === 0 ? {} : { from: limits[i - 1] }),
    ...(to === undefined ? {} : { to }),
  }));
  return {
    size: page.limit + 1,
    track_total_hits: true,
    track_scores: request.sort === 'RELEVANCE',
    _source: false,
    query: { bool: { must: [matching(request.query)], filter: [{ term: { listed: true } }] } },
    post_filter: { bool: { filter: all } },
    sort: sortOf(request.sort, currencyCode),
    ...(page.after ? { search_after: page.after } : { from: request.skip }),
    aggs: {
      categories: facet([...filters.brand, ...filters.price], termsOf('categoryId')),
      brands: facet([...filters.category, ...filters.price], termsOf('brandId')),
      prices: facet([...filters.category, ...filters.brand], { range: { field: price, ranges } }),
    },
  };
}

export function resultOf(answer: Answer, { priceLimits }: SearchRequest): SearchResult {
  const bucketsOf = (name: string): { id: string; count: number }[] =>
    (answer.aggregations?.[name]?.buckets?.buckets ?? []).map(({ key, doc_count }) => ({
      id: String(key),
      count: doc_count,
    }));
  const counts = new Map(bucketsOf('prices').map(({ id, count }) => [id, count]));
  return {
    hits: answer.hits.hits.map(({ _id, sort }) => ({ id: _id, key: (sort ?? []).map(String) })),
    total: answer.hits.total.value,
    categories: bucketsOf('categories'),
    brands: bucketsOf('brands'),
    prices: [...priceLimits, null].map((_limit, i) => counts.get(String(i)) ?? 0),
  };
}

const suggestionsRead = 200;

/** Listed products with words that begin as each of `words` does. */
export const suggestionsOf = (words: readonly string[]): Json => ({
  size: suggestionsRead,
  _source: ['name'],
  query: {
    bool: {
      filter: [
        { term: { listed: true } },
        ...words.map((word) => ({
          multi_match: { query: word, fields: ['name.beginnings', 'brandName.beginnings'] },
        })),
      ],
    },
  },
});
