import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { sendTogether } from '../../postgres/driver/pg-internals.js';
import { IN_TRANSACTION } from '../../postgres/in-transaction.js';
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
 * inside its transaction the server refuses every statement, without its transaction {@link IN_TRANSACTION} does, and the
 * guard at the start of the next transaction finds that the predecessor is missing. There is one exception: if a killed run
 * has committed that predecessor meanwhile, the next transaction is applied.
 */
export function openPipeline(
  { client, isUtf8 }: PipelineConnection,
  onResult: OnResult = () => {},
): Pipeline {
  let failures: Failure[] = [];
  let answers: Promise<void>[] = [];
  // The server answers COMMIT also where no transaction was begun.
  let hasBegun = true;
  const report: OnResult = (message, results) => {
    if (message.phase === 'begin') hasBegun = true;
    if (message.phase !== 'commit' || hasBegun) onResult(message, results);
  };
  const sendGroup = ({ messages, before }: Group): Promise<void> => {
    const { results, completed } = sendMultiStatement(client, [...before, ...sqlOf(messages)].join(BETWEEN));
    return results.then(
      (all) => {
        for (const [index, message] of messages.entries()) {
          const own = all.slice(before.length + index);
          report(message, message === messages.at(-1) ? own : own.slice(0, 1));
        }
      },
      (error: unknown) => {
        const [message] = messages;
        if (message?.phase === 'begin') hasBegun = false;
        // The cancel of an interrupt, or the end of the session, that arrives while the server commits, takes effect at the
        // statements after the commit, which only clean up.
        if (message?.phase === 'commit' && completed()[0] === COMMIT) report(message, [COMMITTED]);
        else failures.push(failureIn({ messages, before }, completed().length, error));
      },
    );
  };
  return {
    send: (messages) => {
      const groups = groupsOf(messages, isUtf8 ? LONGEST_GROUP : 0);
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

/** Messages that go to the server as one query. */
interface Group {
  readonly messages: readonly Message[];
  /** The commands before them. */
  readonly before: readonly string[];
}

/**
 * The most characters of a group, except for a single statement: `pg_stat_activity` shows the beginning of a query, which
 * should be the statement that runs.
 */
const LONGEST_GROUP = 8000;

/** Ends a command, also one that ends in a comment. */
const BETWEEN = '\n;\n';

/**
 * Groups messages: the statements of a file and what records them, after what begins their transaction. An answer in a separate
 * packet costs the server, this client and any proxy between them more time than most statements do. Every message of a group is
 * a single command, except the last.
 *
 * @param longest the most characters of a group of several messages
 */
function groupsOf(messages: readonly Message[], longest: number): readonly Group[] {
  const groups: { messages: Message[]; before: readonly string[] }[] = [];
  let isInTransaction = false;
  let isOpen = false;
  let length = 0;
  for (const message of messages) {
    const { phase, sql } = message;
    length += sql.length;
    if (isOpen && length <= longest && (phase === 'statement' || phase === 'record')) {
      groups.at(-1)?.messages.push(message);
    } else {
      const mustBeInTransaction = isInTransaction && phase !== 'commit';
      groups.push({ messages: [message], before: mustBeInTransaction ? IN_TRANSACTION : [] });
      length = sql.length;
    }
    if (phase === 'begin') isInTransaction = true;
    if (phase === 'commit') isInTransaction = false;
    isOpen = isInTransaction && phase === 'statement';
  }
  return groups;
}

/**
 * The failure of a message in a group, with the position of the error in the message's own text.
 *
 * @param completed how many commands the server has executed; none if it could not parse the query
 */
function failureIn({ messages, before }: Group, completed: number, error: unknown): Failure {
  const position = error instanceof pg.DatabaseError && error.position ? Number(error.position) : null;
  let index = Math.min(Math.max(0, completed - before.length), messages.length - 1);
  if (error instanceof pg.DatabaseError && position !== null) {
    const starts = startsOf([...before, ...sqlOf(messages)]).slice(before.length);
    if (completed === 0) index = starts.findLastIndex((start) => start < position);
    error.position = String(position - (starts[index] ?? 0));
  }
  return { message: messages[index] as Message, error };
}

function sqlOf(messages: readonly Message[]): readonly string[] {
  return messages.map(({ sql }) => sql);
}

/** The offset of each command in the query, in code points, as the server counts. */
function startsOf(commands: readonly string[]): readonly number[] {
  let next = 0;
  return commands.map((sql) => {
    const start = next;
    next += [...sql].length + BETWEEN.length;
    return start;
  });
}
