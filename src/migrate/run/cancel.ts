import { setTimeout as sleep } from 'node:timers/promises';
import { withAnswerLimit } from '../../postgres/answer-limit.js';
import { type Connection, connectWithLimit, endConnection } from '../../postgres/connect.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { ConnectionError } from '../../postgres/errors/explained-error.js';
import type { MigrationLock } from './lock.js';

const CANCEL_EVERY_MS = 100;

/**
 * Interrupts a run when a signal is aborted. First it releases the lock, so that no transaction after the current one
 * passes its guard. Then it cancels the current statement, and repeats that until the run has ended.
 *
 * @param running the connection that executes the run. If the server is silent, so that no statement can be cancelled, it is
 *   ended, and the run fails with the same error
 * @param backendPid SQL of the id of the server process that executes the run
 * @returns `done` waits until no further cancel can be sent, and stops listening to the signal
 */
export function cancelOnAbort(
  signal: AbortSignal | undefined,
  running: Connection,
  backendPid: string,
  lock: MigrationLock,
): { done(): Promise<void> } {
  let isOver = false;
  let cancelling: Promise<void> = Promise.resolve();
  const cancel = async (): Promise<void> => {
    await lock.release();
    const connection = await connectWithLimit(running.target);
    try {
      while (!isOver) {
        await withAnswerLimit(connection, () =>
          queryRows(connection.client, `select pg_catalog.pg_cancel_backend(${backendPid})`),
        );
        await sleep(CANCEL_EVERY_MS);
      }
    } finally {
      await connection.close();
    }
  };
  const onAbort = (): void => {
    // If the server refuses another connection, the run ends without it.
    cancelling = cancel().catch((error: unknown) => {
      if (!isOver && isSilence(error)) endConnection(running, error);
    });
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    done: async () => {
      isOver = true;
      signal?.removeEventListener('abort', onAbort);
      await cancelling;
    },
  };
}

function isSilence(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && ['connection_timeout', 'answer_timeout'].includes(error.code);
}
