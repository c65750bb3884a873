import type { Connection } from './connect.js';
import { queryRows } from './driver/search-path.js';
import { addToRemedy, ExplainedError } from './errors/explained-error.js';
import { INSUFFICIENT_PRIVILEGE, sqlStateOf } from './errors/sql-states.js';
import { originOfSetting, type SettingSource } from './setting-origin.js';

/** The setting that makes a session act as another role. `pg_settings` leaves it out. */
const SETTING = 'role';

/** The session's two roles, and what has set the setting; `client` if nothing in the catalog has. */
const READ = `select session_user as role, current_user as acting, pg_catalog.current_database() as database,
  coalesce(
    (
      select case
          when setrole = 0 then case setdatabase when 0 then 'global' else 'database' end
          when setdatabase = 0 then 'user'
          else 'database user'
        end
      from pg_db_role_setting
      where setdatabase in (0, (select oid from pg_database where datname = pg_catalog.current_database()))
        and (setrole = 0 or setrole = (select oid from pg_roles where rolname = session_user))
        and exists (select from pg_catalog.unnest(setconfig) as setting where setting like '${SETTING}=%')
      order by setrole = 0, setdatabase = 0
      limit 1
    ),
    'client'
  ) as source
where current_user <> session_user`;

/**
 * Says in the remedy for a missing privilege that a setting makes the session act as another role than the one that logged
 * in: the address names only the latter. Ends the transaction of the connection.
 *
 * @param error what work failed with; any other error stays as it is
 */
export async function nameActingRole(error: unknown, { client }: Pick<Connection, 'client'>): Promise<void> {
  if (!(error instanceof ExplainedError) || sqlStateOf(error.cause) !== INSUFFICIENT_PRIVILEGE) return;
  await client.query('rollback').catch(() => undefined);
  const [roles] = await queryRows<SettingSource & { readonly acting: string }>(client, READ).catch(() => []);
  if (roles === undefined) return;
  const { setBy, fix } = originOfSetting(SETTING, roles);
  addToRemedy(
    error,
    `This session logged in as ${roles.role} and acts as ${roles.acting}, since ${setBy} sets the role. If it should not, ${fix}`,
  );
}
