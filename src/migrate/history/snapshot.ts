import type { SnapshotSource } from '../../catalog/snapshot-source.js';
import type { Statement } from '../../sql/statements.js';
import { HISTORY_TABLE } from './table.js';

/**
 * A snapshot is not worth a migration: if somebody holds a lock that it needs, it is left out. Less than
 * `deadlock_timeout`, so that it is never we who make a deadlock of it.
 */
const LOCK_TIMEOUT_MS = 200;

const NEWEST_SNAPSHOT = `select snapshot from ${HISTORY_TABLE} where snapshot is not null order by id desc limit 1`;

/** SQL of the fingerprint of a text. */
function fingerprintOf(text: string): string {
  return `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8')), 'hex')`;
}

/** SQL of the server's major version. */
export const SERVER_MAJOR = "pg_catalog.current_setting('server_version_num')::integer / 10000";

/**
 * SQL that describes the catalog in the newest row of the history. It fails only where it is cancelled, so it is sent
 * where no timeout holds: where the catalog cannot be described, it warns, and the row has no snapshot.
 *
 * @param statements all that this run has executed
 * @param leaving the version whose row is going to be deleted; null where none is
 */
export function recordSnapshotSql(
  source: SnapshotSource,
  statements: readonly Statement[],
  leaving: bigint | null,
): string {
  return `do $record_snapshot$
declare
  taken text;
begin
  set local lock_timeout = ${LOCK_TIMEOUT_MS};
  ${source.settings};
  ${source.intoVariable('taken', NEWEST_SNAPSHOT, statements)};
  update ${HISTORY_TABLE}
  set
    snapshot = taken,
    snapshot_format = ${source.format},
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
 * The query that holds the live catalog against the newest row of the history, of one row at most: `name`, `format`,
 * `major`, `server_major`, `fingerprint`, and `live`, which is null where the two cannot be compared.
 */
export function compareSnapshotSql(source: SnapshotSource): string {
  return `select
  newest.name,
  newest.snapshot_format as format,
  newest.snapshot_server_major as major,
  ${SERVER_MAJOR} as server_major,
  newest.fingerprint,
  case when newest.snapshot_format = ${source.format} and newest.snapshot_server_major = ${SERVER_MAJOR} then (
    select ${fingerprintOf('taken.snapshot')}
    from (
${source.query(NEWEST_SNAPSHOT)}
    ) as taken
  ) end as live
from (select * from ${HISTORY_TABLE} order by id desc limit 1) as newest`;
}

/** The query of the two texts, `recorded` and `live`, and of the `name` of the newest row; of one row at most. */
export function bothSnapshotsSql(source: SnapshotSource): string {
  return `select newest.name, newest.snapshot as recorded, taken.snapshot as live
from (select * from ${HISTORY_TABLE} order by id desc limit 1) as newest,
(
${source.query(NEWEST_SNAPSHOT)}
) as taken`;
}
