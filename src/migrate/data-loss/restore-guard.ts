import { lockRowSql, NEWEST_ID, NEWEST_VERSION } from '../history/row-sql.js';
import { HISTORY_TABLE } from '../history/table.js';
import { NOT_RESTORABLE } from '../script/sql-states.js';
import type { Work } from '../script/work.js';

/**
 * SQL that fails unless the database has the migrations with which the files were written. It locks a row of the history, so
 * it waits for a run, and no run changes the schema before the restore is committed.
 */
export function requireState({
  version,
  label,
  direction,
}: Pick<Work, 'version' | 'label' | 'direction'>): string {
  const [lock, isWrong, problem] =
    direction === 'down'
      ? [
          lockRowSql(version),
          `not found or ${version} <> (${NEWEST_VERSION})
    or (select unfinished is not null from ${HISTORY_TABLE} where version = ${version})`,
          `${label} is not the newest migration of this database`,
        ]
      : [
          `from ${HISTORY_TABLE} where id = (${NEWEST_ID}) for update`,
          `exists (select from ${HISTORY_TABLE} where version = ${version})`,
          `${label}, which deleted the data, is still applied`,
        ];
  return `do $state$
begin
  perform ${lock};
  if ${isWrong} then
    raise exception '${problem}' using errcode = '${NOT_RESTORABLE}';
  end if;
end
$state$;`;
}
