import type { Writable } from 'node:stream';
import pg from '../../postgres/driver/pg.js';
import { onCopyIn, streamOf } from '../../postgres/driver/pg-internals.js';
import { openRegularFile } from '../../text/regular-file.js';

/**
 * Sends a file to a `COPY … FROM stdin`. It reads no faster than the server, so it needs little memory, whatever the size
 * of the file.
 *
 * @param client a connection with no query in flight; it may be in pipeline mode
 * @throws DatabaseError, or the system's error about the file; the server then has discarded all rows of the file
 */
export async function copyIn(client: pg.Client, sql: string, path: string): Promise<void> {
  let failure: unknown;
  let isOver = false;
  let sending: Promise<void> = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      const query = new pg.Query(sql, (error) => (error ? reject(error) : resolve()));
      onCopyIn(query, ({ write, end, fail }) => {
        const send = async (): Promise<void> => {
          const file = await openRegularFile(path);
          for await (const chunk of file.createReadStream()) {
            // The server has rejected a row. It ignores what follows.
            if (isOver) return;
            write(chunk);
            await drained(streamOf(client));
          }
          end();
        };
        sending = send().catch((error: unknown) => {
          failure = error;
          fail('the file cannot be read');
        });
      });
      client.query(query);
    });
  } catch (error) {
    throw failure ?? error;
  } finally {
    isOver = true;
    await sending;
  }
}

/** Waits until a stream accepts more data, or is closed. */
function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      stream.off('drain', end).off('close', end);
      resolve();
    };
    stream.on('drain', end).on('close', end);
  });
}
