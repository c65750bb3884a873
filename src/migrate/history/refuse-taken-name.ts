import type { MigrationSet } from '../../catalog/migration-set.js';
import { isOfSet } from '../../catalog/set-scope.js';
import { FIRST_USER_OID } from '../../catalog/snapshot/sql-fragments.js';
import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { call, remedy } from '../../text/remedy.js';
import { SET_FILE } from '../files/read-set.js';
import { HistoryError } from './errors.js';
import { hasRows } from './row-sql.js';

/**
 * Refuses the first run of a set whose name is the beginning of another set's index or trigger: from then on, that object would
 * count as one of this set, and no longer as one of the other.
 *
 * @throws HistoryError `set_name_taken`
 */
export async function refuseTakenName(client: pg.Client, set: MigrationSet): Promise<void> {
  if (set.name === null) return;
  const isTaken = (name: string): string =>
    `starts_with(${name}, '${set.name}_') and not ${isOfSet('nspname', `'${set.name}'`)}`;
  const [taken] = await queryRows<{ object: string }>(
    client,
    `select pg_describe_object(class, oid, 0) as object
from (
  select 'pg_class'::regclass as class, pg_class.oid
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('i', 'I')
    and pg_class.oid >= ${FIRST_USER_OID}
    and ${isTaken('relname')}
    and not exists (select from pg_constraint where conindid = pg_class.oid)
  union all
  select 'pg_trigger'::regclass, pg_trigger.oid
  from pg_trigger
  join pg_class on pg_class.oid = tgrelid
  join pg_namespace on pg_namespace.oid = relnamespace
  where not tgisinternal and ${isTaken('tgname')}
) as taken
limit 1`,
  );
  if (taken === undefined) return;
  // A run of the same set may have committed since this one read that the history is empty.
  if (await hasHistory(client, set)) return;
  throw new HistoryError(
    'set_name_taken',
    `The name of the set ${set.name} is the beginning of ${taken.object}, which was there before the set.`,
    {
      remedy: remedy`Choose another name in ${SET_FILE}. If the object belongs to this set, because the database has its objects already, adopt them with ${call('baseline', { version: '<version>' })}.`,
    },
  );
}

async function hasHistory(client: pg.Client, set: MigrationSet): Promise<boolean> {
  const [table] = await queryRows<{ exists: boolean }>(
    client,
    `select to_regclass('${set.historyTable}') is not null as exists`,
  );
  if (table?.exists !== true) return false;
  const [row] = await queryRows<{ exists: boolean }>(client, `select ${hasRows(set)} as exists`);
  return row?.exists === true;
}
