import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, endConnection } from './connect.js';
import { trackCancel } from './connection/pending-cancels.js';
import { describeTarget } from './connection/target.js';
import { ConnectionError } from './errors/explained-error.js';

/** The pauses between two requests grow from the first to the longest, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** How long the work may last after the first request, in milliseconds. */
const LONGEST_END_MS = 15_000;

/** Cancels the statements of a connection once a signal is aborted. */
export interface Cancellation {
  /** Waits for the request that is being sent, and sends no other one for some milliseconds, so that short work can end. */
  pause(ms: number): Promise<void>;
  /** Stops listening to the signal, and waits for the request that is being sent. It is the last one. */
  done(): Promise<void>;
}

/**
 * Cancels the current statement of a connection when a signal is aborted, and repeats that until `done` is called: the
 * work may send another statement, and a request may arrive between two of them. If the server is silent, or the work has not
 * ended after some seconds, the connection is ended with an error.
 *
 * @param before awaited before the first request
 */
export function cancelOnAbort(
  signal: AbortSignal | undefined,
  connection: Connection,
  before: () => Promise<void> = async () => {},
): Cancellation {
  const over = new AbortController();
  let request = Promise.resolve();
  let pausedUntil = Number.NEGATIVE_INFINITY;
  const cancel = async (): Promise<void> => {
    await before();
    // Loaded only now: most calls are not interrupted.
    const { requestCancel } = await import('./connection/cancel-request.js');
    const started = performance.now();
    for (let ms = FIRST_PAUSE_MS; !over.signal.aborted; ms = Math.min(ms * 2, LONGEST_PAUSE_MS)) {
      if (performance.now() - started > LONGEST_END_MS) throw notEndedError(connection);
      const pausedMs = pausedUntil - performance.now();
      if (pausedMs <= 0) {
        request = trackCancel(requestCancel(connection.client, connection.target));
        await request;
      }
      await sleep(Math.max(ms, pausedMs), undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const onAbort = (): void => {
    cancel().catch((error: unknown) => {
      if (!over.signal.aborted && error instanceof ConnectionError) endConnection(connection, error);
    });
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    pause: async (ms) => {
      pausedUntil = performance.now() + ms;
      await request.catch(() => undefined);
    },
    done: async () => {
      over.abort();
      signal?.removeEventListener('abort', onAbort);
      await request.catch(() => undefined);
    },
  };
}

function notEndedError({ target }: Connection): ConnectionError {
  const seconds = LONGEST_END_MS / 1000;
  return new ConnectionError(
    'answer_timeout',
    `${describeTarget(target)} did not end its current statement within ${seconds} s after it was canceled.`,
    {
      remedy:
        'The server may still execute it: to see that, run: select pid, state, query from pg_stat_activity; Then run the command again.',
    },
  );
}
