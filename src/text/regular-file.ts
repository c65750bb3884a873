import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** The content of a file. */
export interface FileContent {
  readonly kind: 'content';
  readonly bytes: Buffer;
  readonly status: Stats;
}

/** Why a file was not read. It is `missing` also if this user may not enter its folder. */
export interface FileProblem {
  readonly kind: 'missing' | 'unusable' | 'too long';
  /** Completes a sentence that begins with the path; without a full stop. */
  readonly problem: string;
  readonly cause?: unknown;
}

const MEBIBYTE = 2 ** 20;
/** The longest file that is read by default. The revocation lists of large authorities have some megabytes. */
const LONGEST_FILE = 16 * MEBIBYTE;
/** A file whose status has no size, or one that grows, is read in parts of this length. */
const PART_BYTES = 64 * 1024;
/** Without O_NONBLOCK, opening a FIFO or reading some files of /proc waits for as long as there is nothing to read. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a file that a user or an administrator names: a migration, a certificate, a key, a password file.
 *
 * Only a regular file is read, and at most one byte more than a limit. A FIFO would be waited for until another process
 * writes to it, where no signal interrupts the wait, and a device may never end. The kind is checked before the file is
 * opened, since opening a device can have an effect, and again afterwards, since another file may have taken its place.
 *
 * @param path of a file or of a link to one
 * @param limit the length of the longest file, in bytes
 */
export async function readRegularFile(
  path: string,
  limit = LONGEST_FILE,
): Promise<FileContent | FileProblem> {
  try {
    if (!(await stat(path)).isFile()) return NOT_REGULAR;
  } catch (cause) {
    return { ...unreadable(cause), kind: 'missing' };
  }
  try {
    const file = await open(path, OPEN_FLAGS);
    try {
      const reading = collect(await file.stat(), limit);
      let step = reading.next(0);
      while (!step.done) step = reading.next((await file.read(step.value)).bytesRead);
      return step.value;
    } finally {
      await file.close();
    }
  } catch (cause) {
    return unreadable(cause);
  }
}

/**
 * Opens a regular file of any length for reading. It does not wait for another process, as an open of a FIFO would.
 *
 * @throws the error of the system, or one with the code `not a regular file`; both have the `path`
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const refuse = (): never => {
    const code = NOT_REGULAR_CODE;
    throw Object.assign(new Error(`${path} is ${code}`), { path, code });
  };
  if (!(await stat(path)).isFile()) refuse();
  const file = await open(path, OPEN_FLAGS);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return refuse();
}

/** {@link readRegularFile}, synchronously: promises take six times as long for hundreds of small files. */
export function readRegularFileSync(path: string, limit = LONGEST_FILE): FileContent | FileProblem {
  try {
    if (!statSync(path).isFile()) return NOT_REGULAR;
  } catch (cause) {
    return { ...unreadable(cause), kind: 'missing' };
  }
  try {
    const file = openSync(path, OPEN_FLAGS);
    try {
      const reading = collect(fstatSync(file), limit);
      let step = reading.next(0);
      while (!step.done) step = reading.next(readSync(file, step.value));
      return step.value;
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    return unreadable(cause);
  }
}

/**
 * Collects the content of an open file. Yields a buffer to read into and gets the number of bytes that were read, 0 at the
 * end of the file. A file may grow meanwhile, and in /proc its status has no size.
 */
function* collect(status: Stats, limit: number): Generator<Buffer, FileContent | FileProblem, number> {
  if (!status.isFile()) return NOT_REGULAR;
  const parts: Buffer[] = [];
  let length = 0;
  let most = status.size === 0 ? Math.min(PART_BYTES, limit + 1) : status.size + 1;
  while (most > 0 && length + most <= limit + 1) {
    const part = Buffer.allocUnsafe(most);
    for (let used = 0; used < most; ) {
      const bytesRead = yield part.subarray(used);
      used += bytesRead;
      // The end is also where the status says: more was asked for.
      if (bytesRead > 0 && length + used !== status.size) continue;
      parts.push(part.subarray(0, used));
      return { kind: 'content', bytes: Buffer.concat(parts), status };
    }
    parts.push(part);
    length += most;
    most = Math.min(PART_BYTES, limit + 1 - length);
  }
  return { kind: 'too long', problem: `is larger than ${limit / MEBIBYTE} MiB` };
}

const NOT_REGULAR_CODE = 'not a regular file';
const NOT_REGULAR: FileProblem = { kind: 'unusable', problem: `is ${NOT_REGULAR_CODE}` };

function unreadable(cause: unknown): FileProblem {
  return { kind: 'unusable', problem: `cannot be read (${reasonOf(cause)})`, cause };
}

/** Returns the code of an error of the operating system, such as `EACCES`. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
}
