import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import type { ServerUser } from './server-user.js';

const MAX_SIZE = 10 * 1024 * 1024;

/** The log of a server, open for writing. */
export interface ServerLog {
  readonly path: string;
  readonly fd: number;
  /** Reads what was written since the log was opened. */
  readonly readNew: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the log of a server before it starts. A log of more than 10 MB is renamed to `log.old` first.
 *
 * @param folder the server's folder
 * @param user the owner of the log; null for the user of this process
 */
export async function openServerLog(folder: string, user: ServerUser | null): Promise<ServerLog> {
  const path = join(folder, 'log');
  let file = await openForAppending(path);
  let { size } = await file.stat();
  if (size > MAX_SIZE) {
    await file.close();
    await rename(path, `${path}.old`);
    file = await openForAppending(path);
    size = 0;
  }
  if (user !== null) await file.chown(user.uid, user.gid);
  return {
    path,
    fd: file.fd,
    readNew: async () => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(64 * 1024), 0, 64 * 1024, size);
      return new TextDecoder().decode(buffer.subarray(0, bytesRead));
    },
    close: () => file.close(),
  };
}

/** A statement, its context, and a row with its values, which may be personal data. */
const ROW = /^(?:STATEMENT|CONTEXT|QUERY):|Failing row contains|\)=\(|^DETAIL: +Row: /;

/**
 * Selects the lines of a server's output that say why it failed: errors and hints, or the last lines if there are none.
 *
 * @param output what the server wrote
 * @returns up to six lines, without times, process ids and values of rows
 */
export function errorLines(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] /, '').trimEnd())
    .filter((line) => line !== '' && !ROW.test(line));
  const errors = lines.filter((line) =>
    /\b(FATAL|PANIC|ERROR|HINT|DETAIL|error|could not|failed)\b/.test(line),
  );
  return (errors.length > 0 ? errors.slice(0, 6) : lines.slice(-6)).join('\n');
}

const RETRY = 'and run the command again.';

/**
 * Finds the remedy for a server that lacks room, or whose user has no name, as in a container with an arbitrary user id. For
 * shared memory and for semaphores, the operating system also reports that no space is left on a device, although the disk has
 * room.
 *
 * @param output what the server or `initdb` wrote
 * @returns null if it reports another cause
 */
export function remedyForOutput(output: string): string | null {
  if (/could not look up effective user ID/.test(output)) {
    return 'PostgreSQL needs a user with a name. Add this one to /etc/passwd, run the command as another user, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.';
  }
  if (/shared memory segment "\/PostgreSQL/.test(output)) {
    return `PostgreSQL keeps shared memory in /dev/shm, which is full, too small or closed to this user. Free space there (see \`df -h /dev/shm\`), or start the container with more of it (\`docker run --shm-size=256m\`), ${RETRY}`;
  }
  if (/shared memory|semaphore/.test(output)) {
    return `Raise the limit of the operating system that PostgreSQL names, ${RETRY} The disk is not full.`;
  }
  return /No space left on device|Disk quota exceeded/.test(output)
    ? `Free disk space (a new server takes 60 MB) ${RETRY}`
    : null;
}

async function openForAppending(path: string): Promise<FileHandle> {
  // Without following links, and only a file with one name: the owner of the folder could make root write into another
  // file, or give that file to the owner. Without waiting, as for a FIFO.
  const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | safely, 0o600);
  const status = await file.stat();
  if (status.isFile() && status.nlink === 1) return file;
  await file.close();
  throw new EmbeddedServerError(
    'embedded_folder_damaged',
    `The log of the embedded server is not a regular file with one name: ${path}.`,
    { remedy: 'Move it to another place and run the command again.' },
  );
}
