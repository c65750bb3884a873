import type { Connection } from '../../postgres/connect.js';
import type pg from '../../postgres/driver/pg.js';
import { readSettingOrigin } from '../../postgres/setting-origin.js';
import { DELETIONS_UNCOUNTED } from './sql-states.js';

const SETTING = 'track_counts';

/** SQL of whether the server does not count the rows that this session deletes. */
const IS_OFF = `not pg_catalog.current_setting('${SETTING}')::pg_catalog.bool`;
const FAIL = `raise exception 'the server does not count deleted rows' using errcode = '${DELETIONS_UNCOUNTED}'`;

/**
 * SQL that makes the server count the rows that the current transaction deletes. Without the right to set that, it fails: the
 * transaction could delete rows without being asked to.
 */
export const COUNT_DELETIONS = `do $count_deletions$
begin
  if ${IS_OFF} then
    perform pg_catalog.set_config('${SETTING}', 'on', true);
  end if;
exception
  when insufficient_privilege then
    ${FAIL};
end
$count_deletions$`;

/** Statement of PL/pgSQL that fails if the statements of the file have ended that. */
export const REQUIRE_COUNTED = `if ${IS_OFF} then
    ${FAIL};
  end if`;

/**
 * Says why deleted rows are not counted, and what to do.
 *
 * @returns undefined for any other error than that of {@link COUNT_DELETIONS} and {@link REQUIRE_COUNTED}
 */
export async function explainUncounted(
  error: pg.DatabaseError,
  { client }: Pick<Connection, 'client'>,
): Promise<{ readonly problem: string; readonly remedy: string } | undefined> {
  if (error.code !== DELETIONS_UNCOUNTED) return undefined;
  const { setBy, fix } = await readSettingOrigin(client, SETTING, 'on');
  return {
    problem: `${setBy} sets ${SETTING} = off, so the server does not count the rows that a migration deletes`,
    remedy: `Ask a superuser to ${fix} Autovacuum needs that setting, too.`,
  };
}
