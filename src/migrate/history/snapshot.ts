import type { MigrationSet } from '../../catalog/migration-set.js';
import { listSchemas } from '../../catalog/schemas.js';
import { parseSnapshot, SNAPSHOT_FORMAT, type Snapshot, snapshotQuery } from '../../catalog/snapshot.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import type { RowValues } from './row-sql.js';

/** The columns of the newest history row that describe its snapshot; null if none was recorded. */
export interface RecordedSnapshot {
  /** The migration that recorded the snapshot. */
  readonly name: string;
  readonly format: number | null;
  /** The major version of the server that described the catalog. */
  readonly major: number | null;
  readonly fingerprint: string | null;
  /** Whether the text of the snapshot does not have its fingerprint, so that it is of no use. */
  readonly damaged: boolean;
}

/** The newest row of the history with its snapshot. */
export interface NewestSnapshot extends RecordedSnapshot {
  /** Null if none was recorded, or if it is damaged. */
  readonly snapshot: string | null;
  /** The newest snapshot that is intact, also if an older row holds it. A run without a snapshot ends no acceptance. */
  readonly intact: string | null;
}

/** SQL of the fingerprint of a text. */
export function fingerprintOf(text: string): string {
  return `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8')), 'hex')`;
}

/** The condition that the text of a row's snapshot has its fingerprint; null if the row has no snapshot. */
export const IS_INTACT = `fingerprint = ${fingerprintOf('snapshot')}`;

/** The condition that a row has the snapshot with a fingerprint; null for no snapshot. */
export function hasFingerprint(fingerprint: string | null): string {
  return `fingerprint is not distinct from ${fingerprint === null ? 'null' : pg.escapeLiteral(fingerprint)}`;
}

function newestIntact({ historyTable }: MigrationSet): string {
  return `from ${historyTable} where ${IS_INTACT} order by id desc limit 1`;
}

function newestSnapshot(set: MigrationSet): string {
  return `select snapshot ${newestIntact(set)}`;
}

/** SQL of the newest row, as a {@link RecordedSnapshot} with the text of the snapshot; null if it is damaged. */
function newestRow({ historyTable }: MigrationSet): string {
  return `select
  name,
  case when ${IS_INTACT} then snapshot end as snapshot,
  snapshot_format as format,
  snapshot_server_major as major,
  fingerprint,
  not coalesce(${IS_INTACT}, true) as damaged
from ${historyTable}
order by id desc
limit 1`;
}

/** SQL of the server's major version. */
export const SERVER_MAJOR = "pg_catalog.current_setting('server_version_num')::integer / 10000";

/**
 * The values of the columns that hold a snapshot.
 *
 * @param snapshot SQL of its text
 * @param fingerprint SQL of its fingerprint
 */
export function snapshotValues(snapshot: string, fingerprint: string): RowValues {
  return {
    snapshot,
    snapshot_format: String(SNAPSHOT_FORMAT),
    snapshot_server_major: SERVER_MAJOR,
    fingerprint,
  };
}

/** SQL of the schemas that a snapshot covers: those of the previous snapshot, and some more. */
export function coveredSchemas(set: MigrationSet, schemas: readonly string[]): string {
  const names = schemas.map((name) => pg.escapeLiteral(name)).join(', ');
  return `array[${names}] || array(select json_array_elements_text((${newestSnapshot(set)})::json -> 'schemas'))`;
}

/** SQL of the accepted differences of the newest snapshot; null for none. */
export function acceptedSql(set: MigrationSet): string {
  return `(select (${newestSnapshot(set)})::json -> 'accepted')`;
}

/**
 * The query that compares the live catalog with the newest row of the history. It returns at most one row: `name`,
 * `format`, `major`, `server_major`, `fingerprint`, `damaged`, and `live`, the fingerprint of the catalog, which is null if
 * the two cannot be compared. If they differ, `recorded` and `taken` are the texts of the two snapshots.
 */
export function compareSnapshot(set: MigrationSet): string {
  return `with compared as materialized (
  select
    newest.*,
    ${SERVER_MAJOR} as server_major,
    case when newest.format = ${SNAPSHOT_FORMAT} and newest.major = ${SERVER_MAJOR} and not newest.damaged then (
      select taken.snapshot
      from (
${snapshotQuery(coveredSchemas(set, listSchemas([])), acceptedSql(set), set)}
      ) as taken
    ) end as taken
  from (
${newestRow(set)}
  ) as newest
),
fingerprinted as materialized (
  select compared.*, ${fingerprintOf('taken')} as live from compared
)
select
  name,
  format,
  major,
  server_major,
  fingerprint,
  damaged,
  live,
  case when live <> fingerprint then snapshot end as recorded,
  case when live <> fingerprint then taken end as taken
from fingerprinted`;
}

/** The schemas of the newest snapshot that is intact, and the migrations that it does not know. */
export interface CoveredSchemas {
  readonly schemas: readonly string[];
  /** The versions that were applied after it, in runs that recorded no snapshot. */
  readonly laterVersions: readonly bigint[];
}

/**
 * Reads the schemas that the newest snapshot covers: those of the migrations in the history when it was recorded.
 *
 * @returns null if no row of the history has a snapshot that is intact
 */
export async function readCoveredSchemas(
  client: pg.Client,
  set: MigrationSet,
): Promise<CoveredSchemas | null> {
  const [row] = await queryRows<{ schemas: readonly string[]; later: readonly string[] }>(
    client,
    `select
  newest.snapshot::json -> 'schemas' as schemas,
  array(select version::text from ${set.historyTable} where id > newest.id) as later
from (select id, snapshot ${newestIntact(set)}) as newest`,
  );
  return row === undefined ? null : { schemas: row.schemas, laterVersions: row.later.map(BigInt) };
}

/**
 * Reads the snapshot that the newest row of the history holds.
 *
 * @returns null if the history has no row
 */
export async function readRecordedSnapshot(
  client: pg.Client,
  set: MigrationSet,
): Promise<NewestSnapshot | null> {
  const [row] = await queryRows<NewestSnapshot>(
    client,
    `select newest.*, case when newest.snapshot is null then (${newestSnapshot(set)}) end as intact
from (
${newestRow(set)}
) as newest`,
  );
  return row === undefined ? null : { ...row, intact: row.snapshot ?? row.intact };
}

/** The newest snapshot that is intact, as data; null if there is none. */
export function parseIntact(recorded: NewestSnapshot | null): Snapshot | null {
  return recorded?.intact == null ? null : parseSnapshot(recorded.intact).snapshot;
}

/**
 * Checks whether the row of a version has a snapshot that this server can compare: then a rollback to that version keeps it,
 * and what the rollback leaves is drift.
 */
export async function hasComparableSnapshot(
  client: pg.Client,
  { historyTable }: MigrationSet,
  version: bigint,
): Promise<boolean> {
  const rows = await queryRows(
    client,
    `select from ${historyTable}
     where version = ${version} and ${IS_INTACT}
       and snapshot_format = ${SNAPSHOT_FORMAT} and snapshot_server_major = ${SERVER_MAJOR}`,
  );
  return rows.length > 0;
}
