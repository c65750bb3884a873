import { encodeName } from '../../text/encode.js';
import { call, remedy } from '../../text/remedy.js';
import { HistoryError } from './errors.js';

/**
 * The error of a rollback whose recorded text is not the one that was recorded with its checksum: someone has written it into
 * the history, and it would run with the rights of this role.
 *
 * @param label the version, as its file writes it
 * @param name the name of the files without `.up.sql`
 */
export function changedDownError(label: string, name: string): HistoryError {
  const file = `${encodeName(name)}.down.sql`;
  return new HistoryError(
    'down_changed',
    `The text of ${file} in the history was changed: it does not have the checksum that was recorded with it.`,
    {
      remedy: remedy`Nothing was rolled back. Find out who changed it. If ${file} in the folder is right, record it with ${call('repair', { version: label, reason: '<why>' })}.`,
    },
  );
}
