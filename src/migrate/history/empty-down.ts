import { encodeName } from '../../text/encode.js';
import { call, joinRemedies, option, remedy } from '../../text/remedy.js';
import { HistoryError } from './errors.js';

/**
 * The error of a rollback whose down has no statement: it would leave everything that the up made, and the next up would
 * fail.
 *
 * @param label the version, as its file writes it
 * @param name the name of the files without `.up.sql`
 * @param isFirst whether no newer migration would be rolled back before it
 */
export function emptyDownError(label: string, name: string, isFirst: boolean): HistoryError {
  const file = encodeName(name);
  const repair = call('repair', { version: label, reason: '<why>' });
  return new HistoryError(
    'down_empty',
    `The down of ${file} has no statement, so a rollback would leave everything that ${file}.up.sql made.`,
    {
      remedy: joinRemedies(
        remedy`Nothing was rolled back. Write ${file}.down.sql (if it has nothing to undo: select 1;), and record it in the history with ${repair}.`,
        remedy`If the migration cannot be rolled back, delete the down file, write -- migrate: irreversible <reason> at the top of ${file}.up.sql, and record that with the same command.`,
        ...(isFirst ? [] : [remedy`To roll back only the newer migrations, use ${option('to', label)}.`]),
      ),
    },
  );
}
