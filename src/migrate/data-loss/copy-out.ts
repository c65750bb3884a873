import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type pg from '../../postgres/driver/pg.js';
import { listenToCopyData, streamOf } from '../../postgres/driver/pg-internals.js';

/**
 * Writes the data of a `COPY … TO stdout` to a new file that only its owner may read, and to the disk.
 *
 * It reads no faster than the disk writes: while the file cannot keep up, nothing is read from the server. So it needs
 * little memory, whatever the size of the table.
 *
 * @param client a connection with no query in flight; it may be in pipeline mode
 * @returns how many rows the file has, without its header
 * @throws DatabaseError, or the system's error about the file, which must not exist yet
 */
export async function copyOut(client: pg.Client, sql: string, path: string): Promise<number> {
  const stream = streamOf(client);
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  let failure: unknown;
  const resume = (): void => {
    stream.resume();
  };
  const write = (chunk: Buffer): void => {
    // After a failure of the file, the rest of the data is read and dropped. The chunk is copied, since the connection
    // reuses the buffer that it is in.
    if (failure === undefined && !file.write(Buffer.from(chunk))) stream.pause();
  };
  file.on('drain', resume).on('error', (error) => {
    failure ??= error;
    resume();
  });
  const stopListening = listenToCopyData(client, write);
  let rows = 0;
  try {
    rows = (await client.query(sql)).rowCount ?? 0;
  } finally {
    stopListening();
    file.end();
    await finished(file).catch((error: unknown) => {
      failure ??= error;
    });
    // A file that has ended emits no further "drain".
    resume();
  }
  if (failure !== undefined) throw failure;
  return rows;
}
