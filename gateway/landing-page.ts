/** The page that a browser gets: Apollo Sandbox, or the gateway's own GraphiQL where Sandbox can't be loaded. */
import { randomBytes } from 'node:crypto';
import { graphiqlPath } from './graphiql-assets.js';
import type { Reply } from './reply.js';

export interface LandingPageOptions {
  graphqlPath: string;
  welcomeQuery: string;
  /** False shows GraphiQL at once. */
  sandbox: boolean;
  /** The request's `Host`, for the WebSocket in the content security policy. */
  host: string | undefined;
}

const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';
const sandboxFrame = 'https://sandbox.embed.apollographql.com';
const sandboxWaitMs = 3_000;

function contentSecurityPolicy(nonce: string, host: string | undefined): string {
  // 'self' covers ws: only in newer browsers, so the socket's origins are said; the header is the client's, hence the check.
  const sockets = host && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'self' ${new URL(sandboxScript).origin}`,
    // Monaco, the editor in GraphiQL, writes its colours into style elements of its own.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "worker-src 'self'",
    `connect-src 'self'${sockets}`,
    `frame-src ${sandboxFrame}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** JSON that can't end the script element that it stands in. */
const scriptJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Runs in the browser. Whatever comes first decides: Sandbox's script, its failure, or the end of the wait. */
const pageScript = `
  let shown = false;
  const element = (name, attributes) => Object.assign(document.createElement(name), attributes);
  function showGraphiQL() {
    if (shown) return;
    shown = true;
    document.getElementById('sandbox').remove();
    document.head.append(element('link', { rel: 'stylesheet', href: page.graphiql + '/main.css' }));
    document.body.append(element('div', { id: 'graphiql' }));
    const failed = () => {
      document.getElementById('graphiql').textContent =
        'Neither Apollo Sandbox nor GraphiQL could be loaded (npm run generate builds GraphiQL). The endpoint is ' + page.endpoint;
    };
    document.body.append(element('script', { type: 'module', src: page.graphiql + '/main.js', nonce: page.nonce, onerror: failed }));
  }
  function showSandbox() {
    if (shown) return;
    shown = true;
    new window.EmbeddedSandbox({
      target: '#sandbox',
      initialEndpoint: page.endpoint,
      initialSubscriptionEndpoint: page.endpoint.replace(/^http/, 'ws'),
      initialState: { document: page.welcomeQuery, includeCookies: false },
      endpointIsEditable: false,
      hideCookieToggle: true,
      runTelemetry: false,
      allowDynamicStyles: false,
    });
  }
  page.endpoint = new URL(page.path, location.href).href;
  window.graphqlPage = page;
  if (page.sandbox) {
    document.head.append(element('script', { src: page.sandboxScript, nonce: page.nonce, onload: showSandbox, onerror: showGraphiQL }));
    setTimeout(showGraphiQL, page.waitMs);
  } else showGraphiQL();
`;

const style = `
  html, body, #sandbox, #graphiql { height: 100%; margin: 0; }
  #graphiql { font: 16px/1.5 system-ui, sans-serif; }
  #sandbox iframe { width: 100%; height: 100%; border: 0; }
`;

export function landingPage({ graphqlPath, welcomeQuery, sandbox, host }: LandingPageOptions): Reply {
  const nonce = randomBytes(16).toString('base64');
  const page = {
    path: graphqlPath,
    graphiql: graphiqlPath,
    welcomeQuery,
    sandbox,
    sandboxScript,
    waitMs: sandboxWaitMs,
    nonce,
  };
  const body = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>GraphQL</title>
    <link rel="icon" href="data:,">
    <style>${style}</style>
  </head>
  <body>
    <noscript>This page needs JavaScript; the endpoint itself does not: POST ${graphqlPath}</noscript>
    <div id="sandbox"></div>
    <script nonce="${nonce}">{ const page = ${scriptJson(page)}; ${pageScript} }</script>
  </body>
</html>
`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy(nonce, host),
      // Sandbox signs in through a popup.
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      vary: 'accept',
    },
    body,
  };
}
