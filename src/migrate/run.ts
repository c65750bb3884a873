import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { applicationName } from '../postgres/application-name.js';
import { type Connection, connect } from '../postgres/connect.js';
import { ExplainedError } from '../postgres/errors.js';
import { describeTarget } from '../postgres/target.js';
import type { Listener } from './events.js';
import { execute, waitForTheDisk } from './execute.js';
import { type MigrationResult, migrationFailed } from './failure.js';
import { HISTORY_MOVED, LOCK_LOST } from './guard.js';
import { acquireLock } from './lock.js';
import type { Failure } from './outcome.js';
import type { Run, Work } from './script.js';
import { readState, refusePooled, refuseStandby, type ServerState } from './state.js';

/** What `up` and `down` have in common. */
export interface RunOptions {
  /** Told what happens while it happens. */
  readonly onEvent?: Listener | undefined;
  /** The longest wait for another run, in milliseconds; undefined waits as long as it takes. */
  readonly lockWaitMs?: number | undefined;
}

/** How a direction finds its work: given the server's state, the files to run, in order. */
export type Planner = (state: ServerState) => Promise<readonly Work[]>;

/** A table lock that is not free is asked for again after pauses that grow from this, in milliseconds. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const LOCK_TIMEOUT_MS = 4000;
const TRIES = 10;

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK_DETECTED = '40P01';

/**
 * Runs what a planner finds, under the lock, each file in a transaction with its history row.
 *
 * Nothing is locked where there is nothing to do. Under the lock the history is read and planned again, since another
 * run may have been there first.
 *
 * @param connection in pipeline mode; stays open
 * @returns what became of each file
 * @throws MigrationFailedError for the first file that the server refuses
 */
export async function runUnderLock(
  connection: Connection,
  plan: Planner,
  options: RunOptions,
): Promise<readonly MigrationResult[]> {
  const look = async (): Promise<{ state: ServerState; works: readonly Work[] }> => {
    const state = await readState(connection);
    return { state, works: await plan(state) };
  };
  const first = await look();
  if (first.works.length === 0) return [];
  refuseStandby(first.state, describeTarget(connection.target));
  refusePooled(first.state, first.works);
  const emit = options.onEvent ?? (() => {});
  const lockConnection = await connect(connection.target);
  try {
    const lock = await acquireLock(lockConnection, {
      longestMs: options.lockWaitMs,
      stillNeeded: async () => (await look()).works.length > 0,
      onWait: (holder) => emit({ kind: 'waiting', holder }),
    });
    if (lock === null) return [];
    const run: Run = {
      id: randomUUID(),
      appliedWith: applicationName,
      appliedOn: hostname(),
      lockPid: lock.pid,
      lockTimeoutMs: LOCK_TIMEOUT_MS,
    };
    return await runTries(connection, run, look, emit);
  } finally {
    await lockConnection.close();
  }
}

async function runTries(
  connection: Connection,
  run: Run,
  look: () => Promise<{ state: ServerState; works: readonly Work[] }>,
  emit: Listener,
): Promise<readonly MigrationResult[]> {
  const done: MigrationResult[] = [];
  for (let tries = 1; ; tries++) {
    const { state, works } = await look();
    if (works.length === 0) return done;
    const outcome = await execute(connection, run, state, works, emit);
    done.push(...outcome.done);
    if (outcome.failure === null) return done;
    if (outcome.done.length > 0) {
      tries = 1;
      await waitForTheDisk(connection);
    }
    const { work, error } = outcome.failure;
    const again = tries < TRIES ? againAfter(error, tries) : null;
    if (again === null)
      throw failureOf(outcome.failure, [...done, ...notReached(works.slice(outcome.done.length))]);
    emit({ kind: 'retrying', name: work?.name ?? 'the history', attempt: tries, pauseMs: again });
    await sleep(again);
  }
}

/** How long to wait before a failed run may succeed, in milliseconds; null where trying again is of no use. */
function againAfter(error: unknown, tries: number): number | null {
  const sqlState = error instanceof pg.DatabaseError ? error.code : undefined;
  if (sqlState === HISTORY_MOVED) return 0;
  if (sqlState !== LOCK_NOT_AVAILABLE && sqlState !== DEADLOCK_DETECTED) return null;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return pause * (0.5 + Math.random());
}

function failureOf(failure: Failure, results: readonly MigrationResult[]): ExplainedError {
  const { work, message, error } = failure;
  if (error instanceof ExplainedError) return error;
  const sqlState = error instanceof pg.DatabaseError ? error.code : undefined;
  if (sqlState === LOCK_LOST) {
    return new ExplainedError(
      'lock_lost',
      'The session that holds the migration lock was ended from outside.',
      {
        remedy: 'Nothing is half done. Run the command again.',
        cause: error,
      },
    );
  }
  if (work !== null) return migrationFailed(work, message, error, results);
  return historyFailed(error);
}

function historyFailed(error: unknown): ExplainedError {
  const sqlState = error instanceof pg.DatabaseError ? error.code : undefined;
  const text = error instanceof Error ? error.message : String(error);
  if (sqlState === '42501') {
    return new ExplainedError('may_not_create', `This role may not create the migration history: ${text}.`, {
      remedy: 'Let an administrator run: grant create on database <database> to <role>;',
      cause: error,
    });
  }
  return new ExplainedError('history_not_created', `The migration history could not be created: ${text}.`, {
    remedy: 'Correct the cause and run the command again.',
    cause: error,
  });
}

function notReached(works: readonly Work[]): MigrationResult[] {
  return works.map(({ label, name }, index) => ({
    version: label,
    name,
    status: index === 0 ? 'failed' : 'not_reached',
    durationMs: null,
  }));
}
