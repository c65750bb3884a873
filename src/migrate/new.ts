import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExplainedError, UsageError } from '../postgres/errors.js';
import { call, remedy } from '../text/remedy.js';
import { byVersion } from './files/file-name.js';
import { readMigrations } from './files/read-folder.js';

/** What `newMigration` is told. */
export interface NewMigrationOptions {
  /** The folder of migrations. */
  readonly directory: string;
  /** What the migration does, in a few words: `add opening hours`. */
  readonly name: string;
}

/** The pair of files that was written. */
export interface NewMigration {
  /** As the files write it: `V0003`. */
  readonly version: string;
  readonly up: string;
  readonly down: string;
}

const LONGEST_NAME = 80;

/**
 * Writes the pair of files of a new migration, with the next version and a header that says what to put there. A
 * version is written as the newest file's: with its `V` and as many digits.
 *
 * @throws UsageError for a name that no file can have, or a folder that is not there
 * @throws ExplainedError `file_not_written` where a file cannot be written; one that is there is never written over
 * @example
 * ```ts
 * const { up } = await newMigration({ directory: 'src/storage/sql', name: 'add opening hours' });
 * // src/storage/sql/V0002.add_opening_hours.up.sql
 * ```
 */
export async function newMigration({ directory, name }: NewMigrationOptions): Promise<NewMigration> {
  const slug = slugOf(name);
  const version = await nextLabel(directory);
  const stem = `${version}.${slug}`;
  const [up, down] = [join(directory, `${stem}.up.sql`), join(directory, `${stem}.down.sql`)];
  await write(up, upText(version, slug));
  await write(down, downText(version, slug));
  return { version, up, down };
}

function slugOf(name: string): string {
  const slug = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (slug !== '' && slug.length <= LONGEST_NAME) return slug;
  throw new UsageError('bad_name', `"${name}" cannot be made the name of a file.`, {
    remedy: remedy`Say in a few words, at most ${LONGEST_NAME} characters, what the migration does: ${call('newMigration', { name: 'add opening hours' })}.`,
  });
}

async function nextLabel(directory: string): Promise<string> {
  const migrations = await readMigrations(directory).catch((error: unknown) => {
    // The first migration of a folder has none before it.
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
-- Say here what it is for, and for every statement on a table with rows why it does not stop the site.
-- Plain SQL, every name with its schema; it runs in one transaction and can be run twice in a row.
-- Options stand in comments up here, if any: "migrate: no-transaction" for indexes that are built concurrently,
-- "migrate: lock-timeout 10s", or "migrate: irreversible <reason>" in place of the down file.

`;
}

function downText(version: string, slug: string): string {
  return `-- ${version}, down: takes back "${slug.replaceAll('_', ' ')}".
--
-- It brings back exactly what was there before ${version}; say here what it cannot bring back.
-- It can be run twice in a row, and it never cascades.

`;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ExplainedError('file_not_written', `${path} cannot be written (${reason}).`, {
      remedy:
        'See that the folder is there, that this user may write to it, and that the file is not there yet.',
      cause,
    });
  }
}
