import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/pg.js';
import { DUPLICATE_OBJECT, DUPLICATE_TABLE, sqlStateOf } from '../../postgres/sql-states.js';
import { timeoutsOf } from '../../postgres/timeouts.js';
import type { Statement } from '../../sql/statements.js';
import { knownLosses, runKeeping } from '../data-loss/run-with-back-up.js';
import type { ServerState } from '../history/server-state.js';
import { type Chunk, chunksFrom, progressAt, statementsDone } from '../script/chunks.js';
import { runPipeline } from '../script/pipeline.js';
import { chunkScript, sessionScript } from '../script/transaction.js';
import type { Failure, Message, Run, Work } from '../script/work.js';
import type { Listener } from './events.js';
import { invalidIndexAfter, lookBefore } from './leftovers.js';

/** The version of the newest history row before a file has a row of its own, and after; null for an empty history. */
export interface Newest {
  readonly before: bigint | null;
  readonly after: bigint | null;
}

/** A no-transaction file on its way. */
interface Steps {
  readonly connection: Connection;
  readonly run: Run;
  readonly work: Work;
  readonly emit: Listener;
  /** All files of the run, where it ends with this one; null where it goes on. */
  readonly ending: readonly Work[] | null;
}

const DUPLICATE = new Set([DUPLICATE_TABLE, DUPLICATE_OBJECT]);
const LOOKS = 5;

/**
 * Runs a no-transaction file. Its progress is in the history, so that after a failure the file stands at a whole
 * prefix of its statements, and the next run goes on behind that.
 *
 * @param ending all files of the run, where it ends with this one; null where it goes on
 * @returns the statement that failed; null where the file has come to its end
 * @throws HistoryError `prefix_changed` where the statements that are done are not those of the file any more
 */
export async function runStepwise(
  connection: Connection,
  run: Run,
  state: ServerState,
  work: Work,
  newest: Newest,
  ending: readonly Work[] | null,
  emit: Listener,
): Promise<Failure | null> {
  const steps: Steps = { connection, run, work, emit, ending };
  const start = statementsDone(work, state);
  const wasTried = (end: number): boolean => start !== null && end === start + 1;
  try {
    let predecessor = newest.before;
    let noted = start;
    let failure = await send(steps, [...sessionScript(work, run), ...settingsAgain(work, start ?? 0)]);
    for (const chunk of chunksFrom(work.statements, start ?? 0)) {
      failure ??= chunk.alone
        ? await runAlone(
            steps,
            chunk,
            { before: predecessor, after: newest.after },
            noted,
            wasTried(chunk.end),
          )
        : await sendChunk(
            steps,
            chunk,
            chunkScript(work, run, predecessor, noted, chunk.statements, progressAt(work, chunk.end), ending),
          );
      if (failure !== null) return failure;
      predecessor = newest.after;
      noted = chunk.end;
    }
    return failure;
  } finally {
    await connection.client.query('discard all').catch(() => undefined);
  }
}

async function send({ connection, work }: Steps, messages: readonly Message[]): Promise<Failure | null> {
  const failure = await runPipeline(connection, messages);
  return failure && { work, ...failure };
}

async function sendChunk(
  steps: Steps,
  { end }: Chunk,
  messages: readonly Message[],
): Promise<Failure | null> {
  const { connection, run, work, emit } = steps;
  if (knownLosses(run, work, end).length === 0) return send(steps, messages);
  const failure = await runKeeping(connection, run, { work, end, messages }, emit);
  return failure && { work, ...failure };
}

/** Between the transaction that passed the guard and the one that notes the progress, the statement stands by itself. */
async function runAlone(
  steps: Steps,
  chunk: Chunk,
  newest: Newest,
  noted: number | null,
  wasTried: boolean,
): Promise<Failure | null> {
  const { run, work, ending } = steps;
  const [statement] = chunk.statements;
  if (statement === undefined) return null;
  const guarded = await send(
    steps,
    chunkScript(work, run, newest.before, noted, [], progressAt(work, chunk.end - 1), null),
  );
  if (guarded !== null) return guarded;
  const failure = await withoutTimeouts(steps, () => execute(steps, statement, wasTried));
  if (failure !== null) return failure;
  return send(
    steps,
    chunkScript(work, run, newest.after, chunk.end - 1, [], progressAt(work, chunk.end), ending),
  );
}

/**
 * Executes a statement that runs alone, having looked at what an earlier run may have left. What a killed run has sent
 * last may begin only after that look: then the statement finds the object made, or made by half, and looks again.
 */
async function execute(steps: Steps, statement: Statement, wasTried: boolean): Promise<Failure | null> {
  const { client } = steps.connection;
  const message: Message = { step: 'statement', sql: statement.sql, statement };
  for (let looks = 1; ; looks++) {
    const verdict = await lookBefore(client, statement, wasTried, {
      emit: steps.emit,
      longestMs: steps.run.lockWaitMs,
    });
    const failure = verdict === 'done' ? null : await send(steps, [message]);
    const isLast = looks === LOOKS;
    if (failure !== null) {
      const isDuplicate = DUPLICATE.has(sqlStateOf(failure.error) ?? '');
      if (wasTried && isDuplicate && !isLast) continue;
      return failure;
    }
    const invalid = await invalidIndexAfter(client, statement);
    if (invalid === null) return null;
    if (isLast) return { work: steps.work, message, error: new Error(`the index ${invalid} is invalid`) };
  }
}

/** Lifts the timeouts for what may take hours by right, and puts back what the file or the role had set. */
async function withoutTimeouts<T>({ connection }: Steps, action: () => Promise<T>): Promise<T> {
  const { client, serverVersion } = connection;
  const names = ['lock_timeout', ...timeoutsOf(serverVersion.number)];
  const { rows } = await client.query<Record<string, string>>(
    `select ${names.map((name) => `pg_catalog.current_setting('${name}') as ${name}`).join(', ')}`,
  );
  await client.query(names.map((name) => `set ${name} = 0`).join('; '));
  try {
    return await action();
  } finally {
    const before = names
      .map((name) => `set ${name} = ${pg.escapeLiteral(rows[0]?.[name] ?? '0')}`)
      .join('; ');
    // A connection that is lost has nothing to put back.
    await client.query(before).catch(() => undefined);
  }
}

/** The settings among the statements that are done: they belonged to a session that is gone, so they are sent again. */
function settingsAgain(work: Work, done: number): Message[] {
  return work.statements
    .slice(0, done)
    .filter(({ node }) => 'VariableSetStmt' in node && node.VariableSetStmt.is_local !== true)
    .map((statement) => ({ step: 'statement', sql: statement.sql, statement }));
}
