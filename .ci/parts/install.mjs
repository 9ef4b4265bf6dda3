// Puts on the machine what a part is made of: Debian's packages, files from Maven Central, programs from Go modules.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs Debian packages for the programs that are missing; does nothing, and asks no registry, if none is.
 * @param {{ program: string, package: string }[]} needs a program's absolute path and the package that brings it
 * @throws if something is missing and we are not root
 */
export function installMissing(needs) {
  const missing = needs.filter((need) => !existsSync(need.program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => need.package))];
  const programs = missing.map((need) => need.program).join(', ');
  if (process.getuid?.() !== 0) {
    throw new Error(
      `Missing: ${programs}. Only root can install them: sudo apt-get update && sudo apt-get install ${packages.join(' ')}`,
    );
  }
  console.error(`[parts] installing ${packages.join(' ')} (missing: ${programs})`);
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=120'];
  aptGet([...options, 'update']);
  aptGet([...options, 'install', '-y', '--no-install-recommends', ...packages]);
  const still = needs.filter((need) => !existsSync(need.program)).map((need) => need.program);
  if (still.length > 0)
    throw new Error(`Installed ${packages.join(' ')}, but still missing: ${still.join(', ')}`);
}

/** @param {string[]} args */
function aptGet(args) {
  // apt's own talk goes to stderr: stdout belongs to the command that with-parts runs.
  execFileSync('apt-get', args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/**
 * A file of Maven Central, from the cache when the cache has it unharmed.
 * @param {{ artifact: string, file: string, sha256: string }} wanted `group:name:version[:type]`, the name Maven gives
 *   the file, and its digest: who changes the version sees at once that the digest must be changed too
 * @param {string} folder where to put it when the cache folder cannot be written
 * @returns {Promise<string>} the file's path
 */
export async function fetchFromMaven({ artifact, file, sha256 }, folder) {
  const cache = cacheFolder();
  const cached = path.join(cache ?? folder, file);
  if (existsSync(cached) && digest(cached) === sha256) return cached;
  console.error(`[parts] downloading ${artifact}`);
  // Downloaded beside its place and renamed, so that two runs at a time never see half a file.
  const incoming = mkdtempSync(path.join(cache ?? folder, 'incoming-'));
  try {
    await promisify(execFile)(
      '/usr/bin/mvn',
      [
        ...['--batch-mode', '--quiet', '--strict-checksums', '-Dstyle.color=never'],
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
        `-Dartifact=${artifact}`,
        `-DoutputDirectory=${incoming}`,
        // Who has no folder for a cache has none for Maven's own downloads either.
        ...(cache ? [] : [`-Dmaven.repo.local=${path.join(folder, 'maven')}`]),
      ],
      // From an empty folder, for `mvn` reads the pom.xml of the one it is started in.
      { cwd: incoming, timeout: 300_000 },
    );
    const downloaded = path.join(incoming, file);
    const got = digest(downloaded);
    if (got !== sha256) throw new Error(`${artifact} has SHA-256 ${got}, expected ${sha256}`);
    renameSync(downloaded, cached);
    return cached;
  } catch (error) {
    // Maven tells what went wrong on stdout.
    const said = /** @type {{ stdout?: string }} */ (error).stdout;
    throw said ? new Error(`could not download ${artifact}\n${said.trim()}`) : error;
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}

/**
 * A program built from a Go module, from the cache when the cache has it unharmed.
 * @param {string} go the go command
 * @param {{ module: string, version: string, program: string, sum: string }} wanted `sum` is the module's own, as go.sum
 *   has it: the program carries it, so that neither a broken cache nor a changed module goes unnoticed
 * @param {string} folder where to put it when the cache folder cannot be written
 * @returns {Promise<string>} the program's path
 */
export async function installFromGo(go, { module, version, program, sum }, folder) {
  const cache = cacheFolder();
  const place = path.join(cache ?? folder, `${program}-${version}`);
  const built = path.join(place, program);
  const isRight = async () => {
    const { stdout } = await promisify(execFile)(go, ['version', '-m', built]);
    return stdout.includes(`${module}\t${version}\t${sum}`);
  };
  if (existsSync(built) && (await isRight().catch(() => false))) return built;
  console.error(`[parts] building ${module} ${version}`);
  // Built beside its place and renamed, so that two runs at a time never see half a program.
  const incoming = mkdtempSync(path.join(cache ?? folder, 'incoming-'));
  try {
    await promisify(execFile)(go, ['install', `${module}@${version}`], {
      cwd: incoming,
      timeout: 300_000,
      // Cross-building and a toolchain of its own are not for us.
      env: { ...process.env, GOBIN: incoming, GOTOOLCHAIN: 'local', GOOS: '', GOARCH: '' },
    });
    mkdirSync(place, { recursive: true });
    chmodSync(place, 0o755);
    renameSync(path.join(incoming, program), built);
    chmodSync(built, 0o755);
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
  if (!(await isRight())) throw new Error(`${module} ${version} has another checksum than ${sum}`);
  return built;
}

/** @returns {string | undefined} the folder for downloads, outside the checkout; undefined where none can be made */
function cacheFolder() {
  const folder = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'hanse-ci');
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(mkdtempSync(path.join(folder, 'writable-')), { recursive: true });
    return folder;
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
