import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** The content of a file, or why it cannot be read. */
export type RegularFile =
  | { readonly text: string; readonly status: Stats }
  /** Completes a sentence that begins with the path; without a full stop. */
  | { readonly problem: string };

const MEBIBYTE = 2 ** 20;
/** The longest file that is read. The revocation lists of large authorities have some megabytes. */
const LONGEST_FILE = 16 * MEBIBYTE;
const CHUNK_LENGTH = 64 * 1024;

/**
 * Reads a text file that a user or an administrator names: a certificate, a key, a password file.
 *
 * Only a regular file is read, and no more than a limit. A FIFO would be waited for until another process writes to it, in
 * a thread that no signal interrupts, and a device may never end. The file is opened without waiting, and its kind is
 * checked again after that, since another file may have taken its place.
 *
 * @returns undefined if there is no such file
 */
export async function readRegularFile(path: string): Promise<RegularFile | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) return { problem: 'is not a regular file' };
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const status = await file.stat();
      if (!status.isFile()) return { problem: 'is not a regular file' };
      const text = status.size > LONGEST_FILE ? undefined : await readUpTo(file, LONGEST_FILE);
      return text === undefined
        ? { problem: `is larger than ${LONGEST_FILE / MEBIBYTE} MiB` }
        : { text, status };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { problem: `cannot be read (${error instanceof Error ? error.message : String(error)})` };
  }
}

/** Reads a file to its end, whatever size its status has. Returns undefined if it is longer than the limit. */
async function readUpTo(file: Awaited<ReturnType<typeof open>>, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= limit; ) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_LENGTH));
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return undefined;
}

/**
 * Describes which other users may access a file with a secret, by the rule of libpq.
 *
 * @param forRoot the permission bits that a file of root may not have; by default as for every other owner
 * @returns `mode 0644`, or undefined if no other user may access it; on Windows, permissions are not checked
 */
export function describeExposure({ mode, uid }: Stats, forRoot = 0o077): string | undefined {
  const forbidden = uid === 0 ? forRoot : 0o077;
  if (process.platform === 'win32' || (mode & forbidden) === 0) return undefined;
  return `mode 0${(mode & 0o777).toString(8)}`;
}
