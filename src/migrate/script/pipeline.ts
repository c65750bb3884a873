import type { Connection } from '../../postgres/connect.js';
import { sendMultiStatement } from '../../postgres/multi-statement.js';
import pg from '../../postgres/pg.js';
import { sendTogether } from '../../postgres/pg-internals.js';
import type { Message } from './work.js';

/** The first message that failed, and how. */
export interface FailedMessage<M> {
  readonly message: M;
  readonly error: unknown;
}

/** Messages on their way, and their answers. */
export interface Pipeline<M extends Message> {
  /** Sends messages at once; the server executes them while more are being made. */
  send(messages: readonly M[]): void;
  /** Waits for the answers to all that was sent; the first message since the last time that failed, null for none. */
  drain(): Promise<FailedMessage<M> | null>;
}

/** The connection of a pipeline, in pipeline mode. */
type Way = Pick<Connection, 'client' | 'isUtf8'>;

/**
 * Sends messages without waiting for an answer in between, then collects the answers.
 *
 * The number of round trips does not grow with the number of messages. What stands behind a failed message comes to
 * nothing: inside its transaction every statement is refused, and the guard at the start of the next transaction finds
 * that the predecessor is missing. Only where a killed run has brought that one to its end meanwhile, what comes next
 * is applied.
 *
 * @param onDone called for each message that has succeeded, in order, with the results of its commands
 */
export function openPipeline<M extends Message>(
  { client, isUtf8 }: Way,
  onDone: (message: M, results: readonly pg.QueryResult[]) => void = () => {},
): Pipeline<M> {
  let failures: FailedMessage<M>[] = [];
  let answers: Promise<void>[] = [];
  const sendGroup = (group: readonly M[]): Promise<void> => {
    const { results, completed } = sendMultiStatement(client, group.map(({ sql }) => sql).join(BETWEEN));
    return results.then(
      (all) => {
        for (const [index, message] of group.entries()) {
          onDone(message, message === group.at(-1) ? all.slice(index) : all.slice(index, index + 1));
        }
      },
      (error: unknown) => {
        failures.push(failedAmong(group, completed(), error));
      },
    );
  };
  return {
    send: (messages) => {
      const groups = isUtf8 ? groupsOf(messages) : messages.map((message) => [message]);
      answers.push(...sendTogether(client, () => groups.map(sendGroup)));
    },
    drain: async () => {
      await Promise.all(answers);
      const [first] = failures;
      answers = [];
      failures = [];
      return first ?? null;
    },
  };
}

/**
 * Sends all messages through a {@link openPipeline | pipeline} and waits for their answers.
 *
 * @returns the first message that failed, and how; null where every one has succeeded
 */
export function runPipeline<M extends Message>(
  connection: Way,
  messages: readonly M[],
  onDone?: (message: M, results: readonly pg.QueryResult[]) => void,
): Promise<FailedMessage<M> | null> {
  const pipeline = openPipeline(connection, onDone);
  pipeline.send(messages);
  return pipeline.drain();
}

/**
 * The most characters of a group, but for a single statement: who looks at what a session executes sees the beginning of
 * its query.
 */
const LONGEST_GROUP = 8000;

/** Ends a command, also one that ends in a comment. */
const BETWEEN = '\n;\n';

/**
 * What goes to the server as one query: the statements of a file with what records them, behind what begins their
 * transaction. Each answer in a packet of its own would take the server, us and whoever stands between longer than most
 * statements do. All messages of a group but the last are single commands.
 */
function groupsOf<M extends Message>(messages: readonly M[]): readonly (readonly M[])[] {
  const groups: M[][] = [];
  let isInTransaction = false;
  let isOpen = false;
  let length = 0;
  for (const message of messages) {
    const { step, sql } = message;
    length += sql.length;
    if (isOpen && length <= LONGEST_GROUP && (step === 'statement' || step === 'record')) {
      groups.at(-1)?.push(message);
    } else {
      groups.push([message]);
      length = sql.length;
    }
    if (step === 'begin') isInTransaction = true;
    isOpen = isInTransaction && step === 'statement';
  }
  return groups;
}

/**
 * The message that failed among some that were sent as one query, with the place of the error in its own text.
 *
 * @param executed how many have been executed; none where the server could not parse the query
 */
function failedAmong<M extends Message>(
  messages: readonly M[],
  executed: number,
  error: unknown,
): FailedMessage<M> {
  const position = error instanceof pg.DatabaseError && error.position ? Number(error.position) : null;
  let index = Math.min(executed, messages.length - 1);
  if (error instanceof pg.DatabaseError && position !== null) {
    const starts = startsOf(messages);
    if (executed === 0) index = starts.findLastIndex((start) => start < position);
    error.position = String(position - (starts[index] ?? 0));
  }
  return { message: messages[index] as M, error };
}

/** Where each text starts in the query, in code points, as the server counts. */
function startsOf(messages: readonly Message[]): readonly number[] {
  let next = 0;
  return messages.map(({ sql }) => {
    const start = next;
    next += [...sql].length + BETWEEN.length;
    return start;
  });
}
