/** Deny by default: a field that nobody has thought about keeps its subgraph from starting. */
import { expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { applyPolicy, type Policy } from '../../subgraphs/shared/policy.js';

const sdl = /* GraphQL */ `
  type Query {
    ship(id: ID!): Ship
  }
  type Mutation {
    sinkShip(id: ID!): SinkShipPayload!
  }
  type Ship {
    id: ID!
    captain: String!
    cargo: Cargo!
  }
  type Cargo {
    barrels: Int!
  }
  type SinkShipPayload {
    ship: Ship
  }
`;

const whole: Policy = {
  Query: { ship: 'public' },
  Mutation: { sinkShip: 'staff:orders:write' },
  Ship: { id: 'public', captain: 'staff:users:read', cargo: 'public' },
  Cargo: { barrels: 'public' },
};

const apply = (policy: Policy, values: string[] = []): void =>
  applyPolicy(buildSchema(sdl), policy, new Set(values));

test('a table with a row for every field is taken; payloads and values need none', () => {
  const { Cargo: _values, ...withoutValues } = whole;
  expect(() => apply(whole)).not.toThrow();
  expect(() => apply(withoutValues, ['Cargo'])).not.toThrow();
});

test('fields without a row are named, root fields and fields of objects alike', () => {
  const incomplete: Policy = {
    Query: {},
    Mutation: { sinkShip: 'staff:orders:write' },
    Ship: { id: 'public', cargo: 'public' },
  };
  expect(() => apply(incomplete)).toThrow(
    'policy.ts has no row for Query.ship, Ship.captain, Cargo.barrels: say who may.',
  );
});

test('a row for a field that is gone is named as well', () => {
  expect(() => apply({ ...whole, Ship: { ...whole['Ship'], anchor: 'public' } })).toThrow(
    'policy.ts has rows for fields that do not exist: Ship.anchor.',
  );
});
