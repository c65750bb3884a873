import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, stat, writeFile } from 'node:fs/promises';

/** The file may be written, and its folder may not, or the file itself is a mount. */
const CANNOT_REPLACE = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']);

/**
 * Writes a text to a file, all of it or nothing: if the disk is full, the file is what it was before. A device, a pipe and the
 * target of a link are written directly.
 *
 * @throws the error of the operating system; ENXIO for a pipe that no process reads
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const status = await lstat(path).catch(() => null);
  if (status !== null && !status.isFile()) {
    // Held until the end: a reader stops when no process has the pipe open for writing.
    const pipe = await openPipe(path);
    return writeFile(path, text).finally(() => pipe?.close());
  }
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx', ...(status && { mode: status.mode & 0o777 }) });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (!CANNOT_REPLACE.has(codeOf(error) ?? '')) throw error;
    await writeFile(path, text);
  }
}

/**
 * Opens a FIFO for writing, and fails if no process reads it: without O_NONBLOCK, the open would wait for a reader, and no
 * signal would end the wait.
 *
 * @returns undefined if the path is no FIFO
 */
async function openPipe(path: string): Promise<FileHandle | undefined> {
  const status = await stat(path).catch(() => null);
  return status?.isFIFO() ? open(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined;
}

/**
 * Writes a new file, all of it or nothing.
 *
 * @throws the error of the operating system; EEXIST if the file exists
 */
export async function createFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Returns the code of an error of the operating system, or undefined for any other error. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Whether an error says that the disk, or the user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}
