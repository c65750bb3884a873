import type { Connection } from './connect.js';
import { describeTarget } from './connection/target.js';
import { streamOf } from './driver/pg-internals.js';
import { ConnectionError } from './errors/explained-error.js';

/**
 * The default limit for an answer, in milliseconds. It is longer than PgBouncer's default `query_wait_timeout`, for which a
 * query waits in silence until the pool has a server connection free.
 */
export const ANSWER_LIMIT_MS = 150_000;

/**
 * Runs queries that never take long, and ends the connection if the server has not answered them within a limit. Without
 * it, they would wait for ever for a server that hangs: its machine still confirms that the connection is alive.
 *
 * @param work sends the queries and waits for their answers
 * @param limitMs the limit for the work as a whole, in milliseconds
 * @returns the result of the work
 * @throws ConnectionError `answer_timeout`, with which every query in flight is rejected
 * @example
 * ```ts
 * const { rows } = await withAnswerLimit(connection, () => connection.client.query('select version()'));
 * ```
 */
export async function withAnswerLimit<Result>(
  { client, target }: Pick<Connection, 'client' | 'target'>,
  work: () => Promise<Result>,
  limitMs: number = ANSWER_LIMIT_MS,
): Promise<Result> {
  const timer = setTimeout(() => {
    streamOf(client).destroy(
      new ConnectionError(
        'answer_timeout',
        `${describeTarget(target)} did not answer a query within ${limitMs / 1000} s.`,
        {
          remedy:
            'Check whether the server or a pooler in front of it hangs, and run the command again. Behind PgBouncer, the pool may have had no server connection free.',
        },
      ),
    );
  }, limitMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
