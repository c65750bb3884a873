import type { MigrationSet } from '../../catalog/migration-set.js';
import { listSchemas } from '../../catalog/schemas.js';
import { SNAPSHOT_FORMAT, SNAPSHOT_SETTINGS, snapshotIntoVariable } from '../../catalog/snapshot.js';
import { textArray } from '../../postgres/driver/search-path.js';
import type { Statement } from '../../sql/statements.js';
import { newestId, updateSql } from './row-sql.js';
import {
  acceptedSql,
  coveredSchemas,
  fingerprintOf,
  IS_INTACT,
  SERVER_MAJOR,
  snapshotValues,
} from './snapshot.js';

/**
 * The snapshot must never delay a migration: if another session holds a lock that the snapshot needs, the row gets no
 * snapshot. The timeout is shorter than `deadlock_timeout`, so that this session never completes a deadlock.
 */
const LOCK_TIMEOUT_MS = 200;

/** The SQLSTATE of the warning that a run could not record a snapshot. The engine's other ones are in `script/`. */
export const SNAPSHOT_MISSING = 'VS006';

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
 * that this server can compare, the row keeps it: what the rollback left is then drift. The snapshot takes over what
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
