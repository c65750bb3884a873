import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { MigrationFileError } from '../../sql/errors.js';
import type { SourceFile } from '../../sql/source-file.js';
import { option, remedy } from '../../text/remedy.js';
import { byVersion, type FileName, parseFileName, parseVersion } from './file-name.js';
import { type FileOptions, readOptions } from './options.js';
import { readSet, type SetOfFolder } from './read-set.js';
import { readSourceFile } from './source.js';

/** A file of a migration, with its options. */
export interface Script {
  readonly source: SourceFile;
  readonly options: FileOptions;
}

/** A migration in a folder. */
export interface Migration {
  readonly version: bigint;
  /** The version as the files write it: `V0002`. */
  readonly label: string;
  /** The name of the files without `.up.sql`: `V0002.WebAuthn`. */
  readonly name: string;
  readonly up: Script;
  /** Null for a migration that declares itself irreversible. */
  readonly down: Script | null;
  /** Why it has no down; null if it has one. */
  readonly irreversible: string | null;
}

/** A folder of migrations, with its set. */
export interface Folder extends SetOfFolder {
  /** In the order of their versions. */
  readonly migrations: readonly Migration[];
}

interface NamedFile extends FileName {
  readonly fileName: string;
}

/**
 * Reads a folder of migrations: `<version>.up.sql` with `<version>.down.sql`, or with a name after the version,
 * as in `000001_init.up.sql` and `V0002.WebAuthn.up.sql`. Other files are ignored, and so are hidden ones.
 *
 * @param directory the folder's path
 * @returns the migrations in the order of their versions
 * @throws UsageError `no_folder` if the folder cannot be read
 * @throws MigrationFileError if the folder holds no migration, two migrations with one version, an up without its down,
 *   a down without its up, or a file that cannot be read
 * @example
 * ```ts
 * for (const migration of await readMigrations('src/storage/sql')) console.log(migration.label);
 * ```
 */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = await listMigrationFiles(directory);
  if (files.length === 0) {
    throw new MigrationFileError('no_migrations', `The folder ${directory} holds no migrations.`, {
      remedy: remedy`Name the folder of migrations with ${option('directory')}. A migration is a file such as V0001.up.sql with its V0001.down.sql.`,
    });
  }
  return Promise.all(pairFiles(files).map(({ up, down }) => readPair(directory, up, down)));
}

/**
 * Reads a folder of migrations with its set.
 *
 * @throws UsageError `bad_set`, and the same errors as {@link readMigrations}
 */
export async function readFolder(directory: string): Promise<Folder> {
  const [migrations, set] = await Promise.all([readMigrations(directory), readSet(directory)]);
  return { ...set, migrations };
}

/**
 * Finds a version in a folder of migrations.
 *
 * @param text the version as a user writes it, see {@link parseVersion}
 * @throws UsageError `unknown_version` if the folder does not have it
 */
export function findVersion(migrations: readonly Migration[], text: string): bigint {
  const version = parseVersion(text);
  if (version !== null && migrations.some((migration) => migration.version === version)) return version;
  throw new UsageError('unknown_version', `There is no migration ${text}.`, {
    remedy: `Name a version of the folder, ${migrations[0]?.label} to ${migrations.at(-1)?.label}.`,
  });
}

async function listMigrationFiles(directory: string): Promise<NamedFile[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new UsageError('no_folder', `The folder of migrations ${directory} cannot be read${reason}.`, {
      remedy: remedy`Name an existing folder with ${option('directory')}.`,
      cause,
    });
  });
  return names.sort().flatMap((fileName) => {
    const parts = parseFileName(fileName);
    return parts === null ? [] : [{ ...parts, fileName }];
  });
}

function pairFiles(files: readonly NamedFile[]): { up: NamedFile; down: NamedFile | undefined }[] {
  const ups = indexByVersion(files.filter((file) => file.direction === 'up'));
  const downs = indexByVersion(files.filter((file) => file.direction === 'down'));
  for (const down of downs.values()) {
    const up = ups.get(down.version);
    if (up === undefined) {
      throw new MigrationFileError('up_missing', `${down.fileName} has no up file.`, {
        remedy: `Add ${down.stem}.up.sql, or remove ${down.fileName}.`,
      });
    }
    if (up.stem !== down.stem) {
      throw new MigrationFileError(
        'names_differ',
        `${up.fileName} and ${down.fileName} have the same version and different names.`,
        { remedy: 'Give both files the same name, or give the newer one the next free version.' },
      );
    }
  }
  return [...ups.values()].sort(byVersion).map((up) => ({ up, down: downs.get(up.version) }));
}

function indexByVersion(files: readonly NamedFile[]): Map<bigint, NamedFile> {
  const seen = new Map<bigint, NamedFile>();
  for (const file of files) {
    const other = seen.get(file.version);
    if (other !== undefined) {
      throw new MigrationFileError(
        'duplicate_version',
        `Two files have version ${file.version}: ${other.fileName} and ${file.fileName}.`,
        { remedy: 'Give the newer migration the next free version, in the names of its up and its down.' },
      );
    }
    seen.set(file.version, file);
  }
  return seen;
}

async function readPair(
  directory: string,
  upFile: NamedFile,
  downFile: NamedFile | undefined,
): Promise<Migration> {
  const up = await readScript(directory, upFile);
  const down = downFile === undefined ? null : await readScript(directory, downFile);
  const irreversible = up.options.irreversible ?? null;
  if (down === null && irreversible === null) {
    throw new MigrationFileError('down_missing', `${upFile.fileName} has no down file.`, {
      remedy:
        `Add ${upFile.stem}.down.sql, or declare at the top of ${upFile.fileName} why it cannot be rolled back: ` +
        '-- migrate: irreversible <reason>',
    });
  }
  if (down !== null && irreversible !== null) {
    throw new MigrationFileError(
      'irreversible_with_down',
      `${upFile.fileName} declares itself irreversible, but ${downFile?.fileName} exists.`,
      { remedy: 'Remove the down file or the option.' },
    );
  }
  const { version, label, stem: name } = upFile;
  return { version, label, name, up, down, irreversible };
}

async function readScript(directory: string, file: NamedFile): Promise<Script> {
  const source = await readSourceFile(join(directory, file.fileName));
  const options = readOptions(source);
  if (file.direction === 'down' && options.irreversible !== undefined) {
    throw new MigrationFileError(
      'bad_option',
      `${file.fileName}: the option "irreversible" belongs in the up file.`,
      {
        remedy: `Move the option to ${file.stem}.up.sql and remove ${file.fileName}.`,
      },
    );
  }
  return { source, options };
}
