/** A small federated graph in memory: four subgraphs, composed here, each call of each recorded. */
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, parse } from 'graphql';
import { createLocalSource } from './local-source.js';
import type { Caller, SubgraphRequest, SubgraphSource } from '../source.js';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@shareable"])`;

const typeDefs = {
  books: `${link}
    type Query { books: [Book!]! book(id: ID!): Book whoAmI: Viewer! broken: String leak: String
      price(of: Amount!): String }
    scalar Amount
    type Viewer { sub: String currency: String correlationId: String! }
    type Book @key(fields: "id") { id: ID! title: String! sequel: Book authorId: ID! @shareable }
    type Mutation { slow(ms: Int!): String! }`,
  authors: `${link}
    type Author @key(fields: "id") { id: ID! name: String! country: String! }`,
  reviews: `${link}
    type Query { reviews: [Review!]! featured: Book! }
    type Review { body: String! author: Author! book: Book }
    type Author @key(fields: "id", resolvable: false) { id: ID! }
    type Book @key(fields: "id") { id: ID! reviews: [Review!]! }`,
  stock: `${link}
    type Query { warehouse: String! }
    type Subscription { stockChanged(id: ID!): StockChange! numbers(size: Int!): Chunk! refused: Chunk! }
    type Chunk { n: Int! fill: String! }
    type StockChange { count: Int! book: Book! note: String }
    type Book @key(fields: "id") { id: ID! available: Int! }`,
};
type Name = keyof typeof typeDefs;

export interface Stream {
  events: unknown[];
  returned: boolean;
  push: (event: unknown) => void;
  fail: (error: unknown) => void;
}

/** A source of events that is pushed by the test and tells when it was let go of. */
function createStream(): Stream & AsyncIterableIterator<unknown> {
  const waiting: { resolve: (r: IteratorResult<unknown>) => void; reject: (e: unknown) => void }[] = [];
  const events: unknown[] = [];
  return {
    events,
    returned: false,
    push(event) {
      const waiter = waiting.shift();
      if (waiter) waiter.resolve({ done: false, value: event });
      else events.push(event);
    },
    fail(error) {
      waiting.shift()?.reject(error);
    },
    next() {
      if (events.length) return Promise.resolve({ done: false, value: events.shift() });
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return() {
      this.returned = true;
      for (const { resolve } of waiting) resolve({ done: true, value: undefined });
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export interface ToyGraph {
  supergraphSdl: string;
  sources: Record<Name, SubgraphSource>;
  calls: (SubgraphRequest & { service: Name })[];
  streams: Stream[];
  /** Live data that tests change between events. */
  data: { titles: Record<string, string>; names: Record<string, string> };
}

const authorOf: Record<string, string> = { b1: 'a1', b2: 'a1', b3: 'a2' };

function resolversOf(graph: Pick<ToyGraph, 'streams' | 'data'>): Record<Name, object> {
  const { data, streams } = graph;
  const book = (id: string) => ({ id, title: () => data.titles[id] });
  const reviews = ['b1', 'b2', 'b1'].map((id, i) => ({
    body: `r${i}`,
    author: { id: authorOf[id] },
    book: { id },
  }));
  const open = (): AsyncIterator<unknown> => {
    const stream = createStream();
    streams.push(stream);
    return stream;
  };
  return {
    books: {
      Query: {
        books: () => ['b1', 'b2', 'b3'].map(book),
        book: (_: unknown, { id }: { id: string }) => (id in data.titles ? book(id) : null),
        whoAmI: (_: unknown, __: unknown, { caller }: { caller: Caller }) => ({
          sub: caller.claims?.['sub'],
          currency: caller.headers['x-currency'],
          correlationId: caller.correlationId,
        }),
        broken: () => {
          throw new Error('select * from secrets');
        },
        leak: () => {
          throw new GraphQLError('No.', {
            extensions: { code: 'FORBIDDEN', permission: 'x', stacktrace: ['at a'], http: { status: 418 } },
          });
        },
        price: () => 'ok',
      },
      Mutation: {
        slow: (_: unknown, { ms }: { ms: number }) => new Promise((r) => setTimeout(() => r('done'), ms)),
      },
      Book: {
        __resolveReference: async ({ id }: { id: string }) => (id in data.titles ? book(id) : null),
        authorId: ({ id }: { id: string }) => authorOf[id],
      },
      Amount: {
        parseLiteral: () => {
          throw new GraphQLError('not an amount');
        },
        parseValue: () => {
          throw new GraphQLError('not an amount');
        },
      },
    },
    authors: {
      Author: {
        __resolveReference: async ({ id }: { id: string }) => ({ id }),
        name: ({ id }: { id: string }) => data.names[id],
        country: ({ id }: { id: string }) => {
          if (id === 'a1') throw new GraphQLError('Where is a1?', { extensions: { code: 'LOST' } });
          return 'DE';
        },
      },
    },
    reviews: {
      Query: { reviews: () => reviews, featured: () => ({ id: 'b9' }) },
      Book: {
        __resolveReference: async ({ id }: { id: string }) => ({ id }),
        reviews: ({ id }: { id: string }) => reviews.filter((review) => review.book.id === id),
      },
    },
    stock: {
      Query: { warehouse: () => 'Lübeck' },
      Subscription: {
        stockChanged: { subscribe: open },
        numbers: { subscribe: open },
        refused: {
          subscribe: () => {
            throw new GraphQLError('Not you.', { extensions: { code: 'FORBIDDEN' } });
          },
        },
      },
      StockChange: {
        note: ({ count }: { count: number }) => {
          if (count < 0) throw new GraphQLError('Negative.', { extensions: { code: 'NEGATIVE' } });
          return 'fine';
        },
      },
      Book: { __resolveReference: async ({ id }: { id: string }) => ({ id }), available: () => 7 },
    },
  };
}

export function createToyGraph(): ToyGraph {
  const parsed = Object.entries(typeDefs).map(([name, sdl]) => ({
    name: name as Name,
    typeDefs: parse(sdl),
  }));
  const { supergraphSdl, errors } = composeServices(
    parsed.map((service) => ({ ...service, url: `http://${service.name}` })),
  );
  if (!supergraphSdl) throw new Error(errors?.map(String).join('\n'));
  const calls: ToyGraph['calls'] = [];
  const streams: Stream[] = [];
  const data = { titles: { b1: 'One', b2: 'Two', b3: 'Three' }, names: { a1: 'Ann', a2: 'Bo' } };
  const resolvers = resolversOf({ streams, data });
  const sources = parsed.map(({ name, typeDefs }) => {
    const schema = buildSubgraphSchema({ typeDefs, resolvers: resolvers[name] as never });
    const source = createLocalSource({ schema, createContext: (caller) => ({ caller }) });
    const recording: SubgraphSource = {
      execute(request) {
        calls.push({ ...request, service: name });
        return source.execute(request);
      },
      subscribe: (request) => source.subscribe(request),
    };
    return [name, recording];
  });
  return { supergraphSdl, sources: Object.fromEntries(sources) as ToyGraph['sources'], calls, streams, data };
}
