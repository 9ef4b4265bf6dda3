/** The name of a subgraph: part of files, of a Postgres schema and its role, of GraphQL fields and types. */

/** PostgreSQL's reserved key words: our SQL writes the schema's name without quotes in places. */
const postgresWords = `all analyse analyze and any array as asc asymmetric authorization binary both case cast check
  collate collation column concurrently constraint create cross default deferrable desc distinct do else end except
  false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join
  lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer
  overlaps placing primary references returning right select similar some symmetric table tablesample then to trailing
  true union unique user using variadic verbose when where window with`;

/** GraphQL's own words: they would compose, and confuse every reader. */
const graphqlWords = `directive enum extend fragment implements input interface mutation query scalar schema subscription
  type`;

/** Folders, files, schemas and roles that are something else already. */
const ourWords = `api gateway list load main public relay shared supergraph tests verify`;

const reserved = new Map(
  Object.entries({ PostgreSQL: postgresWords, GraphQL: graphqlWords, Hanse: ourWords }).flatMap(
    ([owner, words]) => words.split(/\s+/).map((word): [string, string] => [word, owner]),
  ),
);

/** What is wrong with it as the name of a new subgraph; null: nothing. */
export function problemOfName(name: string): string | null {
  if (!/^[a-z][a-z0-9]{1,29}$/.test(name))
    return `"${name}" is no name for a subgraph: 2 to 30 lower-case letters and digits, a letter first, as in "loyalty".`;
  const owner = reserved.get(name);
  return owner ? `"${name}" is a word of ${owner}'s own: take another.` : null;
}

/** `Loyalty` of `loyalty`. */
export const pascalCase = (name: string): string => `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;
