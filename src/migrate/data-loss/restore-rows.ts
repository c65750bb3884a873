import { DEFAULT_SET } from '../../catalog/migration-set.js';
import { unquote } from '../../catalog/names.js';
import pg from '../../postgres/driver/pg.js';
import type { BackupFile } from './backup-file.js';
import { readBackSql } from './count.js';

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

/** The setting with which a restore also replaces the values that rows have by then. */
export const REPLACE = `${DEFAULT_SET.historySchema}.replace`;

/**
 * SQL that notes the rows whose value a restore keeps: it differs from the backup, and a session or a migration has written
 * it. A value is free to be replaced if it is null, if it is what the row got when the column was added, or if the
 * change of the type has made it of the value in the backup.
 *
 * @param number of the temporary table
 */
export function keptSql({ loss, table }: BackupFile, number: number): string {
  const { kind, column, oldType, newType, timeZone } = loss;
  const name = pg.escapeLiteral(unquote(column ?? ''));
  const added = `(
    select (attmissingval::text::text[])[1] from pg_catalog.pg_attribute
    where attrelid = live.tableoid and attname = ${name}
  )`;
  // A type with a schema may not exist any more.
  const isConverted = kind === 'type' && newType !== null && !/["'.]/.test(`${oldType}${newType}`);
  const free = [
    ...(kind === 'column' ? [added] : []),
    ...(isConverted ? [`${readBackSql(`backup.${column}`, `${oldType}`, newType, timeZone)}::text`] : []),
  ];
  return `create temporary table kept_${number} on commit drop as
select ${table.key.map((key) => `live.${key}`).join(', ')}
from ${table.name} as live
join pg_temp.backup_${number} as backup on ${sameRow('backup', table.key)}
where live.${column}::text is distinct from backup.${column}::text
  and not (live.${column} is null)
${free.map((value) => `  and live.${column}::text is distinct from ${value}\n`).join('')}  and coalesce(pg_catalog.current_setting('${REPLACE}', true), '') <> 'on';`;
}

/**
 * SQL that writes the values of a temporary table to the rows with the same primary key, except those of `keptSql`.
 *
 * @param number of the temporary table
 */
export function updateSql({ loss, table }: BackupFile, number: number): string {
  const { column } = loss;
  return `update ${table.name} as live
set ${column} = backup.${column}
from pg_temp.backup_${number} as backup
where ${sameRow('backup', table.key)}
  and live.${column}::text is distinct from backup.${column}::text
  and not exists (select from pg_temp.kept_${number} as kept where ${sameRow('kept', table.key)})
returning 1`;
}

/** SQL of the keys of the first kept rows, as an array: only keys that are numbers or uuids, which are no personal data. */
export function keptKeysSql({ table: { key } }: BackupFile, number: number): string {
  if (key.length !== 1) return NO_KEYS;
  return `array(
    select key::text from (select ${key[0]} as key from pg_temp.kept_${number} order by 1 limit ${MAX_KEYS}) as first
    where pg_catalog.pg_typeof(key)::text in ('uuid', 'bigint', 'integer', 'smallint')
  )`;
}

/** SQL of an empty array of keys. */
export const NO_KEYS = 'array[]::text[]';

const MAX_KEYS = 20;

function sameRow(other: string, key: readonly string[]): string {
  return key.map((column) => `live.${column} = ${other}.${column}`).join(' and ');
}
