import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';

// The server reads all files of its time zones for pg_timezone_names, so they are read only if the setting exists.
const READ_UNKNOWN_TIME_ZONE = `select zone
from pg_catalog.pg_db_role_setting
join pg_catalog.pg_database on pg_database.oid = setdatabase
cross join unnest(setconfig) as setting
cross join substr(setting, strpos(setting, '=') + 1) as zone
where setrole = 0
  and datname = current_database()
  and lower(split_part(setting, '=', 1) collate "C") = 'voicesurvey.time_zone'
  and not exists (
    select
    from pg_catalog.pg_timezone_names
    where lower(name collate "C") = lower(zone collate "C")
      and (name = 'UTC' or name like '%/%')
      and name !~ '^(posix|right)/'
  )`;

/**
 * Reads the database setting `voicesurvey.time_zone` if it is not a time zone that rule 3 accepts: UTC, or an
 * Area/Location name of `pg_timezone_names`, which has copies of each zone in `posix` and `right` on some servers. While
 * it is another one, the schema refuses every call.
 *
 * @param client in a transaction that only reads
 * @returns the value of the setting; null if it is accepted or not set
 */
export async function readUnknownTimeZone(client: pg.Client): Promise<string | null> {
  const [row] = await queryRows<{ zone: string }>(client, READ_UNKNOWN_TIME_ZONE);
  return row?.zone ?? null;
}
