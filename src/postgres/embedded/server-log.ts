import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerUser } from './server-user.js';

const largest = 10 * 1024 * 1024;

/** A server's log, open for what it is going to write. */
export interface ServerLog {
  readonly path: string;
  readonly fd: number;
  /** What was written since the log was opened. */
  readonly news: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the log of a server that is about to start. One of more than 10 MB is put aside as `log.old`.
 *
 * @param folder the server's folder
 * @param user whom the log is to belong to; null for ourselves
 */
export async function openServerLog(folder: string, user: ServerUser | null): Promise<ServerLog> {
  const path = join(folder, 'log');
  let file = await openForAppending(path);
  let { size } = await file.stat();
  if (size > largest) {
    await file.close();
    await rename(path, `${path}.old`);
    file = await openForAppending(path);
    size = 0;
  }
  if (user !== null) await file.chown(user.uid, user.gid);
  return {
    path,
    fd: file.fd,
    news: async () => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(64 * 1024), 0, 64 * 1024, size);
      return new TextDecoder().decode(buffer.subarray(0, bytesRead));
    },
    close: () => file.close(),
  };
}

/**
 * The lines of a server's output that say why it failed: errors and hints, else the last ones.
 *
 * @param output what the server wrote
 * @returns up to six lines, without times and process numbers
 */
export function tellingLines(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] /, '').trimEnd())
    .filter((line) => line !== '');
  const telling = lines.filter((line) =>
    /\b(FATAL|PANIC|ERROR|HINT|DETAIL|error|could not|failed)\b/.test(line),
  );
  return (telling.length > 0 ? telling.slice(0, 6) : lines.slice(-6)).join('\n');
}

function openForAppending(path: string): Promise<FileHandle> {
  // Root must not be led to write into another file by the folder's owner.
  const follow = constants.O_NOFOLLOW ?? 0;
  return open(path, constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | follow, 0o600);
}
