import type { Connection } from '../../postgres/connect.js';
import type pg from '../../postgres/pg.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { knownLosses, runKeeping } from '../data-loss/run-with-back-up.js';
import type { MigrationResult } from '../failure/errors.js';
import type { ServerState } from '../history/server-state.js';
import { recordSnapshotSql } from '../history/snapshot.js';
import { HISTORY_TABLE } from '../history/table.js';
import { openPipeline } from '../script/pipeline.js';
import { historyScript, transactionScript } from '../script/transaction.js';
import type { Failure, Message, Outcome, Run, Work } from '../script/work.js';
import type { Listener } from './events.js';
import { runStepwise } from './no-transaction.js';

interface Sent extends Message {
  readonly work: Work | null;
}

/**
 * Runs files in their order until the first that fails. Files with a transaction of their own are sent in one
 * pipeline; before a no-transaction file the pipeline drains.
 *
 * @param connection in pipeline mode
 * @param state what the history says now
 */
export async function execute(
  connection: Connection,
  run: Run,
  state: ServerState,
  works: readonly Work[],
  emit: Listener,
): Promise<Outcome> {
  const done: MigrationResult[] = [];
  const clock = timekeeper(emit, done);
  let predecessor = state.rows.at(-1)?.version ?? null;
  let tookMs = 0;
  const onDone = ({ work, step }: Sent, results: readonly pg.QueryResult[]): void => {
    if (work === null) return;
    if (step === 'begin') clock.began(work);
    if (step === 'record') tookMs = durationIn(results);
    if (step === 'commit' && hasCommitted(results)) clock.committed(work, tookMs);
  };
  const pipeline = openPipeline(connection, onDone);
  const drain = async (): Promise<Failure | null> => {
    const failure = await pipeline.drain();
    return failure && { work: failure.message.work, message: failure.message, error: failure.error };
  };
  if (!state.hasHistory) pipeline.send(historyScript(run).map((message) => ({ ...message, work: null })));
  for (const [index, work] of works.entries()) {
    const ending = index === works.length - 1 ? works : null;
    if (work.script.options.transaction) {
      const script = transactionScript(work, run, predecessor, ending);
      const messages = script.map((message) => ({ ...message, work }));
      const end = work.statements.length;
      if (knownLosses(run, work, end).length === 0) {
        pipeline.send(messages);
      } else {
        const failure =
          (await drain()) ?? (await runKeeping(connection, run, { work, end, messages }, emit, onDone));
        if (failure !== null) return { done, failure: { work, ...failure } };
      }
    } else {
      const drained = await drain();
      if (drained !== null) return { done, failure: drained };
      const start = performance.now();
      clock.began(work);
      const after = work.direction === 'up' ? newestAfter(work, state, predecessor) : predecessor;
      const failure = await runStepwise(
        connection,
        run,
        state,
        work,
        { before: predecessor, after },
        ending,
        emit,
      ).catch((error: unknown): Failure => ({ work, message: { step: 'begin', sql: '' }, error }));
      if (failure !== null) return { done, failure };
      clock.committed(work, performance.now() - start);
    }
    predecessor = newestAfter(work, state, predecessor);
  }
  return { failure: await drain(), done };
}

/**
 * The version of the newest history row once a file has run.
 *
 * @param predecessor the version of the newest row before; null for an empty history
 */
export function newestAfter(work: Work, { rows }: ServerState, predecessor: bigint | null): bigint | null {
  if (work.direction === 'up') {
    // A no-transaction file that goes on has its row already, wherever that stands.
    return rows.some(({ version }) => version === work.version) ? predecessor : work.version;
  }
  const index = rows.findIndex(({ version }) => version === predecessor);
  return rows[index - 1]?.version ?? null;
}

/** To the commit of a transaction that has failed the server answers with ROLLBACK, and with no error. */
function hasCommitted([commit]: readonly pg.QueryResult[]): boolean {
  return commit?.command === 'COMMIT';
}

/** The server's own measure: in a pipeline the answers arrive together, whenever the statements ran. */
function durationIn(results: readonly pg.QueryResult[]): number {
  return results.flatMap(({ rows }) => rows[0]?.duration_ms ?? []).at(-1) ?? 0;
}

interface Clock {
  began(work: Work): void;
  committed(work: Work, tookMs: number): void;
}

/** Tells of every file when it begins and when it is committed. */
function timekeeper(emit: Listener, done: MigrationResult[]): Clock {
  return {
    began: ({ name, direction }) => emit({ kind: 'started', name, direction }),
    committed: ({ label: version, name, direction }, tookMs) => {
      const durationMs = Math.round(tookMs);
      done.push({ version, name, status: direction === 'up' ? 'applied' : 'rolled_back', durationMs });
      emit({ kind: 'finished', name, direction, durationMs });
    },
  };
}

/**
 * Takes to the disk what was committed without waiting for it, before a run that failed half-way reports it, and
 * describes the catalog that it left. What waits is the commit of a change that leaves the row as it is.
 *
 * @param done the files that are committed
 */
export async function settle(
  { client }: Connection,
  { serverVersion }: Run,
  done: readonly Work[],
): Promise<void> {
  const statements = done.flatMap((work) => work.statements);
  const sql = [
    'begin',
    liftTimeouts(serverVersion),
    `update ${HISTORY_TABLE} set version = version where id = (select max(id) from ${HISTORY_TABLE})`,
    recordSnapshotSql(statements, null),
    'commit',
  ];
  await client.query(sql.join(';\n')).catch(async () => {
    // The failure that led here is the one to report; a lost connection shows up in it.
    await client.query('rollback').catch(() => undefined);
  });
}
