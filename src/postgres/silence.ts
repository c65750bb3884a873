import type pg from './driver/pg.js';
import { activeQueryOf, streamOf } from './driver/pg-internals.js';

/** How often within the limit a connection is checked. */
const CHECKS = 10;

/**
 * Calls a listener each time that a server has sent and accepted nothing for a while, although the same query is in flight. A
 * listener that reads slowly, and has paused the stream, is not a silence of the server.
 *
 * The checks are counted, not the time: a machine that was suspended has given the server no time to answer.
 *
 * @param limitMs how long the silence lasts before each call, in milliseconds
 * @returns a function that stops it; the end of the connection stops it, too
 */
export function onSilence(client: pg.Client, limitMs: number, listener: () => void): () => void {
  const stream = streamOf(client);
  const progress = (): readonly unknown[] => {
    const { bytesRead, bytesWritten } = stream as {
      readonly bytesRead?: number;
      readonly bytesWritten?: number;
    };
    return [activeQueryOf(client), bytesRead, bytesWritten];
  };
  let last = progress();
  let silentChecks = 0;
  const check = (): void => {
    const now = progress();
    const isSilent =
      now[0] !== null && !stream.isPaused() && now.every((part, index) => part === last[index]);
    last = now;
    silentChecks = isSilent ? silentChecks + 1 : 0;
    if (silentChecks < CHECKS) return;
    silentChecks = 0;
    listener();
  };
  const timer = setInterval(check, limitMs / CHECKS).unref();
  const stop = (): void => clearInterval(timer);
  stream.once('close', stop);
  return () => {
    stop();
    stream.off('close', stop);
  };
}
