import { type Database, withDatabase } from '../migrate/database.js';
import { queryAll, queryRows, SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import { liftTimeouts } from '../postgres/timeouts.js';

/** The advisory lock of a run. The number is the letters `vsrlseed` in ASCII. */
const LOCK_KEY = 8_535_291_528_915_281_252n;

const FIND_HOLDER = `select l.pid
from pg_catalog.pg_locks as l
where l.locktype = 'advisory'
  and l.objsubid = 1
  and l.classid = ${LOCK_KEY >> 32n}
  and l.objid = ${LOCK_KEY & 0xffff_ffffn}
  and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
  and l.granted`;

/**
 * Does work while no other session adds synthetic contacts to the database. Two runs would plan the same campaigns, and one
 * of them would fail part-way.
 *
 * The lock belongs to a transaction of a separate connection, so that it holds behind a transaction pooler. That transaction
 * keeps no snapshot.
 *
 * @throws ExplainedError `seed_running` if another session does
 */
export async function withSyntheticLock<Result>(
  { url, signal }: Database & { readonly signal?: AbortSignal | undefined },
  work: () => Promise<Result>,
): Promise<Result> {
  return withDatabase({ url, signal }, async ({ connection: { client, serverVersion } }) => {
    const answers = await queryAll<{ held?: boolean }>(
      client,
      `begin isolation level read committed; ${SYSTEM_NAMES_ONLY}; ${liftTimeouts(serverVersion.number)};
       select pg_catalog.pg_try_advisory_xact_lock(${LOCK_KEY}) as held`,
    );
    if (answers.at(-1)?.rows[0]?.held === true) return work();
    await client.query('rollback');
    const [holder] = await queryRows<{ pid: number }>(client, FIND_HOLDER);
    throw runningError(holder?.pid);
  });
}

function runningError(pid: number | undefined): ExplainedError {
  const holder = pid === undefined ? '' : ` (server process ${pid})`;
  return new ExplainedError(
    'seed_running',
    `Another session${holder} adds synthetic contacts to this database, so nothing was added.`,
    { remedy: 'Wait until it has ended, and run the command again: it adds what is missing then.' },
  );
}
