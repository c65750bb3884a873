import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Blocker } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { MigrationFileError } from '../../sql/errors.js';
import { option, remedy } from '../../text/remedy.js';
import { readState, refuseReadOnly, type ServerState } from '../history/server-state.js';
import type { Wait } from '../history/wait.js';
import type { Work } from '../script/work.js';
import type { Listener } from './events.js';
import type { MigrationLock } from './lock.js';

/** The state of the server, and the files to run in that state. */
export interface Plan {
  readonly state: ServerState;
  readonly works: readonly Work[];
}

/**
 * Chooses the files to run, in order, from the state of the server.
 *
 * @param connection for further reads; not always the same one
 * @param onPending awaited once it is known that there are files to run, before they are parsed
 */
export type Planner = (
  connection: Connection,
  state: ServerState,
  onPending?: () => Promise<void>,
) => Promise<readonly Work[]>;

/** Reads the state of the server and plans the run. */
export type ReadPlan = (connection: Connection, onPending?: () => Promise<void>) => Promise<Plan>;

/**
 * Makes a function that reads the state of the server and plans the run.
 *
 * @param wait how to wait while another session holds the history; that session is reported
 */
export function planReader(planner: Planner, set: MigrationSet, wait: Wait, emit: Listener): ReadPlan {
  return async (connection, onPending) => {
    const onBlocked = (blocker: Blocker): void => emit({ kind: 'blocked', blocker });
    const state = await readState(connection, set, wait, onBlocked, 'write');
    return { state, works: await planner(connection, state, onPending) };
  };
}

/**
 * Refuses a plan that the server cannot run. A standby or a frozen database accepts no writes. Behind a pooler it must not run a
 * no-transaction file: the settings of the file would stay in a server process that then serves other clients.
 *
 * @throws ExplainedError `standby`, `read_only`
 * @throws MigrationFileError `needs_direct_connection`
 */
export async function refuseServer({ state, works }: Plan, connection: Connection): Promise<void> {
  await refuseReadOnly(state, connection);
  const work = state.isPooled ? works.find(({ script }) => !script.options.transaction) : undefined;
  if (work === undefined) return;
  throw new MigrationFileError(
    'needs_direct_connection',
    `${work.name} runs without a transaction, and this connection goes through a pooler such as PgBouncer.`,
    { remedy: remedy`Set ${option('url')} to the address of the server itself for this run.` },
  );
}

/**
 * Checks whether a plan that was made before the lock was taken is still valid. The progress of a no-transaction file can
 * change without a new row, so with such a file the history is read again.
 */
export function isCurrent({ state, works }: Plan, { newestRow }: MigrationLock): boolean {
  const newest = state.rows.at(-1)?.id ?? null;
  return newest === newestRow && works.every(({ script }) => script.options.transaction);
}
