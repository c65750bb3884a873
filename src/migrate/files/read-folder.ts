import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../postgres/errors.js';
import { MigrationFileError } from '../../sql/errors.js';
import type { SourceFile } from '../../sql/source-file.js';
import { option, remedy } from '../../text/remedy.js';
import { byVersion, type FileName, parseFileName, parseVersion } from './file-name.js';
import { type FileOptions, fileOptions } from './options.js';
import { readSourceFile } from './source.js';

/** One direction of a migration: its text and its options. */
export interface Script {
  readonly source: SourceFile;
  readonly options: FileOptions;
}

/** A migration as the folder has it. */
export interface Migration {
  readonly version: bigint;
  /** The version as the files write it: `V0002`. */
  readonly label: string;
  /** The files' name without `.up.sql`: `V0002.WebAuthn`. */
  readonly name: string;
  readonly up: Script;
  /** Null for a migration that declares itself irreversible. */
  readonly down: Script | null;
  /** Why there is no way back; null where there is one. */
  readonly irreversible: string | null;
}

interface NamedFile extends FileName {
  readonly fileName: string;
}

/**
 * Reads a folder of migrations: `<version>.up.sql` with `<version>.down.sql`, or with a name after the version,
 * as in `000001_init.up.sql` and `V0002.WebAuthn.up.sql`. Other files are left alone.
 *
 * @param directory the folder's path
 * @returns the migrations, smallest version first
 * @throws UsageError where there is no such folder
 * @throws MigrationFileError where the folder holds no migration, two with one version, an up without its down,
 *   a down without its up, or a file that cannot be read
 * @example
 * ```ts
 * for (const migration of await readMigrations('src/storage/sql')) console.log(migration.label);
 * ```
 */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = await listMigrationFiles(directory);
  if (files.length === 0) {
    throw new MigrationFileError('no_migrations', `The folder ${directory} holds no migration.`, {
      remedy: remedy`Name the folder of migrations with ${option('directory')}. A migration is a file such as V0001.up.sql with its V0001.down.sql.`,
    });
  }
  const pairs = pairUp(files);
  return Promise.all(pairs.map(({ up, down }) => readPair(directory, up, down)));
}

/**
 * The version that a person has written, as one of the folder's.
 *
 * @throws UsageError `unknown_version` where the folder does not have it
 */
export function versionIn(migrations: readonly Migration[], text: string): bigint {
  const version = parseVersion(text);
  if (version !== null && migrations.some((migration) => migration.version === version)) return version;
  throw new UsageError('unknown_version', `There is no migration ${text}.`, {
    remedy: `Name one of the folder's: ${migrations[0]?.label} to ${migrations.at(-1)?.label}.`,
  });
}

async function listMigrationFiles(directory: string): Promise<NamedFile[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new UsageError('no_folder', `The folder of migrations ${directory} cannot be read.`, {
      remedy: remedy`Name an existing folder with ${option('directory')}.`,
      cause,
    });
  });
  return names.sort().flatMap((fileName) => {
    const parts = parseFileName(fileName);
    return parts === null ? [] : [{ ...parts, fileName }];
  });
}

function pairUp(files: readonly NamedFile[]): { up: NamedFile; down: NamedFile | undefined }[] {
  const ups = withoutDuplicates(files.filter((file) => file.direction === 'up'));
  const downs = withoutDuplicates(files.filter((file) => file.direction === 'down'));
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
        `${up.fileName} and ${down.fileName} have one version and different names.`,
        { remedy: 'Give both the same name, or the one that came later the next free version.' },
      );
    }
  }
  return [...ups.values()].sort(byVersion).map((up) => ({ up, down: downs.get(up.version) }));
}

function withoutDuplicates(files: readonly NamedFile[]): Map<bigint, NamedFile> {
  const seen = new Map<bigint, NamedFile>();
  for (const file of files) {
    const other = seen.get(file.version);
    if (other !== undefined) {
      throw new MigrationFileError(
        'duplicate_version',
        `Two files have version ${file.version}: ${other.fileName} and ${file.fileName}.`,
        { remedy: 'Give the one that came later the next free version, its down file too.' },
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
        `Add ${upFile.stem}.down.sql, or say why there is no way back, at the top of ${upFile.fileName}: ` +
        '-- migrate: irreversible <reason>',
    });
  }
  if (down !== null && irreversible !== null) {
    throw new MigrationFileError(
      'irreversible_with_down',
      `${upFile.fileName} says that it is irreversible, and there is a ${downFile?.fileName}.`,
      { remedy: 'Remove the down file or the option.' },
    );
  }
  const { version, label, stem: name } = upFile;
  return { version, label, name, up, down, irreversible };
}

async function readScript(directory: string, file: NamedFile): Promise<Script> {
  const source = await readSourceFile(join(directory, file.fileName));
  const options = fileOptions(source);
  if (file.direction === 'down' && options.irreversible !== undefined) {
    throw new MigrationFileError('bad_option', `${file.fileName}: "irreversible" belongs into the up file.`, {
      remedy: `Move the option to ${file.stem}.up.sql and remove ${file.fileName}.`,
    });
  }
  return { source, options };
}
