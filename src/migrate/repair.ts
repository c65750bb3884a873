import type { MigrationSet } from '../catalog/migration-set.js';
import type { Connection } from '../postgres/connect.js';
import { SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { UsageError } from '../postgres/errors/explained-error.js';
import { sqlStateOf } from '../postgres/errors/sql-states.js';
import { REPORT_WARNINGS } from '../postgres/replication.js';
import { call, option, remedy } from '../text/remedy.js';
import { type Database, describeServer, type Server, withDatabase } from './database.js';
import { explainWriteError } from './failure/write-history.js';
import { parseVersion } from './files/file-name.js';
import { readFolder } from './files/read-folder.js';
import { computeChecksum } from './files/source.js';
import { compare, type Entry, isAsApplied } from './history/compare.js';
import { HistoryError } from './history/errors.js';
import { movedError } from './history/moved.js';
import { refuseOtherName } from './history/plan.js';
import { readDownSql } from './history/read.js';
import { fileValues, literal, newestId, type RowValues, reasonSql, updateSql } from './history/row-sql.js';
import { readState, refuseReadOnly } from './history/server-state.js';
import { hasFingerprint, snapshotValues } from './history/snapshot.js';
import type { HistoryRow } from './history/table.js';
import { READER_WAIT } from './history/wait.js';
import type { Listener } from './run/events.js';
import { withMonitor } from './run/monitor.js';
import { announce, newExecutorNumber } from './script/guard.js';
import { BEGIN } from './script/settings.js';
import { HISTORY_MOVED } from './script/sql-states.js';
import { fileParser, upWork } from './script/work.js';

/** The options of {@link repair}. */
export interface RepairOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** The changed migration, written as `V0003` or `3`. */
  readonly version: string;
  /** Why the changed file is right. The history records it. */
  readonly reason: string;
  /** Receives the events of the wait for another session. */
  readonly onEvent?: Listener | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link repair}. */
export interface RepairResult {
  readonly server: Server;
  /** The name of the migration whose files the history now accepts. */
  readonly repaired: string;
  readonly reason: string;
}

/** What the database is to be compared with after a repair. */
export interface RepairJudgement {
  /** Lines for the history, after the reason. */
  readonly notes: readonly string[];
  /** The snapshot for the newest row of the history; null for none; undefined to keep the one that it has. */
  readonly snapshot?: { readonly text: string; readonly fingerprint: string } | null;
  /** With `snapshot`: the fingerprint that the row had when this was judged; null for none. */
  readonly before?: string | null;
}

/** Judges a repair before it is recorded. */
export type RepairJudge = (connection: Connection, entries: readonly Entry[]) => Promise<RepairJudgement>;

/**
 * Accepts the changed files of an applied migration: records their checksums, the new down and the reason in the
 * history. The schema and the data are not changed.
 *
 * @param judge says what the database is compared with from now on; by default, that does not change
 * @throws UsageError without a reason, or for a version that the folder or the history does not have
 * @throws HistoryError `nothing_to_repair` if the files are not changed, `another_migration` if the applied migration has
 *   another name
 * @throws MigrationFileError for a file that cannot run
 * @throws ExplainedError `standby`, `permission_denied`, `not_replicated`, `interrupted`
 * @example
 * ```ts
 * await repair({ url, directory: migrationsDirectory, version: 'V0003', reason: 'only a comment was corrected' });
 * ```
 */
export async function repair(
  options: RepairOptions,
  judge: RepairJudge = async () => ({ notes: [] }),
): Promise<RepairResult> {
  const reason = options.reason.trim();
  if (reason === '') {
    throw new UsageError('no_reason', 'A repair needs a reason.', {
      remedy: remedy`Give the reason why the changed file is right with ${option('reason')}.`,
    });
  }
  const { set, migrations } = await readFolder(options.directory);
  const version = parseVersion(options.version);
  return withDatabase(options, async ({ connection }) => {
    const state = await readState(connection, set, READER_WAIT, undefined, 'write');
    await refuseReadOnly(state, connection);
    const { rows } = state;
    const newest = rows.at(-1);
    const entries = compare(migrations, rows);
    const entry = entries.find((candidate) => candidate.version === version);
    const migration = entry?.migration;
    if (entry === undefined || !migration || entry.row === null) {
      throw new UsageError(
        'unknown_version',
        `Migration ${options.version} is missing from this folder or from the history of this database.`,
        {
          remedy: remedy`Run ${call('status')} to see the state of each migration.`,
        },
      );
    }
    // A down that stopped part-way may itself have been wrong. An up resumes from its file, so it needs no repair.
    const isHalfDown = entry.row.unfinished === 'down' && !isAsApplied(migration, entry.row);
    if (entry.state !== 'changed' && !isHalfDown && !(await isDownChanged(connection, set, entry.row))) {
      throw new HistoryError(
        'nothing_to_repair',
        `${entry.name} is ${entry.state}. Only a changed migration can be repaired.`,
        {
          remedy: remedy`Run ${call('status')} to see the state of each migration.`,
        },
      );
    }
    refuseOtherName(entry);
    await upWork(migration, fileParser(set));
    const { notes, snapshot, before = null } = await judge(connection, entries);
    const changes = [
      {
        id: entry.row.id,
        values: {
          ...fileValues(migration),
          origin: literal('repaired'),
          reason: reasonSql(literal([reason, ...notes].join('\n'))),
        },
      },
      ...(snapshot === undefined || newest === undefined
        ? []
        : [{ id: newest.id, values: recordedValues(snapshot), where: hasFingerprint(before) }]),
    ];
    const newestRow = newest?.id ?? entry.row.id;
    const executor = newExecutorNumber();
    await withMonitor(connection, executor, options.onEvent, () =>
      record(connection, set, newestRow, changes, executor),
    );
    return { server: describeServer(connection), repaired: migration.name, reason };
  });
}

/** Whether the text of the down in the history does not have the checksum that was recorded with it. */
async function isDownChanged(
  { client }: Connection,
  set: MigrationSet,
  { version, checksumDown }: HistoryRow,
): Promise<boolean> {
  if (checksumDown === null) return false;
  const text = (await readDownSql(client, set, [version])).get(version) ?? '';
  return computeChecksum(text) !== checksumDown;
}

function recordedValues(snapshot: { readonly text: string; readonly fingerprint: string } | null): RowValues {
  if (snapshot !== null) return snapshotValues(literal(snapshot.text), literal(snapshot.fingerprint));
  return { snapshot: 'null', snapshot_format: 'null', snapshot_server_major: 'null', fingerprint: 'null' };
}

/** A row of the history, and its new values. */
interface Change {
  readonly id: bigint;
  readonly values: RowValues;
  /** What the row must still be, besides being there. */
  readonly where?: string;
}

/**
 * Changes rows of the history in one transaction. It first locks the newest row, and so waits for the transaction of a run.
 *
 * @param newest the id of the row that was the newest one when the files were compared
 * @param executor the number with which the transaction announces itself
 * @throws HistoryError `history_changed` if another row is the newest one now, or a row to change is gone or
 *   has another snapshot
 */
async function record(
  { client }: Connection,
  set: MigrationSet,
  newest: bigint,
  changes: readonly Change[],
  executor: number,
): Promise<void> {
  const sql = [
    BEGIN,
    announce(executor),
    SYSTEM_NAMES_ONLY,
    REPORT_WARNINGS,
    requireRows(set, newest, changes),
    ...changes.map(({ id, values }) => updateSql(set, `id = ${id}`, values)),
    'commit',
  ];
  await client.query(sql.join(';\n')).catch(async (error: unknown) => {
    await client.query('rollback').catch(() => undefined);
    throw sqlStateOf(error) === HISTORY_MOVED
      ? movedError('the files were compared', 'Nothing was recorded.')
      : explainWriteError(error, set);
  });
}

function requireRows(set: MigrationSet, newest: bigint, changes: readonly Change[]): string {
  const isThere = changes.map(
    ({ id, where = 'true' }) => `exists (select from ${set.historyTable} where id = ${id} and ${where})`,
  );
  return `do $require_rows$
begin
  perform from ${set.historyTable} where id = ${newest} for update;
  if ${newest} <> (${newestId(set)})
    or not (${isThere.join(' and ')})
  then
    raise exception 'another run has changed the history' using errcode = '${HISTORY_MOVED}';
  end if;
end
$require_rows$`;
}
