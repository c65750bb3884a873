import { checkOptions } from '../postgres/errors/check-options.js';
import { interruptedError } from '../postgres/errors/interrupted-error.js';
import { type Database, describeServer, type Server, withDatabase } from './database.js';
import { readFolder } from './files/read-folder.js';
import { compare, type Entry, type MigrationState } from './history/compare.js';
import { type Drift, readDrift } from './history/drift.js';
import { describeOtherFolder } from './history/other-folder.js';
import { readState } from './history/server-state.js';
import type { Origin } from './history/table.js';
import { findLockHolder } from './run/lock.js';
import type { LockHolder } from './run/lock-holder.js';

/** The state of one migration. */
export interface MigrationStatus {
  /** The version as the file writes it: `V0002`. */
  readonly version: string;
  readonly name: string;
  readonly state: MigrationState;
  /** Null if it is not in the history, or if a Date cannot hold the recorded time. */
  readonly appliedAt: Date | null;
  /** The name of its files when it was applied, which another release may have renamed; null if it is not in the history. */
  readonly appliedName: string | null;
  /** The database role that applied it. */
  readonly appliedBy: string | null;
  /** The tool and its version. */
  readonly appliedWith: string | null;
  /** The host that ran the tool. */
  readonly appliedOn: string | null;
  readonly durationMs: number | null;
  /** How it got into the history; null if it is not in the history. */
  readonly origin: Origin | null;
  /** Why it was repaired or accepted, and which differences were accepted. */
  readonly reason: string | null;
  /** Why it cannot be rolled back; null if it can. */
  readonly irreversible: string | null;
}

/** Result of {@link status}. */
export interface StatusResult {
  readonly server: Server;
  /** The name of the set of the migrations; null for the default set. */
  readonly set: string | null;
  /** Every migration of the folder and of the history, smallest version first. */
  readonly migrations: readonly MigrationStatus[];
  /** Why the folder is not the one that this database is migrated from, in words; null if it may be. */
  readonly otherFolder: string | null;
  /** The newest version that is applied; null if nothing is applied. */
  readonly current: string | null;
  /** Whether every migration is applied, and as its files are now. */
  readonly upToDate: boolean;
  /** The session that holds the lock of a run, with whether it may be a run; null if none does. */
  readonly migratingNow: LockHolder | null;
  /** Whether the catalog was changed outside of migrations since the last run. */
  readonly drift: Drift;
}

/** Options of {@link status}. */
export interface StatusOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the state of every migration of a database, and whether its catalog was changed outside of migrations since the
 * last run. It changes and locks nothing.
 *
 * @param options the database and the folder
 * @returns every migration of the folder and of the history, with its state
 * @throws UsageError for an invalid URL or folder
 * @throws ConnectionError if the server cannot be reached or the database does not exist
 * @throws ExplainedError `interrupted`
 * @example
 * ```ts
 * const { upToDate, drift } = await status({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * ```
 */
export async function status(options: StatusOptions): Promise<StatusResult> {
  checkOptions('status', options, 'url', 'directory');
  const { set, migrations } = await readFolder(options.directory);
  return withDatabase(options, async ({ connection }) => {
    const [state, migratingNow, drift] = await Promise.all([
      readState(connection, set),
      findLockHolder(connection, set),
      readDrift(connection, set),
    ]);
    // A canceled query of the catalog only makes the drift unknown.
    if (options.signal?.aborted) throw interruptedError('while it read the catalog');
    const entries = compare(migrations, state.rows);
    return {
      server: describeServer(connection),
      set: set.name,
      migrations: entries.map(toStatus),
      otherFolder: describeOtherFolder(entries),
      current: entries.filter(({ row }) => row !== null).at(-1)?.label ?? null,
      upToDate: entries.every((entry) => entry.state === 'applied'),
      migratingNow,
      drift,
    };
  });
}

function toStatus({ label, name, state, row, migration }: Entry): MigrationStatus {
  return {
    version: label,
    name,
    state,
    appliedAt: row?.appliedAt ?? null,
    appliedName: row?.name ?? null,
    appliedBy: row?.appliedBy ?? null,
    appliedWith: row?.appliedWith ?? null,
    appliedOn: row?.appliedOn ?? null,
    durationMs: row?.durationMs ?? null,
    origin: row?.origin ?? null,
    reason: row?.reason ?? null,
    irreversible: row?.irreversible ?? migration?.irreversible ?? null,
  };
}
