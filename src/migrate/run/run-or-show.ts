import type { Connection } from '../../postgres/connect.js';
import { sqlStateOf } from '../../postgres/sql-states.js';
import type { LostData } from '../data-loss/loss.js';
import { rehearse } from '../data-loss/rehearse.js';
import { explainFailure } from '../failure/explain.js';
import { readState } from '../history/server-state.js';
import type { Failure } from '../script/work.js';
import { dryRun, dryRunOn } from './dry-run.js';
import type { RunEvent } from './events.js';
import {
  historyWait,
  type KeepingRunOptions,
  NOTHING_DONE,
  type Planner,
  type RunResult,
  runUnderLock,
} from './run.js';

/** What became of the files of a run, or the SQL that it would have sent. */
export interface RunOrSql extends RunResult {
  /** Null where the run was made. */
  readonly sql: string | null;
  /** The data that the run took away, or would take away. */
  readonly losses: readonly LostData[];
}

/** Runs what a planner finds, or with `dryRun` shows it. */
export async function runOrShow(
  connection: Connection,
  plan: Planner,
  options: KeepingRunOptions,
): Promise<RunOrSql> {
  const { keeper } = options;
  if (options.dryRun !== true) {
    return { ...(await runUnderLock(connection, plan, options)), sql: null, losses: keeper?.lost ?? [] };
  }
  const state = await readState(connection, historyWait(options));
  const works = await plan(connection, state);
  const run = dryRunOn(connection);
  if (keeper === undefined) return { ...NOTHING_DONE, sql: dryRun(run, state, works, null), losses: [] };
  const { losses, failure, refused } = await rehearse(connection, { ...run, keeper }, state, works, false);
  if (failure !== null) {
    const interrupted = options.signal?.aborted;
    throw await explainFailure(failure, { results: [], connection, blocker: null, interrupted });
  }
  if (refused !== null) options.onEvent?.(unknownFrom(refused));
  return { ...NOTHING_DONE, sql: dryRun(run, state, works, keeper), losses };
}

/** Only the code: the message may hold values of rows. */
function unknownFrom({ work, error }: Failure): RunEvent {
  const sqlState = sqlStateOf(error) ?? 'unknown';
  const text = `${work?.name} would fail (SQLSTATE ${sqlState}), so what goes from there on is not known`;
  return { kind: 'notice', severity: 'WARNING', text };
}
