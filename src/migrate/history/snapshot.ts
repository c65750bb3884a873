import { listSchemas } from '../../catalog/schemas.js';
import {
  SNAPSHOT_FORMAT,
  SNAPSHOT_SETTINGS,
  snapshotIntoVariable,
  snapshotQuery,
} from '../../catalog/snapshot.js';
import pg from '../../postgres/pg.js';
import type { Statement } from '../../sql/statements.js';
import { HISTORY_TABLE } from './table.js';

/**
 * The snapshot must never delay a migration: if another session holds a lock that the snapshot needs, the row gets no
 * snapshot. The timeout is shorter than `deadlock_timeout`, so that this session never completes a deadlock.
 */
const LOCK_TIMEOUT_MS = 200;

const NEWEST_SNAPSHOT = `select snapshot from ${HISTORY_TABLE} where snapshot is not null order by id desc limit 1`;

/** SQL of the fingerprint of a text. */
function fingerprintOf(text: string): string {
  return `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8')), 'hex')`;
}

/** SQL of the server's major version. */
export const SERVER_MAJOR = "pg_catalog.current_setting('server_version_num')::integer / 10000";

/** SQL of the schemas that a snapshot covers: those of the previous snapshot, and those that statements name. */
function coveredSchemas(statements: readonly Statement[]): string {
  const names = listSchemas(statements)
    .map((name) => pg.escapeLiteral(name))
    .join(', ');
  return `array[${names}] || array(select json_array_elements_text((${NEWEST_SNAPSHOT})::json -> 'schemas'))`;
}

/**
 * SQL that writes a snapshot of the catalog to the newest row of the history. Send it where no timeout applies: only a
 * cancellation makes it fail. If the catalog cannot be described, it warns, and the row has no snapshot.
 *
 * @param statements all statements that this run has executed; the snapshot covers the schemas that they name
 * @param leaving the version whose row is about to be deleted; null if none is
 */
export function recordSnapshotSql(statements: readonly Statement[], leaving: bigint | null): string {
  return `do $record_snapshot$
declare
  taken text;
begin
  set local lock_timeout = ${LOCK_TIMEOUT_MS};
  ${SNAPSHOT_SETTINGS};
  ${snapshotIntoVariable('taken', coveredSchemas(statements))};
  update ${HISTORY_TABLE}
  set
    snapshot = taken,
    snapshot_format = ${SNAPSHOT_FORMAT},
    snapshot_server_major = ${SERVER_MAJOR},
    fingerprint = ${fingerprintOf('taken')}
  where id = (select max(id) from ${HISTORY_TABLE} where version is distinct from ${leaving ?? 'null'});
exception
  when others then
    raise warning 'the snapshot of the catalog was not recorded, so drift cannot be found until the next migration: %', sqlerrm;
end
$record_snapshot$`;
}

/**
 * The query that compares the live catalog with the newest row of the history. It returns at most one row: `name`,
 * `format`, `major`, `server_major`, `fingerprint`, and `live`, which is null if the two cannot be compared.
 */
export const COMPARE_SNAPSHOT = `select
  newest.name,
  newest.snapshot_format as format,
  newest.snapshot_server_major as major,
  ${SERVER_MAJOR} as server_major,
  newest.fingerprint,
  case when newest.snapshot_format = ${SNAPSHOT_FORMAT} and newest.snapshot_server_major = ${SERVER_MAJOR} then (
    select ${fingerprintOf('taken.snapshot')}
    from (
${snapshotQuery(coveredSchemas([]))}
    ) as taken
  ) end as live
from (select * from ${HISTORY_TABLE} order by id desc limit 1) as newest`;

/** The query of the two texts, `recorded` and `live`, and of the `name` of the newest row; at most one row. */
export const BOTH_SNAPSHOTS = `select newest.name, newest.snapshot as recorded, taken.snapshot as live
from (select * from ${HISTORY_TABLE} order by id desc limit 1) as newest,
(
${snapshotQuery(coveredSchemas([]))}
) as taken`;
