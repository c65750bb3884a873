import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions } from '../postgres/errors/check-options.js';
import { ExplainedError, UsageError } from '../postgres/errors/explained-error.js';
import { call, remedy } from '../text/remedy.js';
import { createFile, isDiskFull } from '../text/replace-file.js';
import { byVersion } from './files/file-name.js';
import { readMigrations } from './files/read-folder.js';

/** The options of {@link newMigration}. */
export interface NewMigrationOptions {
  /** The folder of migrations. */
  readonly directory: string;
  /** The purpose of the migration, in a few words: `add opening hours`. */
  readonly name: string;
}

/** The files of a new migration. */
export interface NewMigration {
  /** The version as the files write it: `V0003`. */
  readonly version: string;
  /** The path of the up file. */
  readonly up: string;
  /** The path of the down file. */
  readonly down: string;
}

/** In characters. */
const MAX_NAME_LENGTH = 80;

/**
 * Creates the two files of a new migration, with the next version and a header that says what to write. The version has
 * the form of the newest file's: with its `V`, and with as many digits.
 *
 * @throws UsageError for a name that a file cannot have, or a folder that does not exist
 * @throws ExplainedError `file_not_written` if a file cannot be written; existing files are never overwritten
 * @example
 * ```ts
 * const { up } = await newMigration({ directory: 'src/storage/sql', name: 'add opening hours' });
 * // src/storage/sql/V0002.add_opening_hours.up.sql
 * ```
 */
export async function newMigration(options: NewMigrationOptions): Promise<NewMigration> {
  checkOptions('newMigration', options, 'directory', 'name');
  const { directory, name } = options;
  const slug = toSlug(name);
  const version = await nextLabel(directory);
  const stem = `${version}.${slug}`;
  const [up, down] = [join(directory, `${stem}.up.sql`), join(directory, `${stem}.down.sql`)];
  await write(up, upText(version, slug));
  await write(down, downText(version, slug)).catch(async (error: unknown) => {
    // An up file without its down file would stop every command.
    await rm(up, { force: true });
    throw error;
  });
  return { version, up, down };
}

function toSlug(name: string): string {
  const slug = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (slug !== '' && slug.length <= MAX_NAME_LENGTH) return slug;
  throw new UsageError('bad_name', `"${name}" cannot be turned into a file name.`, {
    remedy: remedy`Describe the migration in a few words, at most ${MAX_NAME_LENGTH} characters: ${call('newMigration', { name: 'add opening hours' })}.`,
  });
}

async function nextLabel(directory: string): Promise<string> {
  const migrations = await readMigrations(directory).catch((error: unknown) => {
    // This is the first migration of the folder.
    if (error instanceof ExplainedError && error.code === 'no_migrations') return [];
    throw error;
  });
  const newest = [...migrations].sort(byVersion).at(-1);
  if (newest === undefined) return 'V0001';
  const prefix = /^[Vv]?/.exec(newest.label)?.[0] ?? '';
  return prefix + String(newest.version + 1n).padStart(newest.label.length - prefix.length, '0');
}

function upText(version: string, slug: string): string {
  return `-- ${version}: ${slug.replaceAll('_', ' ')}.
--
-- Describe here what it is for, and why each statement on a table with rows is safe on a live database.
-- Write plain SQL, and every name with its schema. The file runs in one transaction, and must be safe to run twice.
-- Write options, if any, in comments up here: "migrate: no-transaction" to build an index concurrently,
-- "migrate: lock-timeout 10s", or "migrate: irreversible <reason>" instead of a down file.

`;
}

function downText(version: string, slug: string): string {
  return `-- ${version}, down: reverts "${slug.replaceAll('_', ' ')}".
--
-- Restore exactly the schema that was there before ${version}. Describe here what cannot be restored.
-- The file must be safe to run twice. Do not use CASCADE. If there is nothing to undo, write: select 1;

`;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await createFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ExplainedError('file_not_written', `${path} cannot be written (${reason}).`, {
      remedy: isDiskFull(cause)
        ? 'Free disk space there.'
        : 'Check that the folder exists, that this user may write to it, and that the file does not exist yet.',
      cause,
    });
  }
}
