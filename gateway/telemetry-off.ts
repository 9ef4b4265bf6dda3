/**
 * `new ApolloGateway()` starts an hourly exporter to Apollo unless this is set. Modules are evaluated in the order of their
 * imports, so whoever imports @apollo/gateway imports this file first.
 */
process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
