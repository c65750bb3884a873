import pg from './driver/pg.js';
import { ExplainedError } from './errors/explained-error.js';

/** The SQLSTATE of a session in which triggers do not fire and cannot be made to. */
const TRIGGERS_OFF = 'VS005';

/**
 * SQL that makes triggers and foreign keys fire in the current transaction, although the database or the role sets
 * `session_replication_role = replica`. Without the right to set it, it fails: rows would be written that no rule has checked.
 */
export const TRIGGERS_ON = triggersOn(true);

/** The same for the session. */
export const TRIGGERS_ON_IN_SESSION = triggersOn(false);

function triggersOn(isLocal: boolean): string {
  return `do $triggers_on$
begin
  if pg_catalog.current_setting('session_replication_role') operator(pg_catalog.=) 'replica' then
    begin
      perform pg_catalog.set_config('session_replication_role', 'origin', ${isLocal});
    exception
      when insufficient_privilege then
        raise exception 'triggers do not fire in this session' using errcode = '${TRIGGERS_OFF}';
    end;
  end if;
end
$triggers_on$`;
}

/** Explains the error of {@link TRIGGERS_ON}; undefined for any other error. */
export function explainTriggersOff(error: unknown): ExplainedError | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code !== TRIGGERS_OFF) return undefined;
  return new ExplainedError(
    'triggers_off',
    'The database, the role or the server sets session_replication_role = replica, so that no trigger fires and no foreign key is checked, and this role may not change that.',
    {
      remedy:
        'Ask a superuser to run: alter database <database> reset session_replication_role; or the same for the role: alter role <role> reset session_replication_role; or, if the server sets it for all: alter system reset session_replication_role; select pg_reload_conf();',
      cause: error,
    },
  );
}
