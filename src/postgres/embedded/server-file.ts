import { readRegularFile } from '../../text/regular-file.js';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { systemErrorCode } from './system-errors.js';

/** The longest file that PostgreSQL or this package writes into the folder of a server, besides the log. */
const LONGEST_FILE = 1024 * 1024;

/**
 * Reads a text file in the folder of a server. If this process is root, the folder belongs to another user, who could put
 * a FIFO or an endless device in the place of the file.
 *
 * @returns null if there is no such file
 * @throws EmbeddedServerError `embedded_folder_damaged` if it is not a regular file or is too long; errors of the file
 *   system, such as EACCES, unchanged
 */
export async function readServerFile(path: string): Promise<string | null> {
  const file = await readRegularFile(path, LONGEST_FILE);
  if (file.kind === 'content') return file.bytes.toString();
  const code = systemErrorCode(file.cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  if (code !== undefined) throw file.cause;
  throw new EmbeddedServerError(
    'embedded_folder_damaged',
    `The folder of the embedded server is damaged: ${path} ${file.problem}.`,
    {
      remedy:
        'Restore the file from a backup. For a new, empty server, move the folder to another place and run the command again.',
    },
  );
}
