import pg from './driver/pg.js';
import { queryRows } from './driver/search-path.js';

/** What has set a setting of a session. */
export interface SettingSource {
  /** As in `pg_settings`: `database`, `user`, `client`, … */
  readonly source: string;
  readonly database: string;
  /** The role of the session. */
  readonly role: string;
}

/** What has set a setting, in words, and how to reset it. */
export interface SettingOrigin {
  readonly setBy: string;
  readonly fix: string;
}

/**
 * Describes what has set a setting, and how to reset it there.
 *
 * @param value the value that corrects it in the configuration of the server; the setting's default if not given
 */
export function originOfSetting(
  setting: string,
  { source, database, role }: SettingSource,
  value = 'default',
): SettingOrigin {
  const inDatabase = pg.escapeIdentifier(database);
  const ofRole = pg.escapeIdentifier(role);
  switch (source) {
    case 'database':
      return { setBy: 'the database', fix: `run: alter database ${inDatabase} reset ${setting};` };
    case 'user':
      return { setBy: `the role ${ofRole}`, fix: `run: alter role ${ofRole} reset ${setting};` };
    case 'database user':
      return {
        setBy: `the role ${ofRole} in this database`,
        fix: `run: alter role ${ofRole} in database ${inDatabase} reset ${setting};`,
      };
    case 'global':
      return { setBy: 'a setting of all roles', fix: `run: alter role all reset ${setting};` };
    case 'client':
      return {
        setBy: 'this connection',
        fix: `remove ${setting} from PGOPTIONS or from the options of the URL.`,
      };
    default:
      return {
        setBy: 'the server',
        fix: `run: alter system set ${setting} = ${value}; select pg_reload_conf();`,
      };
  }
}

/**
 * Finds out what has set a setting of this session.
 *
 * @param client outside of a failed transaction
 * @param value the value that corrects it
 * @returns a description without names if the server does not say
 */
export async function readSettingOrigin(
  client: pg.Client,
  setting: string,
  value: string,
): Promise<SettingOrigin> {
  const [found] = await queryRows<SettingSource>(
    client,
    `select source, pg_catalog.current_database() as database, session_user as role
     from pg_catalog.pg_settings
     where name = '${setting}'`,
  ).catch(() => []);
  return found === undefined
    ? { setBy: 'a setting', fix: `set ${setting} = ${value}.` }
    : originOfSetting(setting, found, value);
}
