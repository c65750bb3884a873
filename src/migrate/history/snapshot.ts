import type { MigrationSet } from '../../catalog/migration-set.js';
import { listSchemas } from '../../catalog/schemas.js';
import {
  SNAPSHOT_FORMAT,
  SNAPSHOT_SETTINGS,
  snapshotIntoVariable,
  snapshotQuery,
} from '../../catalog/snapshot.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';
import type { Statement } from '../../sql/statements.js';
import { newestId, type RowValues, updateSql } from './row-sql.js';

/**
 * The snapshot must never delay a migration: if another session holds a lock that the snapshot needs, the row gets no
 * snapshot. The timeout is shorter than `deadlock_timeout`, so that this session never completes a deadlock.
 */
const LOCK_TIMEOUT_MS = 200;

/** The SQLSTATE of the warning that a run could not record a snapshot. The engine's other ones are in `script/`. */
export const SNAPSHOT_MISSING = 'VS006';

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

/** SQL of the fingerprint of a text. */
function fingerprintOf(text: string): string {
  return `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8')), 'hex')`;
}

/** The condition that the text of a row's snapshot has its fingerprint; null if the row has no snapshot. */
const IS_INTACT = `fingerprint = ${fingerprintOf('snapshot')}`;

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
const SERVER_MAJOR = "pg_catalog.current_setting('server_version_num')::integer / 10000";

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
function coveredSchemas(set: MigrationSet, schemas: readonly string[]): string {
  const names = schemas.map((name) => pg.escapeLiteral(name)).join(', ');
  return `array[${names}] || array(select json_array_elements_text((${newestSnapshot(set)})::json -> 'schemas'))`;
}

/** SQL of the accepted differences of the newest snapshot; null for none. */
function acceptedSql(set: MigrationSet): string {
  return `(select (${newestSnapshot(set)})::json -> 'accepted')`;
}

/** The reason of a warning with {@link SNAPSHOT_MISSING}. */
export const NO_EARLIER_SNAPSHOT = 'no earlier snapshot names the schemas of the other migrations';

/**
 * Statements of PL/pgSQL that collect in `creation_schemas` where files have created objects whose names have no schema: in
 * the first schema of the search path with which each file began.
 *
 * @param versions those of the files
 */
function readCreationSchemas({ historyTable }: MigrationSet, versions: readonly bigint[]): string {
  if (versions.length === 0) return '';
  return `for path in
    select distinct search_path from ${historyTable} where version in (${versions.join(', ')}) and search_path is not null
  loop
    perform pg_catalog.set_config('search_path', path, true);
    creation_schemas := pg_catalog.array_append(creation_schemas, pg_catalog.current_schema()::pg_catalog.text);
  end loop;`;
}

/** The part of a file that the recording of a snapshot needs. */
interface RunFile {
  readonly version: bigint;
  readonly statements: readonly Statement[];
  readonly createsInSearchPath: boolean;
}

/**
 * SQL that writes a snapshot of the catalog to the newest row of the history. Send it where no timeout applies: only a
 * cancellation makes it fail. If the catalog cannot be described, it warns with {@link SNAPSHOT_MISSING}, whatever level of
 * messages the role has chosen, and the row gets no snapshot.
 *
 * @param set the set of the run
 * @param files those that this run has executed; the snapshot covers the schemas that they name
 * @param others the schemas of the other migrations in the history; null if no snapshot names them. Then none is recorded:
 *   it would not cover these schemas, and no change of them would be found.
 */
export function recordSnapshotSql(
  set: MigrationSet,
  files: readonly RunFile[],
  others: readonly string[] | null,
): string {
  const versions = files.filter((file) => file.createsInSearchPath).map(({ version }) => version);
  return recordingBlock(set, takeAndStore(set, files, null, others), versions);
}

/**
 * The same after a rollback, before the row of the version is deleted. If the row that becomes the newest one has a snapshot
 * that this server can compare, the row keeps it: what the rollback left behind is then drift. The snapshot takes over what
 * was accepted, and covers the schemas that the rolled-back files create.
 *
 * @param leaving the version whose row is about to be deleted; null if the rows are deleted already
 * @param created the schemas that the rolled-back files create
 */
export function recordSnapshotAfterDownSql(
  set: MigrationSet,
  files: readonly RunFile[],
  leaving: bigint | null,
  created: readonly string[],
  others: readonly string[] | null,
): string {
  const update = updateSql(
    set,
    `id = (${newestIdWithout(set, leaving)})`,
    snapshotValues('taken', fingerprintOf('taken')),
  );
  return recordingBlock(
    set,
    `select case when ${IS_INTACT} then snapshot::json end
  into stored
  from ${set.historyTable}
  where id = (${newestIdWithout(set, leaving)})
    and snapshot_format = ${SNAPSHOT_FORMAT}
    and snapshot_server_major = ${SERVER_MAJOR};
  if stored is not null then
    taken := json_strip_nulls(json_build_object(
      'format', stored -> 'format',
      'schemas', (
        select json_agg(distinct name collate "C" order by name collate "C")
        from unnest(${textArray(created)} || array(select json_array_elements_text(stored -> 'schemas'))) as name
      ),
      'accepted', coalesce(${acceptedSql(set)}, stored -> 'accepted'),
      'objects', stored -> 'objects'
    ))::text;
    ${update};
    return;
  end if;
  ${takeAndStore(set, files, leaving, others)}`,
  );
}

function newestIdWithout(set: MigrationSet, leaving: bigint | null): string {
  return `${newestId(set)} where version is distinct from ${leaving ?? 'null'}`;
}

function takeAndStore(
  set: MigrationSet,
  files: readonly RunFile[],
  leaving: bigint | null,
  others: readonly string[] | null,
): string {
  if (others === null) return `raise exception '${NO_EARLIER_SNAPSHOT}';`;
  const named = listSchemas(files.flatMap(({ statements }) => statements));
  const schemas = `${coveredSchemas(set, [...named, ...others])} || creation_schemas`;
  return `${snapshotIntoVariable('taken', schemas, acceptedSql(set), set)};
  ${updateSql(set, `id = (${newestIdWithout(set, leaving)})`, snapshotValues('taken', fingerprintOf('taken')))};`;
}

function recordingBlock(set: MigrationSet, body: string, pathVersions: readonly bigint[] = []): string {
  return `do $record_snapshot$
declare
  taken text;
  stored json;
  path text;
  creation_schemas text[] := '{}';
begin
  set local lock_timeout = ${LOCK_TIMEOUT_MS};
  ${readCreationSchemas(set, pathVersions)}
  ${SNAPSHOT_SETTINGS};
  ${body}
exception
  when others then
    set local client_min_messages = warning;
    raise warning '%', sqlerrm using errcode = '${SNAPSHOT_MISSING}';
end
$record_snapshot$`;
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
): Promise<(RecordedSnapshot & { readonly snapshot: string | null }) | null> {
  const [row] = await queryRows<RecordedSnapshot & { readonly snapshot: string | null }>(
    client,
    newestRow(set),
  );
  return row ?? null;
}

/**
 * Checks whether the row of a version has a snapshot that this server can compare: then a rollback to that version keeps it,
 * and what the rollback leaves behind is drift.
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
