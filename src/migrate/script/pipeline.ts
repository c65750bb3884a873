import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { sendTogether } from '../../postgres/driver/pg-internals.js';
import { sendMultiStatement } from '../../postgres/multi-statement.js';
import type { Failure, Message } from './message.js';

/** Called for each message that succeeded, in order, with the results of its commands. */
export type OnResult = (message: Message, results: readonly pg.QueryResult[]) => void;

/** Messages in flight, and their answers. */
export interface Pipeline {
  /** Sends messages immediately; the server executes them while the caller makes more. */
  send(messages: readonly Message[]): void;
  /** Waits for the answers to all messages. Returns the first failure since the last call; null without a failure. */
  drain(): Promise<Failure | null>;
}

/** The command tag of a commit. That of a failed transaction is answered with `ROLLBACK`. */
const COMMIT = 'COMMIT';
const COMMITTED = { command: COMMIT, rows: [], rowCount: null, oid: 0, fields: [] } as pg.QueryResult;

/** A connection in pipeline mode. */
type PipelineConnection = Pick<Connection, 'client' | 'isUtf8'>;

/**
 * Sends messages without waiting for an answer in between, then collects the answers.
 *
 * The number of round trips does not grow with the number of messages. The messages after a failed one have no effect:
 * inside its transaction the server refuses every statement, and the guard at the start of the next transaction finds that
 * the predecessor is missing. There is one exception: if a killed run has committed that predecessor meanwhile, the next
 * transaction is applied.
 */
export function openPipeline(
  { client, isUtf8 }: PipelineConnection,
  onResult: OnResult = () => {},
): Pipeline {
  let failures: Failure[] = [];
  let answers: Promise<void>[] = [];
  const sendGroup = (group: readonly Message[]): Promise<void> => {
    const { results, completed } = sendMultiStatement(client, group.map(({ sql }) => sql).join(BETWEEN));
    return results.then(
      (all) => {
        for (const [index, message] of group.entries()) {
          onResult(message, message === group.at(-1) ? all.slice(index) : all.slice(index, index + 1));
        }
      },
      (error: unknown) => {
        const [message] = group;
        // The cancel of an interrupt, or the end of the session, that arrives while the server commits, takes effect at the
        // statements after the commit, which only clean up.
        if (message?.phase === 'commit' && completed()[0] === COMMIT) onResult(message, [COMMITTED]);
        else failures.push(failureIn(group, completed().length, error));
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
 * Sends messages through a {@link openPipeline | pipeline} and waits for their answers.
 *
 * @returns the first failure; null if every message succeeded
 */
export function runPipeline(
  connection: PipelineConnection,
  messages: readonly Message[],
  onResult?: OnResult,
): Promise<Failure | null> {
  const pipeline = openPipeline(connection, onResult);
  pipeline.send(messages);
  return pipeline.drain();
}

/**
 * The most characters of a group, except for a single statement: `pg_stat_activity` shows the beginning of a query, which
 * should be the statement that runs.
 */
const LONGEST_GROUP = 8000;

/** Ends a command, also one that ends in a comment. */
const BETWEEN = '\n;\n';

/**
 * The messages that go to the server as one query: the statements of a file and what records them, after what begins their
 * transaction. An answer in a separate packet costs the server, this client and any proxy between them more time than
 * most statements do. Every message of a group is a single command, except the last.
 */
function groupsOf(messages: readonly Message[]): readonly (readonly Message[])[] {
  const groups: Message[][] = [];
  let isInTransaction = false;
  let isOpen = false;
  let length = 0;
  for (const message of messages) {
    const { phase, sql } = message;
    length += sql.length;
    if (isOpen && length <= LONGEST_GROUP && (phase === 'statement' || phase === 'record')) {
      groups.at(-1)?.push(message);
    } else {
      groups.push([message]);
      length = sql.length;
    }
    if (phase === 'begin') isInTransaction = true;
    isOpen = isInTransaction && phase === 'statement';
  }
  return groups;
}

/**
 * The failure of a message in a group, with the position of the error in the message's own text.
 *
 * @param completed how many messages the server has executed; none if it could not parse the query
 */
function failureIn(group: readonly Message[], completed: number, error: unknown): Failure {
  const position = error instanceof pg.DatabaseError && error.position ? Number(error.position) : null;
  let index = Math.min(completed, group.length - 1);
  if (error instanceof pg.DatabaseError && position !== null) {
    const starts = startsOf(group);
    if (completed === 0) index = starts.findLastIndex((start) => start < position);
    error.position = String(position - (starts[index] ?? 0));
  }
  return { message: group[index] as Message, error };
}

/** The offset of each message in the query, in code points, as the server counts. */
function startsOf(messages: readonly Message[]): readonly number[] {
  let next = 0;
  return messages.map(({ sql }) => {
    const start = next;
    next += [...sql].length + BETWEEN.length;
    return start;
  });
}
