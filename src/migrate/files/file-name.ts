import { MigrationFileError } from '../../sql/errors.js';

/** The largest version that the history can store: the largest `bigint` of PostgreSQL. */
const MAX_VERSION = 9_223_372_036_854_775_807n;

/**
 * The parts of a migration file's name. `V0002.WebAuthn.up.sql` has version 2, label `V0002`, stem `V0002.WebAuthn` and
 * direction `up`.
 */
export interface FileName {
  /** The version as an integer. Versions are ordered as integers, never by collation or by time. */
  readonly version: bigint;
  /** The version as the file writes it, with its `V` and its leading zeros. */
  readonly label: string;
  /** The file's name without `.up.sql` or `.down.sql`. */
  readonly stem: string;
  readonly direction: 'up' | 'down';
}

const MIGRATION_NAME =
  /^(?<stem>(?<label>[Vv]?(?<digits>\d+))(?:(?:__|_|\.)[^/\\]+)?)\.(?<direction>up|down)\.sql$/;
const MIGRATION_SUFFIX = /\.(up|down)\.sql$/i;

/**
 * Parses the name of a file.
 *
 * @param fileName the name without its folder
 * @returns null for a file that is not a migration, such as a README, and for a hidden one: editors and macOS leave files
 *   such as `._V1.up.sql` and `.#V1.up.sql` beside the one that is edited or packed
 * @throws MigrationFileError for a name that ends like a migration's and has no version, because to ignore it would
 *   silently skip a migration
 */
export function parseFileName(fileName: string): FileName | null {
  if (fileName.startsWith('.')) return null;
  const parts = MIGRATION_NAME.exec(fileName)?.groups;
  if (parts === undefined) {
    if (!MIGRATION_SUFFIX.test(fileName)) return null;
    throw new MigrationFileError(
      'bad_file_name',
      `The name of ${fileName} ends like a migration's, but does not begin with a version.`,
      {
        remedy:
          'Name it <version>.up.sql or <version>_<name>.up.sql, with a version in digits, or move it to another folder.',
      },
    );
  }
  const { stem = '', label = '', digits = '', direction } = parts;
  const version = BigInt(digits);
  if (version > MAX_VERSION) {
    throw new MigrationFileError(
      'bad_file_name',
      `The version of ${fileName} is larger than ${MAX_VERSION}.`,
      {
        remedy: 'Give the migration a version of at most 18 digits.',
      },
    );
  }
  return { version, label, stem, direction: direction === 'up' ? 'up' : 'down' };
}

/**
 * Parses a version as a user writes it: `3`, `0003` and `V0003` are the same.
 *
 * @returns null if the text is not a version
 */
export function parseVersion(text: string): bigint | null {
  const digits = /^[Vv]?(\d{1,19})$/.exec(text)?.[1];
  return digits === undefined ? null : BigInt(digits);
}

/** Extracts the label from a stem: `V0002` from `V0002.WebAuthn`. */
export function extractLabel(stem: string): string {
  return /^[Vv]?\d+/.exec(stem)?.[0] ?? stem;
}

/** Compares two migrations by version, for sorting. */
export function byVersion(a: { readonly version: bigint }, b: { readonly version: bigint }): number {
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0;
}
