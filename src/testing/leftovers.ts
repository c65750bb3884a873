import pg from '../postgres/driver/pg.js';
import { queryRows } from '../postgres/driver/search-path.js';
import { CREATED_AT, HAS_OWNER, IS_TEST_DATABASE, OWNER_LOCK } from './names.js';

/** The comment of a database that a failed test left begins with this word. */
export const KEPT = 'Kept';

/** Of dead processes, and those that were kept a day ago. The names are read before the locks. */
const LEFTOVERS = `select datname as name
from pg_database
where ${IS_TEST_DATABASE}
  and pg_has_role(datdba, 'member')
  and case
    when shobj_description(oid, 'pg_database') like '${KEPT}%' then ${CREATED_AT} < now() - interval '1 day'
    else not ${HAS_OWNER}
  end`;

/** Drops the test databases of processes that were killed. Only one process at a time does so; the others go on. */
export async function dropLeftovers(client: pg.Client): Promise<void> {
  const [lock] = await queryRows<{ held: boolean }>(
    client,
    `select pg_try_advisory_lock(${OWNER_LOCK}, 0) as held`,
  );
  if (lock?.held !== true) return;
  try {
    for (const { name } of await queryRows<{ name: string }>(client, LEFTOVERS)) {
      // A session of a service that outlived its test does not keep the database.
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`).catch(() => {});
    }
  } finally {
    await client.query(`select pg_catalog.pg_advisory_unlock(${OWNER_LOCK}, 0)`);
  }
}
