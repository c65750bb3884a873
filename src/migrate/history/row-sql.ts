import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { MigrationSet } from '../../catalog/migration-set.js';
import { applicationName } from '../../postgres/connection/application-name.js';
import pg from '../../postgres/driver/pg.js';
import type { Migration } from '../files/read-folder.js';
import { HISTORY_COLUMNS, type HistoryColumn } from './table.js';

/** SQL expressions by column. */
export type RowValues = Readonly<Partial<Record<HistoryColumn, string>>>;

/** A text as an SQL literal. `pg` quotes character by character, which takes milliseconds for a whole file. */
export function literal(text: string | null | undefined): string {
  if (text === null || text === undefined) return 'null';
  return text.includes('\\') ? pg.escapeLiteral(text) : `'${text.replaceAll("'", "''")}'`;
}

/** Identifies a run in the history. */
export interface RunIdentity {
  /** A UUID. */
  readonly id: string;
  /** The tool and its version. */
  readonly appliedWith: string;
  /** The name of this host. */
  readonly appliedOn: string;
}

/** Makes the identity of a new run. */
export function newRunIdentity(): RunIdentity {
  return { id: randomUUID(), appliedWith: applicationName, appliedOn: hostname() };
}

/** The values of a new row, but for its origin and its duration. */
export function newRowValues(migration: Migration, run: RunIdentity) {
  return {
    version: String(migration.version),
    name: literal(migration.name),
    ...fileValues(migration),
    applied_by: 'session_user',
    applied_with: literal(run.appliedWith),
    applied_on: literal(run.appliedOn),
    applied_at: 'clock_timestamp()',
    run_id: literal(run.id),
  } as const satisfies RowValues;
}

/** The values of the columns that describe the files of a migration. */
export function fileValues({ up, down, irreversible }: Migration) {
  return {
    checksum_up: literal(up.source.checksum),
    checksum_down: literal(down?.source.checksum),
    down_sql: literal(down?.source.text),
    irreversible: literal(irreversible),
  } as const satisfies RowValues;
}

/** SQL of the version of the newest row. */
export function newestVersion({ historyTable }: MigrationSet): string {
  return `select version from ${historyTable} order by id desc limit 1`;
}

/** SQL of the id of the newest row. */
export function newestId({ historyTable }: MigrationSet): string {
  return `select max(id) from ${historyTable}`;
}

/** SQL of whether the last value of the ids' sequence is lower than the newest id; null if this role may not read it. */
export function idsAreBehind(set: MigrationSet): string {
  return `select case
    when pg_catalog.has_sequence_privilege(sequence, 'usage, select') then
      coalesce(pg_catalog.pg_sequence_last_value(sequence), 0) < (${newestId(set)})
  end
from (select pg_catalog.pg_get_serial_sequence('${set.historyTable}', 'id')::pg_catalog.regclass as sequence) as ids`;
}

/** SQL that writes the newest row and changes nothing in it. */
export function touchNewestRow(set: MigrationSet): string {
  return `update ${set.historyTable} set version = version where id = (${newestId(set)})`;
}

/** The condition that the history has a row. */
export function hasRows({ historyTable }: MigrationSet): string {
  return `exists (select from ${historyTable})`;
}

/** SQL after a `perform` or a `select`: locks the row of a version. */
export function lockRowSql({ historyTable }: MigrationSet, version: bigint): string {
  return `from ${historyTable} where version = ${version} for update`;
}

/** SQL of how many statements of a no-transaction file are recorded as committed; null if none are. */
export function statementsDoneSql(
  { historyTable }: MigrationSet,
  version: bigint,
  direction: 'up' | 'down',
): string {
  return `select statements_done from ${historyTable} where version = ${version} and unfinished = '${direction}'`;
}

/**
 * SQL that inserts rows. A column that no row has a value for is left out: PostgreSQL parses and plans each column for
 * each migration.
 */
export function insertSql({ historyTable }: MigrationSet, rows: readonly RowValues[]): string {
  const columns = HISTORY_COLUMNS.filter((column) => rows.some((row) => (row[column] ?? 'null') !== 'null'));
  const lines = rows.map((row) => `(${columns.map((column) => row[column] ?? 'null').join(', ')})`);
  return `insert into ${historyTable} (${columns.join(', ')})\nvalues ${lines.join(',\n')}`;
}

/**
 * SQL that inserts a row, or updates the row that an earlier run began. The durations add up, and the search path stays.
 */
export function insertOrUpdateSql(set: MigrationSet, row: RowValues): string {
  const columns = HISTORY_COLUMNS.filter((column) => column in row);
  const replaced = columns.filter((column) => !['version', 'duration_ms', 'search_path'].includes(column));
  return `${insertSql(set, [row])}
on conflict (version) do update set
  duration_ms = history.duration_ms + excluded.duration_ms,
  ${replaced.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

/** SQL of who changes a row, and when. */
export const BY_WHOM = `pg_catalog.format(
    'by %s, %s',
    session_user,
    pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  )`;

/**
 * SQL of the reason for a change of a row. The row's earlier reason is not lost: it follows.
 *
 * @param parts SQL of the new reason, one line or more each
 */
export function reasonSql(...parts: readonly string[]): string {
  return `pg_catalog.concat_ws(E'\\n', ${parts.join(', ')}, 'before, ' || origin || ': ' || reason)`;
}

/**
 * SQL that updates a row.
 *
 * @param condition SQL of the condition that finds it
 */
export function updateSql({ historyTable }: MigrationSet, condition: string, row: RowValues): string {
  const assignments = Object.entries(row).map(([column, value]) => `${column} = ${value}`);
  return `update ${historyTable}\nset ${assignments.join(', ')}\nwhere ${condition}`;
}

/** The condition that finds the row of a version. */
export function versionCondition(version: bigint): string {
  return `version = ${version}`;
}

/** SQL that deletes the row of a version. Its result is the SQL expression `returning`. */
export function deleteSql({ historyTable }: MigrationSet, version: bigint, returning: string): string {
  return `delete from ${historyTable} where version = ${version}\nreturning ${returning}`;
}
