/** The first query that a person sees in the landing page and in the README. */
export const welcomeQuery = `# Welcome to Hanse. Press the play button: one query, answered by several subgraphs.
query Welcome {
  products(first: 5) {
    nodes {
      name
      brand { name }
      variants {
        sku
        price { current { formatted } }
        availability { status }
      }
    }
  }
  popularProducts(first: 3) {
    product { name }
    reason
  }
}
`;
