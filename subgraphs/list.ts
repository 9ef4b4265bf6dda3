/** The only list of subgraphs: codegen, composition, migrations, gateway, tests and compose read it. */
export const subgraphs = [
  { name: 'users', port: 4001 },
  { name: 'catalog', port: 4002 },
  { name: 'inventory', port: 4003 },
  { name: 'orders', port: 4004 },
  { name: 'payments', port: 4005 },
  { name: 'recommendations', port: 4006 },
] as const;

export type SubgraphName = (typeof subgraphs)[number]['name'];

export const subgraphNames: readonly SubgraphName[] = subgraphs.map((subgraph) => subgraph.name);
