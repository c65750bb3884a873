import type { MigrationSet } from '../../catalog/migration-set.js';
import type pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';
import {
  INVALID_TEXT_REPRESENTATION,
  sqlStateOf,
  UNDEFINED_TABLE,
} from '../../postgres/errors/sql-states.js';
import { assertTrusted, checkHistory } from './ownership.js';
import type { HistoryColumn, HistoryRow } from './table.js';

/** The columns of a {@link HistoryRow}, by its properties. */
const ROW_COLUMNS: Readonly<Record<keyof HistoryRow, HistoryColumn>> = {
  id: 'id',
  version: 'version',
  name: 'name',
  checksumUp: 'checksum_up',
  checksumDown: 'checksum_down',
  irreversible: 'irreversible',
  origin: 'origin',
  reason: 'reason',
  appliedBy: 'applied_by',
  appliedWith: 'applied_with',
  appliedOn: 'applied_on',
  appliedAt: 'applied_at',
  durationMs: 'duration_ms',
  unfinished: 'unfinished',
  statementsDone: 'statements_done',
  statementsDoneChecksum: 'statements_done_checksum',
};

/** SQL of whether the database has a relation besides the history and what extensions have made. */
function hasRelations({ historySchema }: MigrationSet): string {
  return `exists (
  select from pg_catalog.pg_class
  where oid >= 16384
    and relkind = any ('{r,p,v,m,f,S,c}')
    and relnamespace is distinct from pg_catalog.to_regnamespace('${historySchema}')
    and not exists (
      select from pg_catalog.pg_depend
      where classid = 'pg_catalog.pg_class'::pg_catalog.regclass and objid = pg_class.oid and deptype = 'e'
    )
)`;
}

function readSql(set: MigrationSet): string {
  return `select ${Object.entries(ROW_COLUMNS)
    .map(([property, column]) => `${column} as "${property}"`)
    .join(', ')}, ${hasRelations(set)} as "hasRelations"
from ${set.historyTable}
order by id`;
}

/** A row as `pg` returns it: a bigint is text. */
type RawRow = Omit<HistoryRow, 'id' | 'version' | 'appliedAt'> & {
  readonly id: string;
  readonly version: string;
  readonly appliedAt: unknown;
  readonly hasRelations: boolean;
};

/** The history of a database. */
export interface History {
  /** In the order of application. */
  readonly rows: readonly HistoryRow[];
  /** Whether the database has a table, a view, a sequence or a composite type besides the history; true without rows. */
  readonly hasRelations: boolean;
}

/**
 * Reads the history. It blocks no other session, and waits only for a session that is changing the table itself.
 *
 * @param lockTimeoutMs the longest wait for such a session; the server's error is then `LOCK_NOT_AVAILABLE`
 * @returns null if the database has no history yet
 * @param use `write` if the caller will act on it: then it must belong to a role that this session trusts
 * @throws ExplainedError `history_foreign` if it may run the code of another role, `history_unreadable` if this role may not
 *   read it, `history_unknown` if the table is not the one that this release knows
 */
export async function readHistory(
  client: pg.Client,
  set: MigrationSet,
  lockTimeoutMs: number,
  use: 'read' | 'write' = 'read',
): Promise<History | null> {
  // One query is one transaction, so that behind a pooler no other client inherits the setting.
  const read = (check: string) =>
    queryRows<RawRow>(client, `set local lock_timeout = ${lockTimeoutMs};\n${check};\n${readSql(set)}`);
  const search = () => read(checkHistory(set, use));
  try {
    const rows =
      use === 'read'
        ? await search()
        : await read(assertTrusted(set)).catch((error: unknown) => {
            if (sqlStateOf(error) === INVALID_TEXT_REPRESENTATION) return search();
            throw error;
          });
    return { rows: rows.map(toRow), hasRelations: rows[0]?.hasRelations ?? true };
  } catch (error) {
    if (sqlStateOf(error) === UNDEFINED_TABLE) return null;
    const { explainReadError } = await import('./read-errors.js');
    throw explainReadError(error, set);
  }
}

/** PostgreSQL has times that a Date cannot hold: infinity, and years after 275760. */
function toRow({ hasRelations: _, ...row }: RawRow): HistoryRow {
  const { id, version, appliedAt } = row;
  const isTime = appliedAt instanceof Date && !Number.isNaN(appliedAt.getTime());
  return { ...row, id: BigInt(id), version: BigInt(version), appliedAt: isTime ? appliedAt : null };
}

/** Whether the database has no relation besides the history, so that it has no data. */
export async function isEmptyDatabase(client: pg.Client, set: MigrationSet): Promise<boolean> {
  const [row] = await queryRows<{ is_empty: boolean }>(client, `select not ${hasRelations(set)} as is_empty`);
  return row?.is_empty === true;
}

/** Reads the recorded down files of some versions. */
export async function readDownSql(
  client: pg.Client,
  { historyTable }: MigrationSet,
  versions: readonly bigint[],
): Promise<ReadonlyMap<bigint, string>> {
  const rows = await queryRows<{ version: string; down_sql: string | null }>(
    client,
    `select version, down_sql from ${historyTable} where version = any (${textArray(versions.map(String))}::bigint[])`,
  );
  return new Map(
    rows.flatMap((row) => (row.down_sql === null ? [] : [[BigInt(row.version), row.down_sql] as const])),
  );
}
