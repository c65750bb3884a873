import { checkOptions } from '../postgres/errors/check-options.js';
import { ExplainedError, UsageError } from '../postgres/errors/explained-error.js';
import { addEarlierResults } from './earlier-results.js';
import { type Folder, readFolder } from './files/read-folder.js';
import type { Listener } from './run/events.js';
import { type UpOptions, type UpResult, up } from './up.js';

/** Options of {@link upSets}. */
export interface UpSetsOptions extends Omit<UpOptions, 'directory' | 'to' | 'lose'> {
  /** The folders of migrations, each of another set, in the order in which they are applied. */
  readonly directories: readonly string[];
}

/**
 * Applies the pending migrations of several folders to one database, one folder after the other, each as {@link up} does. The
 * folders belong to different sets, see docs/several-sets.md. If a folder fails, those after it are not started, and those
 * before it stay applied.
 *
 * @param options the database and the folders
 * @returns the result of each folder, in their order
 * @throws UsageError `bad_argument` without a folder; `set_twice` for two folders of one set
 * @throws the same errors as {@link up}, for the first folder that fails, with {@link EarlierResults}: its set, and the results
 *   of the folders before it
 * @example
 * ```ts
 * const url = process.env.DATABASE_URL ?? '';
 * const results = await upSets({ url, directories: [migrationsDirectory, './billing'] });
 * for (const { set, applied } of results) console.log(set ?? 'the product', applied.length);
 * ```
 */
export async function upSets(options: UpSetsOptions): Promise<readonly UpResult[]> {
  checkOptions('upSets', options, 'url');
  const { directories, create, ...others } = options;
  if (!Array.isArray(directories) || directories.length === 0) {
    throw new UsageError('bad_argument', 'The option directories of upSets is not a list of folders.', {
      remedy: 'Pass the folders of migrations in the order in which they are applied.',
    });
  }
  const sets = await readSets(directories);
  const results: UpResult[] = [];
  for (const { set, directory } of sets) {
    const isFirst = results.length === 0;
    const result = await up({
      ...others,
      directory,
      create: create && isFirst,
      onEvent: announcing(set.name, options.onEvent),
    }).catch((error: unknown) => {
      if (error instanceof ExplainedError && !isFirst) error.directory = directory;
      throw addEarlierResults(error, { set: set.name, earlier: results });
    });
    results.push(result);
  }
  return results;
}

/** Reports a set before its first event, so that a set with nothing to report stays silent. */
function announcing(set: string | null, emit: Listener | undefined): Listener {
  let isAnnounced = false;
  return (event) => {
    if (!isAnnounced) emit?.({ kind: 'set-started', set });
    isAnnounced = true;
    emit?.(event);
  };
}

/** Reads all folders, so that a wrong one is an error before the first is applied. */
async function readSets(
  directories: readonly string[],
): Promise<readonly (Pick<Folder, 'set'> & { readonly directory: string })[]> {
  const folders = await Promise.all(
    directories.map(async (directory) => ({ ...(await readFolder(directory)), directory })),
  );
  const seen = new Map<string, string>();
  for (const { set, directory } of folders) {
    const other = seen.get(set.historySchema);
    if (other !== undefined) {
      const name = set.name === null ? 'the default set' : `the set ${set.name}`;
      throw new UsageError('set_twice', `${other} and ${directory} both belong to ${name}.`, {
        remedy: `Give one of the folders a file set.json with the name of its set: { "set": "billing" }`,
      });
    }
    seen.set(set.historySchema, directory);
  }
  return folders;
}
