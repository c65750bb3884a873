import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExplainedError } from '../postgres/errors.js';

/**
 * Writes a file that a command was asked for, and its folder.
 *
 * @throws ExplainedError `file_not_written` where it cannot be written
 */
export async function writeProduct(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ExplainedError('file_not_written', `${path} cannot be written (${reason}).`, {
      remedy: 'Name a folder that this user may write to.',
      cause,
    });
  }
}
