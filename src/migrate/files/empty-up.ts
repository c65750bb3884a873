import { basename } from 'node:path';
import { MigrationFileError } from '../../sql/errors.js';
import { allows, readExceptions } from '../../sql/exceptions.js';
import type { Script } from './read-folder.js';

/** The lint rule from which an empty file can allow an exception. */
const EMPTY_FILE = 'empty-file';

/** What to do about an up file without a statement. */
export const EMPTY_UP_REMEDY =
  'Write its statements, or delete it and its down file. If the version must stay, write: select 1;';

/**
 * The error of a pending up file without a statement, such as a new file that is not written yet. If it were applied, no
 * database would run the statements that are written into it later.
 *
 * @returns null if a comment in the file allows it: `-- check: allow empty-file <reason>`
 */
export function emptyUpError({ source }: Script): MigrationFileError | null {
  if (readExceptions(source, []).some((exception) => allows(exception, EMPTY_FILE, 0))) return null;
  return new MigrationFileError('up_empty', `${basename(source.path)} has no statement.`, {
    remedy: `Nothing was applied. ${EMPTY_UP_REMEDY}`,
  });
}
