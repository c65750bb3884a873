import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { createFolder } from '../../text/create-folder.js';

/**
 * Writes a file that the user asked a command for, and creates its folder.
 *
 * @throws ExplainedError `file_not_written`
 */
export async function writeOutputFile(path: string, text: string): Promise<void> {
  try {
    await createFolder(dirname(path));
    await writeFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ExplainedError('file_not_written', `${path} cannot be written (${reason}).`, {
      remedy: 'Name a folder that this user may write to.',
      cause,
    });
  }
}
