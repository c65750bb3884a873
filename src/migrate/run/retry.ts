import { setTimeout as sleep } from 'node:timers/promises';
import { listSchemas } from '../../catalog/schemas.js';
import type { Cancellation } from '../../postgres/cancel-on-abort.js';
import type { Connection } from '../../postgres/connect.js';
import {
  DEADLOCK_DETECTED,
  LOCK_NOT_AVAILABLE,
  SERIALIZATION_FAILURE,
  sqlStateOf,
} from '../../postgres/errors/sql-states.js';
import { isUnanswered } from '../../postgres/lost-connection.js';
import type { ReplicationWatch } from '../../postgres/replication.js';
import { explainFailure, notReplicatedError } from '../failure/explain.js';
import type { RunContext } from '../script/context.js';
import type { Failure } from '../script/message.js';
import { type MigrationResult, type Outcome, unconfirmed } from '../script/outcome.js';
import type { Safeguard } from '../script/safeguard.js';
import { lockTimeoutOf } from '../script/settings.js';
import { HISTORY_MOVED } from '../script/sql-states.js';
import { hasOtherMigrations, planSteps } from '../script/steps.js';
import type { Work } from '../script/work.js';
import type { Listener } from './events.js';
import { execute, settle } from './execute.js';
import type { Monitor } from './monitor.js';
import type { Plan } from './plan.js';

/** A run that holds the lock. */
export interface LockedRun {
  readonly connection: Connection;
  readonly run: RunContext;
  /** The plan that was made before the lock was taken, if it is still valid; null if it is not. */
  readonly plan: Plan | null;
  readonly readPlan: () => Promise<Plan>;
  readonly safeguard: Safeguard;
  readonly emit: Listener;
  /** Called before each attempt. */
  readonly onAttempt: () => void;
  readonly monitor: Monitor;
  /** Watches the connection. */
  readonly replication: ReplicationWatch;
  readonly signal: AbortSignal | undefined;
  /** Cancels the statements of the connection when the signal is aborted. */
  readonly cancellation: Cancellation;
}

/** The pauses before another attempt to get a lock grow from the first to the longest, in milliseconds. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const ATTEMPTS = 10;
const SIGN_OF_LIFE_MS = 500;
/** How long the end of an interrupted run may take before it is canceled, too, in milliseconds. */
const SETTLE_MS = 3000;

/**
 * Executes a plan, and retries after a failure that may pass: a lock was not free, or another run was faster.
 *
 * @returns the result of each file
 * @throws MigrationFailedError for the first file whose failure a retry does not fix
 */
export async function runWithRetries(locked: LockedRun): Promise<readonly MigrationResult[]> {
  const { connection, readPlan, safeguard, emit, monitor, replication, signal, cancellation } = locked;
  const done: MigrationResult[] = [];
  let { run } = locked;
  let plan = locked.plan ?? (await readPlan());
  let isDurable = true;
  for (let attempt = 1; plan.works.length > 0; attempt++) {
    locked.onAttempt();
    const outcome = await runPlan({ ...locked, run }, plan);
    done.push(...outcome.done);
    const { failure, isRehearsal = false } = outcome;
    if (failure === null) {
      if (replication.wasCanceled()) throw notReplicatedError(done);
      return done;
    }
    const isDone = (work: Work): boolean => outcome.done.some(({ version }) => version === work.label);
    if (outcome.done.length > 0) {
      attempt = 1;
      const works = plan.works.filter(isDone);
      const others = hasOtherMigrations(works, plan.state) ? run.coveredSchemas : [];
      await cancellation.pause(SETTLE_MS);
      isDurable = await settle(connection, run.set, works, others);
      run = withSchemasOf(works, run, others);
    }
    const waitsForItself =
      sqlStateOf(failure.error) === LOCK_NOT_AVAILABLE && monitor.lastBlocker()?.pid === run.lockPid;
    const mayRetry = attempt < ATTEMPTS && signal?.aborted !== true && !waitsForItself;
    const pauseMs = mayRetry ? pauseAfter(failure, attempt, safeguard) : null;
    if (pauseMs === null) {
      const notDone = plan.works.filter((work) => !isDone(work));
      const mayBeDone = isUnanswered(failure.error, connection) ? outcome.sent : [];
      throw await explainFailure(failure, {
        results: [
          ...(isDurable && !replication.wasCanceled() ? done : unconfirmed(done)),
          ...(isRehearsal ? notReached(notDone) : resultsAfterFailure(notDone, mayBeDone)),
        ],
        replication,
        connection,
        set: run.set,
        blocker: monitor.lastBlocker(),
        waitsForItself,
        interrupted: signal?.aborted,
        isRehearsal,
      });
    }
    const { work } = failure.message;
    if (pauseMs > 0) {
      const reason = RETRY_REASONS[sqlStateOf(failure.error) ?? ''] ?? 'lock timeout';
      emit({ kind: 'retrying', name: work?.name ?? 'the history', reason, attempt, pauseMs });
    }
    await pause(connection, pauseMs, signal);
    if (work !== null && monitor.lastBlocker() === null) monitor.pollFaster(lockTimeoutOf(work));
    plan = await readPlan();
  }
  return done;
}

/** After these files, the history also has their schemas, whether or not {@link settle} could record a snapshot. */
function withSchemasOf(
  works: readonly Work[],
  run: RunContext,
  others: RunContext['coveredSchemas'],
): RunContext {
  if (others === null) return run;
  return {
    ...run,
    coveredSchemas: [...others, ...listSchemas(works.flatMap(({ statements }) => statements))],
  };
}

async function runPlan(
  { connection, run, safeguard, emit }: LockedRun,
  { state, works }: Plan,
): Promise<Outcome> {
  const steps = planSteps(works, state);
  const failure = await safeguard.rehearse(connection, run, steps);
  return failure === null
    ? execute(connection, run, steps, safeguard, emit)
    : { done: [], sent: [], failure, isRehearsal: true };
}

/** The server or a proxy may end a session that only idles, so the pause sends a query now and then. */
async function pause({ client }: Connection, ms: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = ms; left > 0 && signal?.aborted !== true; left -= SIGN_OF_LIFE_MS) {
    await sleep(Math.min(left, SIGN_OF_LIFE_MS), undefined, { signal }).catch(() => undefined);
    // The next read of the plan finds out whether the connection is lost.
    await client.query('select').catch(() => undefined);
  }
}

/** The errors that another session caused, so that a retry may succeed. */
const RETRY_REASONS: Readonly<Record<string, 'lock timeout' | 'deadlock' | 'serialization failure'>> = {
  [LOCK_NOT_AVAILABLE]: 'lock timeout',
  [DEADLOCK_DETECTED]: 'deadlock',
  [SERIALIZATION_FAILURE]: 'serialization failure',
};

/** How long to wait before a failed run may succeed, in milliseconds; null if a retry does not help. */
function pauseAfter(failure: Failure, attempt: number, safeguard: Safeguard): number | null {
  const sqlState = sqlStateOf(failure.error);
  const { phase } = failure.message;
  // A statement of the file may raise these SQLSTATEs, too.
  if (phase !== 'statement' && (sqlState === HISTORY_MOVED || safeguard.learn(failure))) return 0;
  if (sqlState === undefined || RETRY_REASONS[sqlState] === undefined) return null;
  // The guard has already waited for another run until the limit of the wait.
  if (sqlState === LOCK_NOT_AVAILABLE && phase === 'begin') return null;
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random());
}

function resultsAfterFailure(works: readonly Work[], mayBeDone: readonly Work[]): MigrationResult[] {
  return works.map((work, index) => {
    const { label, name } = work;
    const status = mayBeDone.includes(work) ? 'unconfirmed' : index === 0 ? 'failed' : 'not_reached';
    return { version: label, name, status, durationMs: null };
  });
}

function notReached(works: readonly Work[]): MigrationResult[] {
  return works.map(({ label, name }) => ({ version: label, name, status: 'not_reached', durationMs: null }));
}
