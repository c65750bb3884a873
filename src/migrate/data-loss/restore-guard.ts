import type { MigrationSet } from '../../catalog/migration-set.js';
import { lockRowSql, newestId, newestVersion } from '../history/row-sql.js';
import { NOT_RESTORABLE } from '../script/sql-states.js';
import type { Work } from '../script/work.js';

/**
 * SQL that fails unless the database has the migrations with which the files were written. It locks a row of the history, so
 * it waits for a run, and no run changes the schema before the restore is committed.
 */
export function requireState(
  set: MigrationSet,
  { version, label, direction }: Pick<Work, 'version' | 'label' | 'direction'>,
): string {
  const { historyTable } = set;
  const [lock, isWrong, problem] =
    direction === 'down'
      ? [
          lockRowSql(set, version),
          `not found or ${version} <> (${newestVersion(set)})
    or (select unfinished is not null from ${historyTable} where version = ${version})`,
          `${label} is not the newest migration of this database`,
        ]
      : [
          `from ${historyTable} where id = (${newestId(set)}) for update`,
          `exists (select from ${historyTable} where version = ${version})`,
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
