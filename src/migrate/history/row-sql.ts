import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { applicationName } from '../../postgres/connection/application-name.js';
import pg from '../../postgres/driver/pg.js';
import type { Migration } from '../files/read-folder.js';
import { HISTORY_COLUMNS, HISTORY_TABLE, type HistoryColumn } from './table.js';

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
export const NEWEST_VERSION = `select version from ${HISTORY_TABLE} order by id desc limit 1`;

/** SQL of the id of the newest row. */
export const NEWEST_ID = `select max(id) from ${HISTORY_TABLE}`;

/** SQL of whether the last value of the ids' sequence is lower than the newest id; null if this role may not read it. */
export const IDS_ARE_BEHIND = `select case
    when pg_catalog.has_sequence_privilege(sequence, 'usage, select') then
      coalesce(pg_catalog.pg_sequence_last_value(sequence), 0) < (${NEWEST_ID})
  end
from (select pg_catalog.pg_get_serial_sequence('${HISTORY_TABLE}', 'id')::pg_catalog.regclass as sequence) as ids`;

/** SQL that writes the newest row and changes nothing in it. */
export const TOUCH_NEWEST_ROW = `update ${HISTORY_TABLE} set version = version where id = (${NEWEST_ID})`;

/** The condition that the history has a row. */
export const HAS_ROWS = `exists (select from ${HISTORY_TABLE})`;

/** SQL after a `perform` or a `select`: locks the row of a version. */
export function lockRowSql(version: bigint): string {
  return `from ${HISTORY_TABLE} where version = ${version} for update`;
}

/** SQL of how many statements of a no-transaction file are recorded as committed; null if none are. */
export function statementsDoneSql(version: bigint, direction: 'up' | 'down'): string {
  return `select statements_done from ${HISTORY_TABLE} where version = ${version} and unfinished = '${direction}'`;
}

/**
 * SQL that inserts rows. A column that no row has a value for is left out: PostgreSQL parses and plans each column for
 * each migration.
 */
export function insertSql(rows: readonly RowValues[]): string {
  const columns = HISTORY_COLUMNS.filter((column) => rows.some((row) => (row[column] ?? 'null') !== 'null'));
  const lines = rows.map((row) => `(${columns.map((column) => row[column] ?? 'null').join(', ')})`);
  return `insert into ${HISTORY_TABLE} (${columns.join(', ')})\nvalues ${lines.join(',\n')}`;
}

/**
 * SQL that inserts a row, or updates the row that an earlier run began. The durations add up, and the search path stays.
 */
export function insertOrUpdateSql(row: RowValues): string {
  const columns = HISTORY_COLUMNS.filter((column) => column in row);
  const replaced = columns.filter((column) => !['version', 'duration_ms', 'search_path'].includes(column));
  return `${insertSql([row])}
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
export function updateSql(condition: string, row: RowValues): string {
  const assignments = Object.entries(row).map(([column, value]) => `${column} = ${value}`);
  return `update ${HISTORY_TABLE}\nset ${assignments.join(', ')}\nwhere ${condition}`;
}

/** The condition that finds the row of a version. */
export function versionCondition(version: bigint): string {
  return `version = ${version}`;
}

/** SQL that deletes the row of a version. Its result is the SQL expression `returning`. */
export function deleteSql(version: bigint, returning: string): string {
  return `delete from ${HISTORY_TABLE} where version = ${version}\nreturning ${returning}`;
}
