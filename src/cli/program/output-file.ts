import { dirname } from 'node:path';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { createFolder } from '../../text/create-folder.js';
import { isDiskFull, replaceFile } from '../../text/replace-file.js';

/**
 * Writes a file that the user asked a command for, all of it or nothing, and creates its folder.
 *
 * @throws ExplainedError `file_not_written`
 */
export async function writeOutputFile(path: string, text: string): Promise<void> {
  try {
    await createFolder(dirname(path));
    await replaceFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ExplainedError('file_not_written', `${path} cannot be written (${reason}).`, {
      remedy: isDiskFull(cause)
        ? 'Free disk space there, or name another folder. An older file of that name is unchanged.'
        : reason === 'ENXIO'
          ? 'It is a pipe that no process reads. Start its reader first, or name a file.'
          : 'Name a folder that this user may write to.',
      cause,
    });
  }
}
