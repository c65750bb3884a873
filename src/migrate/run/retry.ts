import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../postgres/connect.js';
import { DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE, sqlStateOf } from '../../postgres/sql-states.js';
import { learn } from '../data-loss/ledger.js';
import { rehearse } from '../data-loss/rehearse.js';
import type { MigrationResult } from '../failure/errors.js';
import { explainFailure } from '../failure/explain.js';
import type { ServerState } from '../history/server-state.js';
import { HISTORY_MOVED } from '../script/guard.js';
import { lockTimeoutOf } from '../script/transaction.js';
import type { Failure, Outcome, Run, Work } from '../script/work.js';
import type { Listener } from './events.js';
import { execute, settle } from './execute.js';
import type { Watch } from './monitor.js';

/** What a run has seen, and what it makes of it. */
export interface Look {
  readonly state: ServerState;
  readonly works: readonly Work[];
}

/** A run that holds the lock. */
export interface LockedRun {
  readonly connection: Connection;
  readonly run: Run;
  readonly look: () => Promise<Look>;
  /** What was seen before the lock was ours, where it holds now; null where it has to be looked at again. */
  readonly seen: Look | null;
  readonly emit: Listener;
  readonly watch: Watch;
  readonly signal: AbortSignal | undefined;
}

/** A lock that is not free is asked for again after pauses that grow from the first to the longest, in milliseconds. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const TRIES = 10;
const SIGN_OF_LIFE_MS = 500;

/**
 * Executes what there is to do until it is done; what failed for a lock, or because another run was faster, is tried
 * again.
 *
 * @returns what became of each file
 * @throws MigrationFailedError for the first file that trying again does not help
 */
export async function runWithRetries({
  connection,
  run,
  look,
  seen,
  emit,
  watch,
  signal,
}: LockedRun): Promise<readonly MigrationResult[]> {
  const done: MigrationResult[] = [];
  for (let tries = 1; ; tries++) {
    const { state, works } = (tries === 1 ? seen : null) ?? (await look());
    if (works.length === 0) return done;
    const failedRehearsal = await rehearsalOf(connection, run, state, works);
    const outcome = failedRehearsal ?? (await execute(connection, run, state, works, emit));
    done.push(...outcome.done);
    const { failure } = outcome;
    if (failure === null) return done;
    const isDone = (work: Work): boolean => outcome.done.some(({ version }) => version === work.label);
    if (outcome.done.length > 0) {
      tries = 1;
      await settle(connection, run, works.filter(isDone));
    }
    const pauseMs = tries < TRIES && signal?.aborted !== true ? pauseAfter(failure, tries, run) : null;
    if (pauseMs === null) {
      const results = [...done, ...notReached(works.filter((work) => !isDone(work)))];
      throw await explainFailure(failure, {
        results,
        connection,
        blocker: watch.lastBlocker(),
        interrupted: signal?.aborted,
      });
    }
    if (pauseMs > 0) emit({ kind: 'retrying', name: failure.work?.name ?? 'the history', tries, pauseMs });
    await pause(connection, pauseMs, signal);
    if (failure.work !== null && watch.lastBlocker() === null) {
      watch.pollFaster(lockTimeoutOf(failure.work, run));
    }
  }
}

/** What came of a try that failed in its rehearsal; null where it may be run for real. */
async function rehearsalOf(
  connection: Connection,
  run: Run,
  state: ServerState,
  works: readonly Work[],
): Promise<Outcome | null> {
  const { keeper } = run;
  if (keeper === null) return null;
  const { failure } = await rehearse(connection, { ...run, keeper }, state, works, true);
  return failure && { done: [], failure };
}

/** A session that only idles may be ended, by the server or by whoever stands between, so it is heard of meanwhile. */
async function pause({ client }: Connection, ms: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = ms; left > 0 && signal?.aborted !== true; left -= SIGN_OF_LIFE_MS) {
    await sleep(Math.min(left, SIGN_OF_LIFE_MS), undefined, { signal }).catch(() => undefined);
    // Whether the connection is lost, the next look tells.
    await client.query('select').catch(() => undefined);
  }
}

/** How long to wait before a failed run may succeed, in milliseconds; null where trying again is of no use. */
function pauseAfter({ error, message }: Failure, tries: number, { keeper }: Run): number | null {
  const sqlState = sqlStateOf(error);
  if (sqlState === HISTORY_MOVED || (keeper !== null && learn(keeper, error))) return 0;
  if (sqlState !== LOCK_NOT_AVAILABLE && sqlState !== DEADLOCK_DETECTED) return null;
  // The guard has waited for another run for as long as it may.
  if (sqlState === LOCK_NOT_AVAILABLE && message.step === 'begin') return null;
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random());
}

function notReached(works: readonly Work[]): MigrationResult[] {
  return works.map(({ label, name }, index) => ({
    version: label,
    name,
    status: index === 0 ? 'failed' : 'not_reached',
    durationMs: null,
  }));
}
