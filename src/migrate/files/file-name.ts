import { MigrationFileError } from '../../sql/errors.js';

/** The largest version that the history can hold: the largest `bigint` of PostgreSQL. */
const LARGEST_VERSION = 9_223_372_036_854_775_807n;

/**
 * The name of a migration file, taken apart. `V0002.WebAuthn.up.sql` is version 2, label `V0002`,
 * stem `V0002.WebAuthn`, direction `up`.
 */
export interface FileName {
  /** The version as an integer: versions are ordered as integers, never by collation or by time. */
  readonly version: bigint;
  /** The version as the file writes it, with its `V` and its zeros. */
  readonly label: string;
  /** The file's name without `.up.sql` or `.down.sql`. */
  readonly stem: string;
  readonly direction: 'up' | 'down';
}

const MIGRATION_NAME =
  /^(?<stem>(?<label>[Vv]?(?<digits>\d+))(?:(?:__|_|\.)[^/\\]+)?)\.(?<direction>up|down)\.sql$/;
const LOOKS_LIKE_ONE = /\.(up|down)\.sql$/i;

/**
 * Takes the name of a file apart.
 *
 * @param fileName the name without its folder
 * @returns its parts, or null for a file that is none of ours, such as a README
 * @throws MigrationFileError for a name that ends like a migration's and has no version: skipping it in silence
 *   would lose a migration
 */
export function parseFileName(fileName: string): FileName | null {
  const parts = MIGRATION_NAME.exec(fileName)?.groups;
  if (parts === undefined) {
    if (!LOOKS_LIKE_ONE.test(fileName)) return null;
    throw new MigrationFileError(
      'bad_file_name',
      `${fileName} ends like a migration, but its name has no version.`,
      {
        remedy:
          'Name it <version>.up.sql or <version>_<name>.up.sql, the version in digits, or move it elsewhere.',
      },
    );
  }
  const { stem = '', label = '', digits = '', direction } = parts;
  const version = BigInt(digits);
  if (version > LARGEST_VERSION) {
    throw new MigrationFileError(
      'bad_file_name',
      `The version of ${fileName} is larger than ${LARGEST_VERSION}.`,
      {
        remedy: 'Give the migration a version of at most 18 digits.',
      },
    );
  }
  return { version, label, stem, direction: direction === 'up' ? 'up' : 'down' };
}

/**
 * Reads a version that a person wrote: `3`, `0003` and `V0003` are the same.
 *
 * @returns the version, or null where the text is none
 */
export function parseVersion(text: string): bigint | null {
  const digits = /^[Vv]?(\d{1,19})$/.exec(text)?.[1];
  return digits === undefined ? null : BigInt(digits);
}

/** The label in a stem: `V0002` in `V0002.WebAuthn`. */
export function labelOf(stem: string): string {
  return /^[Vv]?\d+/.exec(stem)?.[0] ?? stem;
}

/** Orders by version, smallest first. */
export function byVersion(a: { readonly version: bigint }, b: { readonly version: bigint }): number {
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0;
}
