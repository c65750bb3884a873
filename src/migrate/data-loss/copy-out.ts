import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type pg from '../../postgres/pg.js';
import { listenToCopyData, streamOf } from '../../postgres/pg-internals.js';

/**
 * Writes what a `COPY … TO stdout` sends to a new file that its owner alone may read, down to the disk.
 *
 * No faster than the disk: while the file does not keep up, nothing is read from the server, so memory stays small
 * whatever the size of the table.
 *
 * @param client a connection of whose queries nobody waits for an answer; it may be in pipeline mode
 * @throws DatabaseError, or the system's error about the file, which must not exist yet
 */
export async function copyOut(client: pg.Client, sql: string, path: string): Promise<void> {
  const stream = streamOf(client);
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  let failure: unknown;
  const resume = (): void => {
    stream.resume();
  };
  const write = (chunk: Buffer): void => {
    // A file that has failed takes no more, and the server is heard out. The chunk is copied, since it lies in a buffer
    // of the connection that is used again.
    if (failure === undefined && !file.write(Buffer.from(chunk))) stream.pause();
  };
  file.on('drain', resume).on('error', (error) => {
    failure ??= error;
    resume();
  });
  const stopListening = listenToCopyData(client, write);
  try {
    await client.query(sql);
  } finally {
    stopListening();
    file.end();
    await finished(file).catch((error: unknown) => {
      failure ??= error;
    });
    // A file that is being ended drains no more.
    resume();
  }
  if (failure !== undefined) throw failure;
}
