import { randomBytes } from 'node:crypto';

const PREFIX = 'voicesurvey_test_';

/** The first key of the advisory locks that processes hold, each with its own second key. */
export const OWNER_LOCK = 0x7465_7374;

/**
 * The name of a test database: the second of its creation as ten digits, the owner, a random number. Its owner is the process
 * that holds the advisory lock with that key.
 */
export function newDatabaseName(owner: number): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `${PREFIX}${seconds}_${owner.toString(16).padStart(8, '0')}_${randomBytes(4).toString('hex')}`;
}

const PATTERN = `^${PREFIX}[0-9]{10}(_[0-9a-f]{8}){2}$`;

/** Whether a name is that of a test database. */
export function isDatabaseName(name: string): boolean {
  return new RegExp(PATTERN).test(name);
}

/** SQL: whether `datname` is the name of a test database. */
export const IS_TEST_DATABASE = `datname ~ '${PATTERN}'`;

/** SQL: when the test database `datname` was created. */
export const CREATED_AT = `to_timestamp(substr(datname, ${PREFIX.length + 1}, 10)::bigint)`;

/** SQL: whether the process that created the test database `datname` is alive. */
export const HAS_OWNER = `exists (
    select
    from pg_locks
    where locktype = 'advisory'
      and classid = ${OWNER_LOCK}
      and objsubid = 2
      and objid::bigint = ('x' || substr(datname, ${PREFIX.length + 12}, 8))::bit(32)::bigint
  )`;
