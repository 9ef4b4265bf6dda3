/** GraphQL type -> our type, for the generated resolver types. */
export const mappers: Record<string, string> = {
  Product: './recommendation/rules.js#Reference',
  User: './recommendation/rules.js#Reference',
  Recommendation: './recommendation/rules.js#Recommendation',
  Experiment: './experiment/rules.js#Experiment',
};
