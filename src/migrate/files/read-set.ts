import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DEFAULT_SET, type MigrationSet, namedSet } from '../../catalog/migration-set.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { readRegularFile } from '../../text/regular-file.js';

/** The file in a folder that names its set. */
export const SET_FILE = 'set.json';

/** The set of a folder, and the folders of the sets to which it refers. */
export interface SetOfFolder {
  readonly set: MigrationSet;
  /** Applied before this one in a throw-away database, in their order; absolute paths. */
  readonly after: readonly string[];
}

/** The names of the default set and of PostgreSQL's own schemas, as the beginning of a schema's name. */
const RESERVED = new Set(['voicesurvey', 'public', 'pg', 'information']);

const EXAMPLE = '{ "set": "billing" }';

/**
 * Reads which set the migrations of a folder belong to. A folder without the file belongs to the default set.
 *
 * @throws UsageError `bad_set` for a file that does not name a set
 */
export async function readSet(directory: string): Promise<SetOfFolder> {
  const path = join(directory, SET_FILE);
  const file = await readRegularFile(path);
  if (file.kind !== 'content') {
    if (isMissing(file.cause) && !(await isLink(path))) return { set: DEFAULT_SET, after: [] };
    throw badSetError(
      path,
      file.problem,
      'Replace it by a regular file that this user may read.',
      file.cause,
    );
  }
  const { set, after = [], ...others } = parse(path, file.bytes.toString());
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw badSetError(path, `has the unknown entry "${unknown}"`, `Write, for example: ${EXAMPLE}`);
  }
  if (typeof set !== 'string' || !/^[a-z][a-z0-9]{0,39}$/.test(set)) {
    throw badSetError(
      path,
      'names no set',
      `Give the set a name of lower-case letters and digits, of 40 at most: ${EXAMPLE}`,
    );
  }
  if (RESERVED.has(set)) throw badSetError(path, `has the reserved name ${set}`, 'Choose another name.');
  if (!isListOfTexts(after)) {
    throw badSetError(
      path,
      'has an "after" that is not a list of folders',
      'List the folders of the sets to which this one refers, relative to this folder: "after": ["../sql"]',
    );
  }
  return { set: namedSet(set), after: after.map((folder) => resolve(directory, folder)) };
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {}
  throw badSetError(path, 'is not a JSON object', `Write, for example: ${EXAMPLE}`);
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
}

/** Whether the file does not exist, or its folder is not a folder. The read of the migrations then reports the folder. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Whether there is a link, whose target does not exist: the folder is meant to belong to a set. */
async function isLink(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => null);
  return status?.isSymbolicLink() === true;
}

function badSetError(path: string, problem: string, remedy: string, cause?: unknown): UsageError {
  return new UsageError('bad_set', `${path} ${problem}.`, { remedy, cause });
}
