/** Settings and mapping of the product index on OpenSearch. A change of it needs a new version in the index's name. */
export const indexBody = {
  settings: {
    number_of_replicas: 0,
    analysis: {
      tokenizer: {
        trigrams: { type: 'ngram', min_gram: 3, max_gram: 3, token_chars: ['letter', 'digit'] },
        beginnings: { type: 'edge_ngram', min_gram: 1, max_gram: 20, token_chars: ['letter', 'digit'] },
      },
      analyzer: {
        trigrams: { type: 'custom', tokenizer: 'trigrams', filter: ['lowercase'] },
        beginnings: { type: 'custom', tokenizer: 'beginnings', filter: ['lowercase'] },
      },
      normalizer: { lower: { type: 'custom', filter: ['lowercase'] } },
    },
  },
  mappings: {
    dynamic: 'strict',
    properties: {
      id: { type: 'keyword' },
      revision: { type: 'long' },
      listed: { type: 'boolean' },
      name: {
        type: 'text',
        analyzer: 'english',
        fields: {
          trigrams: { type: 'text', analyzer: 'trigrams' },
          beginnings: { type: 'text', analyzer: 'beginnings', search_analyzer: 'standard' },
        },
      },
      sortName: { type: 'keyword' },
      brandName: {
        type: 'text',
        analyzer: 'english',
        fields: {
          trigrams: { type: 'text', analyzer: 'trigrams' },
          beginnings: { type: 'text', analyzer: 'beginnings', search_analyzer: 'standard' },
        },
      },
      categoryName: { type: 'text', analyzer: 'english' },
      skus: { type: 'keyword', normalizer: 'lower' },
      facts: { type: 'text', analyzer: 'english' },
      description: { type: 'text', analyzer: 'english' },
      brandId: { type: 'keyword' },
      categoryId: { type: 'keyword' },
      // One numeric field per currency, made as they come.
      prices: { type: 'object', dynamic: true },
      rating: { type: 'double' },
    },
  },
};
