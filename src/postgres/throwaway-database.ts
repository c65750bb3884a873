import { randomBytes } from 'node:crypto';
import { describeTarget, type Target } from './connection/target.js';
import { connectForThrowaway, createDatabase } from './create-database.js';
import pg from './driver/pg.js';
import { queryRows } from './driver/search-path.js';
import { ConnectionError } from './errors/explained-error.js';
import { THROWAWAY_PREFIX as PREFIX } from './throwaway-name.js';
import { parseDatabaseUrl } from './url.js';

/** A database that exists only for a while. */
export interface ThrowawayDatabase {
  /** Its address. */
  readonly url: string;
  readonly target: Target;
  /** Drops it and ends the sessions that use it. May be called again. */
  drop(): Promise<void>;
}

/** Databases of killed processes: older than an hour, without a session, and owned by this role. */
const ABANDONED_DATABASES = `select datname as name
from pg_database
where datname ~ '^${PREFIX}[0-9]{10}_[0-9a-f]+$'
  and to_timestamp(substr(datname, ${PREFIX.length + 1}, 10)::bigint) < now() - interval '1 hour'
  and pg_has_role(datdba, 'member')
  and not exists (select from pg_stat_activity where datid = pg_database.oid)`;

/**
 * Creates a database on the server of an address, and leaves the database of the address alone. Commits in it do not wait
 * for the disk, unless it is to be durable. It also drops throw-away databases that were abandoned more than an hour ago.
 *
 * @param url any database of the server; its user needs the right to create one
 * @param signal drops the database when it aborts, which ends every session in it
 * @param options.isDurable whether commits wait for the disk as in any other database; false by default
 * @throws ConnectionError `create_database_forbidden` if the user lacks that right, with the statement that grants it
 * @example
 * ```ts
 * const database = await createThrowawayDatabase('postgresql://ann:secret@localhost/survey');
 * try {
 *   const connection = await connect(database.target);
 * } finally {
 *   await database.drop();
 * }
 * ```
 */
export async function createThrowawayDatabase(
  url: string,
  signal?: AbortSignal,
  { isDurable = false }: { readonly isDurable?: boolean } = {},
): Promise<ThrowawayDatabase> {
  signal?.throwIfAborted();
  const target = parseDatabaseUrl(url);
  let name = '';
  // The server's clock says when a database is abandoned. The clock of this machine may be hours behind it.
  const nameAt = (second: string): string => {
    name = `${PREFIX}${second.padStart(10, '0')}_${randomBytes(6).toString('hex')}`;
    return name;
  };
  await createDatabase(target, { signal, isThrowaway: true, nameAt }).catch((error: unknown) =>
    Promise.reject(explainForbidden(error, target)),
  );
  const throwaway = { ...target, database: name };
  let dropped: Promise<void> | undefined;
  const drop = (): Promise<void> => {
    dropped ??= withMaintenance(target, async (client) => {
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    });
    return dropped;
  };
  try {
    await withMaintenance(target, async (client) => {
      if (!isDurable)
        await client.query(`alter database ${pg.escapeIdentifier(name)} set synchronous_commit = off`);
      await dropAbandoned(client);
    });
  } catch (error) {
    await drop();
    throw error;
  }
  // The caller also awaits the drop, and gets its error.
  const onAbort = (): void => void drop().catch(() => undefined);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    url: withDatabaseParameter(url, name),
    target: throwaway,
    drop: async () => {
      signal?.removeEventListener('abort', onAbort);
      await drop();
    },
  };
}

/** The address of another database on the same server, for this package: a parameter overrides the path before it. */
export function withDatabaseParameter(url: string, name: string): string {
  const address = url.trim();
  return `${address}${address.includes('?') ? '&' : '?'}dbname=${name}`;
}

async function dropAbandoned(client: pg.Client): Promise<void> {
  for (const { name } of await queryRows<{ name: string }>(client, ABANDONED_DATABASES)) {
    // Another process may drop it at the same time.
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)}`).catch(() => undefined);
  }
}

async function withMaintenance(target: Target, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const { client, close } = await connectForThrowaway(target);
  try {
    await work(client);
  } finally {
    await close();
  }
}

/** Replaces the remedy of `createDatabase`: to create the database with psql does not help here. */
export function explainForbidden(error: unknown, target: Target): unknown {
  if (!(error instanceof ConnectionError) || error.code !== 'create_database_forbidden') return error;
  return new ConnectionError(
    error.code,
    `This role may not create a throw-away database on the server of ${describeTarget(target)}.`,
    {
      remedy: `Ask an administrator to run: alter role ${pg.escapeIdentifier(target.user)} createdb; or set the URL to a server on which the role may create databases.`,
      cause: error.cause,
    },
  );
}
