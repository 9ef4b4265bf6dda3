/** GraphiQL in the browser; bundled by tools/build-graphiql.ts, shown by gateway/landing-page.ts. */
import 'graphiql/style.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const { endpoint, graphiql, welcomeQuery } = window.graphqlPage;

window.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = label === 'json' || label === 'graphql' ? label : 'editor';
    return new Worker(`${graphiql}/${name}.worker.js`);
  },
};

/** One client per set of headers: a WebSocket takes them once, when it connects. */
const clients = new Map();

function clientFor(headers) {
  const key = JSON.stringify(headers);
  const known = clients.get(key);
  if (known) return known;
  const client = createClient({ url: endpoint.replace(/^http/, 'ws'), connectionParams: headers });
  clients.set(key, client);
  return client;
}

function fetcher(operation, options) {
  const headers = options?.headers ?? {};
  return createGraphiQLFetcher({ url: endpoint, headers, wsClient: clientFor(headers) })(operation, options);
}

const root = createRoot(document.getElementById('graphiql'));
root.render(createElement(GraphiQL, { fetcher, defaultQuery: welcomeQuery, shouldPersistHeaders: false }));
