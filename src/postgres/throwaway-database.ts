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

/** What the names begin with, so that an administrator knows what is left behind by a killed process. */
const PREFIX = 'voicesurvey_throwaway_';

/**
 * Creates a database beside the one that an address names, which is not touched. Its commits do not wait for the disk.
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
  const name = `${PREFIX}${randomBytes(6).toString('hex')}`;
  const throwaway = { ...target, database: name };
  await createDatabase(throwaway).catch((error: unknown) => Promise.reject(explainForbidden(error, target)));
  let dropped: Promise<void> | undefined;
  const drop = (): Promise<void> => {
    dropped ??= run(target, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    return dropped;
  };
  try {
    await run(target, `alter database ${pg.escapeIdentifier(name)} set synchronous_commit = off`);
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

async function run(target: Target, sql: string): Promise<void> {
  const connection = await connectForMaintenance(target);
  try {
    await connection.client.query(sql);
  } finally {
    await connection.close();
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
