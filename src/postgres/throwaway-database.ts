import { randomBytes } from 'node:crypto';
import { connectForMaintenance, createDatabase } from './create-database.js';
import { ConnectionError } from './errors.js';
import pg from './pg.js';
import { describeTarget, type Target } from './target.js';
import { parseDatabaseUrl } from './url.js';

/** A database that exists for a while only. */
export interface ThrowawayDatabase {
  /** Its address. */
  readonly url: string;
  readonly target: Target;
  /** Drops it, whoever is connected. Can be called again. */
  drop(): Promise<void>;
}

/** What the names begin with; the second of their creation follows, in ten digits. */
const PREFIX = 'voicesurvey_throwaway_';

/** What killed processes have left: old, nobody is connected to it, and this role may drop it. */
const LEFT_BEHIND = `select datname as name
from pg_database
where datname ~ '^${PREFIX}[0-9]{10}_[0-9a-f]+$'
  and to_timestamp(substr(datname, ${PREFIX.length + 1}, 10)::bigint) < now() - interval '1 hour'
  and pg_has_role(datdba, 'member')
  and not exists (select from pg_stat_activity where datid = pg_database.oid)`;

/**
 * Creates a database beside the one that an address names, which is not touched. Its commits do not wait for the disk.
 * What a process that was killed an hour ago or earlier has left behind is dropped on this occasion.
 *
 * @param url any database of the server; its user needs the right to create one
 * @throws ConnectionError `create_database_forbidden` where it has not, with the statement that grants it
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
export async function createThrowawayDatabase(url: string): Promise<ThrowawayDatabase> {
  const target = parseDatabaseUrl(url);
  const name = `${PREFIX}${Math.floor(Date.now() / 1000)}_${randomBytes(6).toString('hex')}`;
  const throwaway = { ...target, database: name };
  await createDatabase(throwaway).catch((error: unknown) => Promise.reject(explainForbidden(error, target)));
  let dropped: Promise<void> | undefined;
  const drop = (): Promise<void> => {
    dropped ??= withClient(target, async (client) => {
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    });
    return dropped;
  };
  try {
    await withClient(target, async (client) => {
      await client.query(`alter database ${pg.escapeIdentifier(name)} set synchronous_commit = off`);
      await dropLeftBehind(client);
    });
  } catch (error) {
    await drop();
    throw error;
  }
  return { url: withDatabase(url, name), target: throwaway, drop };
}

/** Parameters of an address win over what stands before them. */
function withDatabase(url: string, name: string): string {
  const address = url.trim();
  return `${address}${address.includes('?') ? '&' : '?'}dbname=${name}`;
}

async function dropLeftBehind(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(LEFT_BEHIND);
  for (const { name } of rows) {
    // Another process may be at it, too.
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)}`).catch(() => undefined);
  }
}

async function withClient(target: Target, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const { client, close } = await connectForMaintenance(target);
  try {
    await work(client);
  } finally {
    await close();
  }
}

/** To create the database by hand, which helps elsewhere, is of no use here. */
function explainForbidden(error: unknown, target: Target): unknown {
  if (!(error instanceof ConnectionError) || error.code !== 'create_database_forbidden') return error;
  return new ConnectionError(
    error.code,
    `${describeTarget(target)}: this role may not create the throw-away database that is needed here.`,
    {
      remedy: `Let an administrator run: alter role ${pg.escapeIdentifier(target.user)} createdb; or name a server where it may.`,
      cause: error.cause,
    },
  );
}
