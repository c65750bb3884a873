import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';

/** A place that sets `session_replication_role`, in words. */
export interface ReplicationRole {
  readonly where: string;
  readonly value: string;
}

const READ = `select
  case
    when setrole = 0 then 'the database'
    when setdatabase = 0 then 'role ' || pg_get_userbyid(setrole)
    else 'role ' || pg_get_userbyid(setrole) || ' in this database'
  end as where,
  substr(setting, strpos(setting, '=') + 1) as value
from pg_db_role_setting
cross join unnest(setconfig) as setting
where lower(split_part(setting, '=', 1)) = 'session_replication_role'
  and lower(substr(setting, strpos(setting, '=') + 1)) = 'replica'
  and setdatabase in (0, (select oid from pg_database where datname = current_database()))
union all
select 'the server', setting from pg_settings
where name = 'session_replication_role' and setting = 'replica' and source in ('configuration file', 'command line')
union all
select 'this session alone', setting from pg_settings
where name = 'session_replication_role'
  and setting <> 'replica'
  and source in ('user', 'database user', 'client')
order by 1`;

/**
 * Reads where `session_replication_role` is `replica`, so that in those sessions no trigger fires and no foreign key is checked.
 * With `local`, all fire as with `origin`. A setting of this session itself hides what the server sets for the others.
 */
export function readReplicationRoles(client: pg.Client): Promise<readonly ReplicationRole[]> {
  return queryRows<ReplicationRole>(client, READ);
}
