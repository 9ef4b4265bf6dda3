// OpenSearch 2.19 from Maven Central: the server's own zip, which comes with nothing but the HTTP transport, and the
// modules that Hanse's indexes need. To add one: its jar must need no library that is not in the server's lib/.

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { fetchFromMaven } from './install.mjs';
import { freePort, startServer, waitUntil } from './server.mjs';

const VERSION = '2.19.4';
const SERVER = {
  artifact: `org.opensearch.distribution.integ-test-zip:opensearch:${VERSION}:zip`,
  file: `opensearch-${VERSION}.zip`,
  sha256: '3902e642715210d1d9d7cbdcc8f5abd6f931d1d7a679cea3750937becf16c406',
};
const MODULES = [
  {
    name: 'analysis-common', // the languages' analyzers, edge n-grams, synonyms
    artifact: `org.opensearch.plugin:analysis-common:${VERSION}`,
    file: `analysis-common-${VERSION}.jar`,
    sha256: '46db3a6c8fc53f756853d29b4d14fc326ce96a0f56b62aeb289a8126ec513e66',
    className: 'org.opensearch.analysis.common.CommonAnalysisPlugin',
  },
  {
    name: 'mapper-extras', // search_as_you_type, rank_feature, scaled_float
    artifact: `org.opensearch.plugin:mapper-extras-client:${VERSION}`,
    file: `mapper-extras-client-${VERSION}.jar`,
    sha256: 'fc1565cfdb1beb7a44e0585039000dab5de76ccee90c7038fa1c073bfff759eb',
    className: 'org.opensearch.index.mapper.MapperExtrasPlugin',
  },
];

/** @type {import('./list.mjs').Part} */
export const opensearch = {
  name: `OpenSearch ${VERSION}`,
  variable: 'OPENSEARCH_URL',
  needs: () => [
    { program: path.join(java17(), 'bin/java'), package: 'openjdk-17-jre-headless' },
    { program: '/usr/bin/mvn', package: 'maven' },
    { program: '/usr/bin/unzip', package: 'unzip' },
  ],
  start: async (folder) => {
    const home = await unpack(folder);
    const port = await freePort();
    writeFileSync(
      path.join(home, 'config/opensearch.yml'),
      [
        'cluster.name: hanse-ci',
        'discovery.type: single-node',
        'network.host: 127.0.0.1',
        `http.port: ${port}`,
        `transport.port: ${await freePort()}`,
        // A developer's nearly full disk must not turn the indexes read-only.
        'cluster.routing.allocation.disk.threshold_enabled: false',
      ].join('\n') + '\n',
    );
    const server = startServer({
      command: [path.join(home, 'bin/opensearch')],
      folder,
      log: path.join(folder, 'log'),
      user: 'nobody', // it refuses to run as root
      stopSignal: 'SIGTERM',
      env: {
        OPENSEARCH_JAVA_HOME: java17(),
        OPENSEARCH_JAVA_OPTS: '-Xms512m -Xmx512m',
        OPENSEARCH_TMPDIR: folder,
      },
    });
    const url = `http://127.0.0.1:${port}`;
    const ready = async () => {
      const answer = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`, {
        signal: AbortSignal.timeout(10_000),
      });
      return answer.ok;
    };
    return { server, ready: () => waitUntil(server, ready, 120), url };
  },
};

/**
 * A server of its own in the folder, as the server writes into its home.
 * @param {string} folder
 * @returns {Promise<string>} its home
 */
async function unpack(folder) {
  await promisify(execFile)('/usr/bin/unzip', ['-q', await fetchFromMaven(SERVER, folder), '-d', folder]);
  const home = path.join(folder, `opensearch-${VERSION}`);
  for (const module of MODULES) {
    const inHome = path.join(home, 'modules', module.name);
    mkdirSync(inHome);
    copyFileSync(await fetchFromMaven(module, folder), path.join(inHome, module.file));
    writeFileSync(
      path.join(inHome, 'plugin-descriptor.properties'),
      [
        `name=${module.name}`,
        `description=${module.name}`,
        `classname=${module.className}`,
        `version=${VERSION}`,
        `opensearch.version=${VERSION}`,
        'java.version=11',
      ].join('\n') + '\n',
    );
  }
  return home;
}

/**
 * Where Java 17 is, or will be once installed. Not the `java` of the path: from 24 on the JVM has no security manager,
 * which OpenSearch 2 needs.
 */
function java17() {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return path.join('/usr/lib/jvm', `java-17-openjdk-${arch}`);
}
