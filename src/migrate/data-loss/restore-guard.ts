import { lockRowSql, NEWEST_VERSION } from '../history/row-sql.js';
import { HISTORY_TABLE } from '../history/table.js';
import { NOT_RESTORABLE } from '../script/sql-states.js';

/**
 * SQL that fails unless a migration is applied and no newer one is, as it was when the files were written. It locks the row
 * of the migration, so it waits for a run, and no run changes the schema before the restore is committed.
 */
export function requireState({
  version,
  label,
}: {
  readonly version: bigint;
  readonly label: string;
}): string {
  return `do $state$
begin
  perform ${lockRowSql(version)};
  if not found or ${version} <> (${NEWEST_VERSION})
    or (select unfinished is not null from ${HISTORY_TABLE} where version = ${version})
  then
    raise exception '${label} is not the newest migration of this database' using errcode = '${NOT_RESTORABLE}';
  end if;
end
$state$;`;
}
