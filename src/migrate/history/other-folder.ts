import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { call, joinRemedies, option, remedy } from '../../text/remedy.js';
import type { Entry } from './compare.js';
import { HistoryError } from './errors.js';

/**
 * Describes, as a sentence without its end, that a folder does not belong to a database: the history has migrations, none of
 * which is a file of the folder, and most of them have no file of their name. A name alone says little: many folders begin with
 * a V0001.
 *
 * @param entries the folder compared with the history
 * @returns null if the folder may belong to the database, or if either has no migration
 */
export function describeOtherFolder(entries: readonly Entry[]): string | null {
  const applied = entries.filter(({ row }) => row !== null);
  const files = entries.filter(({ migration }) => migration !== null);
  const [first] = applied;
  const newest = applied.at(-1);
  if (first === undefined || newest === undefined || files.length === 0) return null;
  const isOfFolder = applied.some(({ row, migration }) => row?.checksumUp === migration?.up.source.checksum);
  const ofSameName = applied.filter(({ row, migration }) => row?.name === migration?.name);
  if (isOfFolder || ofSameName.length * 2 >= applied.length) return null;
  const names = [...new Set([first, newest])].map(({ row }) => encodeName(row?.name ?? '')).join(' to ');
  return `The folder does not belong to this database: it has ${plural(files.length, 'migration')}, none of which is applied, and the history has other files (${names})`;
}

/** @throws HistoryError `other_folder` if the folder does not belong to the database */
export function refuseOtherFolder(entries: readonly Entry[]): void {
  const problem = describeOtherFolder(entries);
  if (problem === null) return;
  throw new HistoryError('other_folder', `${problem}.`, {
    remedy: joinRemedies(
      remedy`Nothing was changed. To use this folder, set ${option('url')} to another database. ${call('up', { create: true })} creates it.`,
      'To use it in this database, too, give it a file set.json such as { "set": "billing" }.',
      remedy`To work on this database, name the folder that it is migrated from with ${option('directory')}.`,
    ),
  });
}
