import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, connect } from '../../postgres/connect.js';
import type { MigrationLock } from './lock.js';

const CANCEL_EVERY_MS = 100;

/**
 * Ends a run when a signal says so. First the lock is let go, so that no transaction behind the current one passes its
 * guard; then the current statement is cancelled, as often as it takes for the run to come to its end.
 *
 * @param backendPid SQL for the number of the server process that runs the migrations
 * @returns `done` waits until no further cancel can be sent, and ends the watch over the signal
 */
export function interruptOn(
  signal: AbortSignal | undefined,
  target: Connection['target'],
  backendPid: string,
  lock: MigrationLock,
): { done(): Promise<void> } {
  let isOver = false;
  let cancelling: Promise<void> = Promise.resolve();
  const cancel = async (): Promise<void> => {
    await lock.release();
    const connection = await connect(target);
    try {
      while (!isOver) {
        await connection.client.query(`select pg_catalog.pg_cancel_backend(${backendPid})`);
        await sleep(CANCEL_EVERY_MS);
      }
    } finally {
      await connection.close();
    }
  };
  const onAbort = (): void => {
    // Where no connection is to be had any more, the run ends by itself.
    cancelling = cancel().catch(() => undefined);
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
