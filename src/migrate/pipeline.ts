import type pg from '../postgres/pg.js';
import type { Message } from './script.js';

/**
 * Sends all messages without waiting for an answer in between, then collects the answers.
 *
 * The number of round trips does not grow with the number of messages. What stands behind a failed message is still
 * executed by the server, and comes to nothing: inside its transaction every statement is refused, and the guard at
 * the start of the next transaction finds that the predecessor is missing. Only where a killed run has brought that
 * one to its end meanwhile, what comes next is applied.
 *
 * @param client a connection in pipeline mode
 * @param onDone called for each message that has succeeded, in order; `answer` is the result of `pg`, or the results
 *   where the message has several statements
 * @returns the first message that failed, and how; null where every one has succeeded
 */
export async function runPipeline<M extends Message>(
  client: pg.Client,
  messages: readonly M[],
  onDone: (message: M, answer: unknown) => void = () => {},
): Promise<{ readonly message: M; readonly error: unknown } | null> {
  const failures: { message: M; error: unknown }[] = [];
  const { stream } = client.connection;
  // Together they leave in few packets.
  stream.cork();
  const answers = messages.map((message) =>
    client.query(message.sql).then(
      (answer: unknown) => onDone(message, answer),
      (error: unknown) => {
        failures.push({ message, error });
      },
    ),
  );
  stream.uncork();
  await Promise.all(answers);
  return failures[0] ?? null;
}
