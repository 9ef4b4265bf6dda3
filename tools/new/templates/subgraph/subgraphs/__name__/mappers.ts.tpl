/** GraphQL type -> our type, for the generated resolver types. */
export const mappers: Record<string, string> = {
  User: './account/rules.js#UserReference',
  __Name__Account: './account/rules.js#Account',
};
