import { describeTarget, type Target } from './connection/target.js';
import type pg from './driver/pg.js';
import { activeQueryOf, streamOf } from './driver/pg-internals.js';
import { ConnectionError, ExplainedError } from './errors/explained-error.js';
import { onSilence } from './silence.js';

/** The part of a connection that this needs. */
interface Session {
  readonly client: pg.Client;
  readonly target: Target;
}

/** Opens another session. */
type Connect = (
  target: Target,
  options: { readonly signal: AbortSignal },
) => Promise<Session & { close(): Promise<void> }>;

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
  connection: Session,
  work: () => Promise<Result>,
  limitMs: number = ANSWER_LIMIT_MS,
): Promise<Result> {
  const timer = setTimeout(() => endSilent(connection, limitMs), limitMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs queries of which each has a timeout on the server, and ends the connection if the server is silent for longer than it
 * and {@link ANSWER_LIMIT_MS}. The work as a whole may take any time.
 *
 * @param statementTimeoutMs the `statement_timeout` of the session, in milliseconds
 * @throws ConnectionError `answer_timeout`, with which every query in flight is rejected
 */
export async function withStatementLimit<Result>(
  connection: Session,
  statementTimeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const limitMs = statementTimeoutMs + ANSWER_LIMIT_MS;
  const stop = onSilence(connection.client, limitMs, () => endSilent(connection, limitMs));
  try {
    return await work();
  } finally {
    stop();
  }
}

/** How many logins in a row a server may leave without an answer while a query is in flight. */
const MOST_UNANSWERED_LOGINS = 4;

/**
 * Ends a connection whose server hangs. A query may honestly be silent for hours, so while it is, this asks the server in a
 * second session whether it still answers, and ends the connection only after several sessions without an answer. A
 * server that answers in any way, such as that it has no connection left, or that refuses the connection, leaves it open.
 *
 * @param connect opens the second session
 */
export function endWhenServerHangs(connection: Session, connect: Connect): void {
  const { client, target } = connection;
  let unanswered = 0;
  let isAsking = false;
  const closed = new AbortController();
  streamOf(client).once('close', () => closed.abort());
  const ask = async (): Promise<void> => {
    isAsking = true;
    const query = activeQueryOf(client);
    unanswered = (await answers(target, connect, closed.signal)) ? 0 : unanswered + 1;
    isAsking = false;
    if (activeQueryOf(client) !== query) unanswered = 0;
    if (unanswered === MOST_UNANSWERED_LOGINS)
      endSilent(connection, MOST_UNANSWERED_LOGINS * ANSWER_LIMIT_MS);
  };
  onSilence(client, ANSWER_LIMIT_MS, () => {
    if (!isAsking) void ask();
  });
}

/**
 * Whether a server answers a new session in any way.
 *
 * @param signal gives up
 */
async function answers(target: Target, connect: Connect, signal: AbortSignal): Promise<boolean> {
  let session: Awaited<ReturnType<Connect>> | undefined;
  try {
    // Only the login: a pooler without a limit for the wait keeps a query of a new session waiting for an honest one.
    session = await connect({ ...target, connectTimeoutSeconds: ANSWER_LIMIT_MS / 1000 }, { signal });
    return true;
  } catch (error) {
    return !(error instanceof ExplainedError && error.code === 'connection_timeout');
  } finally {
    await session?.close().catch(() => undefined);
  }
}

function endSilent({ client, target }: Session, silentMs: number): void {
  streamOf(client).destroy(
    new ConnectionError(
      'answer_timeout',
      `${describeTarget(target)} did not answer a query within ${silentMs / 1000} s.`,
      {
        remedy:
          'Check whether the server or a pooler in front of it hangs, and run the command again. Behind PgBouncer, the pool may have had no server connection free.',
      },
    ),
  );
}
