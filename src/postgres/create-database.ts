import { type Connection, connect } from './connect.js';
import { explainLostConnection } from './connection-errors.js';
import { ConnectionError } from './errors.js';
import pg from './pg.js';
import { DUPLICATE_DATABASE, INSUFFICIENT_PRIVILEGE, UNIQUE_VIOLATION } from './sql-states.js';
import { describeTarget, type Target } from './target.js';

/** Databases to connect to while the one that is wanted does not exist; one of them is on every server. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];
/** Codes of errors after which another maintenance database may do. */
const DATABASE_CODES = [
  'database_missing',
  'pooler_database_missing',
  'database_forbidden',
  'connection_not_allowed',
];
/** "duplicate database", and what the loser of a race between two creators gets. */
const MADE_BY_ANOTHER = [DUPLICATE_DATABASE, UNIQUE_VIOLATION];

/**
 * Creates the database that a target names, in UTF-8, unless it is there. Several may do so at once.
 *
 * @param target the database to create; its user needs the right to create one, and to connect to the database
 *   `postgres` or `template1`
 * @returns true if it was created, false if it was there or somebody else created it at the same time
 * @throws ConnectionError if the server cannot be reached or refuses
 * @example
 * ```ts
 * const target = parseDatabaseUrl('postgresql://ann:secret@localhost/survey');
 * if (await createDatabase(target)) console.log('created');
 * const connection = await connect(target);
 * ```
 */
export async function createDatabase(target: Target): Promise<boolean> {
  const connection = await connectForMaintenance(target);
  try {
    const { rows } = await connection.client.query<{ exists: boolean; template_is_utf8: boolean }>(
      `select exists (select from pg_database where datname = $1) as "exists",
              pg_encoding_to_char(encoding) = 'UTF8' as template_is_utf8
       from pg_database where datname = 'template1'`,
      [target.database],
    );
    if (rows[0]?.exists) return false;
    // template1 may hold what an administrator wants in every database; its encoding cannot be changed.
    const template = rows[0]?.template_is_utf8 ? '' : " encoding 'UTF8' template template0";
    await connection.client.query(`create database ${pg.escapeIdentifier(target.database)}${template}`);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && MADE_BY_ANOTHER.includes(error.code ?? '')) return false;
    throw explainLostConnection(error, connection) ?? explainCreation(error, target);
  } finally {
    await connection.close();
  }
}

/** Connects to a database of the server that is there whichever others are. */
export async function connectForMaintenance(target: Target): Promise<Connection> {
  let first: unknown;
  for (const database of MAINTENANCE_DATABASES) {
    try {
      return await connect({ ...target, database });
    } catch (error) {
      if (!(error instanceof ConnectionError) || !DATABASE_CODES.includes(error.code)) throw error;
      first ??= error;
    }
  }
  throw first;
}

function explainCreation(error: unknown, target: Target): ConnectionError {
  const where = describeTarget(target);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE) {
    return new ConnectionError('create_database_forbidden', `${where} cannot be created: ${message}.`, {
      remedy: `Let an administrator run: alter role ${pg.escapeIdentifier(target.user)} createdb; or create the database: create database ${pg.escapeIdentifier(target.database)} owner ${pg.escapeIdentifier(target.user)};`,
      cause: error,
    });
  }
  return new ConnectionError('create_database_failed', `${where} cannot be created: ${message}.`, {
    remedy: 'Cure what PostgreSQL says there, or create the database by hand.',
    cause: error,
  });
}
