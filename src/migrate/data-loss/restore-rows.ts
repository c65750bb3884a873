import type { BackupFile } from './backup-file.js';

/**
 * SQL that inserts the rows of a temporary table. A row that exists already, such as one that the migration itself inserts,
 * stays unchanged. So the script may run twice.
 *
 * @param number of the temporary table
 */
export function insertSql({ table, columns, loss }: BackupFile, number: number): string {
  const list = columns.join(', ');
  const insert = `insert into ${table.name} (${list}) overriding system value`;
  if (table.conflictKey.length > 0) {
    return `${insert}
select ${list} from pg_temp.backup_${number}
on conflict (${table.conflictKey.join(', ')}) do nothing
returning 1`;
  }
  // A number distinguishes equal rows. Not every type can be compared, but every value has a text.
  const row = `backup_row_${number}`;
  return `${insert}
select ${columns.map((column) => `(${row}).${column}`).join(', ')}
from (
  select ${row}, row_number() over (partition by ${row}::text) as row_number
  from pg_temp.backup_${number} as ${row}
) as backup
left join (
  select row(${list})::text as row_text, count(*) as row_count
  from ${loss.isPartitioned ? table.name : `only ${table.name}`}
  group by row_text
) as live on live.row_text = backup.${row}::text
where backup.row_number > coalesce(live.row_count, 0)
returning 1`;
}

/**
 * SQL that writes the values of a temporary table to the rows with the same primary key.
 *
 * @param number of the temporary table
 */
export function updateSql({ loss, table }: BackupFile, number: number): string {
  const same = table.key.map((column) => `live.${column} = backup.${column}`).join(' and ');
  return `update ${table.name} as live
set ${loss.column} = backup.${loss.column}
from pg_temp.backup_${number} as backup
where ${same}
returning 1`;
}
