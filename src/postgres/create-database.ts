import { withAnswerLimit } from './answer-limit.js';
import { cancelOnAbort } from './cancel-on-abort.js';
import { type Connection, connect } from './connect.js';
import { describeTarget, type Target } from './connection/target.js';
import pg from './driver/pg.js';
import { queryRows } from './driver/search-path.js';
import { ConnectionError } from './errors/explained-error.js';
import { interruptedError } from './errors/interrupted-error.js';
import {
  DUPLICATE_DATABASE,
  INSUFFICIENT_PRIVILEGE,
  sqlStateOf,
  UNIQUE_VIOLATION,
} from './errors/sql-states.js';
import { explainLostConnection } from './lost-connection.js';
import { explainQueryError } from './query-errors.js';
import { explainReadOnly } from './read-only.js';
import { knownTextOf } from './redaction/known-text.js';
import { redactError } from './redaction/redact.js';
import { liftTimeouts } from './timeouts.js';

/** Databases to connect to while the one that is wanted does not exist. Every server has at least one of them. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];
/** Codes of errors that another maintenance database may not have. */
const DATABASE_CODES = [
  'database_missing',
  'pooler_database_missing',
  'database_forbidden',
  'connection_not_allowed',
];
/** The server's answers to the loser of a race between two sessions that create the same database. */
const ALREADY_CREATED = [DUPLICATE_DATABASE, UNIQUE_VIOLATION];

interface CreationOptions {
  readonly signal?: AbortSignal | undefined;
  readonly isThrowaway?: boolean;
  readonly nameAt?: (second: string) => string;
}

/**
 * Creates the database that a target names, encoded in UTF-8, unless it exists. Concurrent calls are safe.
 *
 * @param target the database to create; its user needs the right to create one, and to connect to the database
 *   `postgres` or `template1`
 * @param options.signal cancels the creation
 * @param options.isThrowaway does not wait until a synchronous standby has the database
 * @param options.nameAt makes the name of a new database from the second at the server's clock, since 1970; by default, it has
 *   the name in the target
 * @returns true if this call created it; false if it existed, or another session created it at the same time
 * @throws ConnectionError if the server cannot be reached or refuses
 * @throws ExplainedError `standby`, `read_only`
 * @example
 * ```ts
 * const target = parseDatabaseUrl('postgresql://ann:secret@localhost/survey');
 * if (await createDatabase(target)) console.log('created');
 * const connection = await connect(target);
 * ```
 */
export async function createDatabase(
  target: Target,
  { signal, isThrowaway = false, nameAt }: CreationOptions = {},
): Promise<boolean> {
  const connect = isThrowaway ? connectForThrowaway : connectForMaintenance;
  const connection = await connect(target, signal);
  const cancellation = cancelOnAbort(signal, connection);
  let name = target.database;
  try {
    const rows = await withAnswerLimit(connection, () =>
      queryRows<{ exists: boolean; template_is_utf8: boolean; second: string }>(
        connection.client,
        `select exists (select from pg_database where datname = ${pg.escapeLiteral(target.database)}) as "exists",
              exists (
                select from pg_database where datname = 'template1' and pg_encoding_to_char(encoding) = 'UTF8'
              ) as template_is_utf8,
              floor(extract(epoch from now()))::bigint::text as second`,
      ),
    );
    if (rows[0]?.exists && nameAt === undefined) return false;
    name = nameAt?.(rows[0]?.second ?? '') ?? name;
    // template1 may hold what an administrator wants in every database, but a copy of it keeps its encoding.
    const template = rows[0]?.template_is_utf8 ? '' : " encoding 'UTF8' template template0";
    await connection.client.query(`create database ${pg.escapeIdentifier(name)}${template}`);
    return true;
  } catch (error) {
    if (ALREADY_CREATED.includes(sqlStateOf(error) ?? '')) return false;
    const created = { ...target, database: name };
    if (signal?.aborted) throw interruptedError(`before ${describeTarget(created)} was created`);
    throw (
      explainLostConnection(error, connection) ??
      (await explainReadOnly(error, connection)) ??
      explainCreation(error, created)
    );
  } finally {
    await cancellation.done();
    await connection.close();
  }
}

/** Connects to a database that exists on every server, whatever database the target names. */
export async function connectForMaintenance(target: Target, signal?: AbortSignal): Promise<Connection> {
  let firstError: unknown;
  for (const database of MAINTENANCE_DATABASES) {
    try {
      return await connect({ ...target, database }, { signal });
    } catch (error) {
      if (!(error instanceof ConnectionError) || !DATABASE_CODES.includes(error.code)) throw error;
      firstError ??= error;
    }
  }
  throw firstError;
}

/**
 * {@link connectForMaintenance}, to create or drop a throw-away database: no commit waits for a synchronous standby, which may
 * be gone, and no timeout of the role ends the work, which would leave the database. A pooler would pass these settings on to
 * the sessions of other clients, so behind a pooler, they stay.
 */
export async function connectForThrowaway(target: Target, signal?: AbortSignal): Promise<Connection> {
  const connection = await connectForMaintenance(target, signal);
  const { client, reportedPid, serverVersion } = connection;
  try {
    const [row] = await queryRows<{ pid: number }>(client, 'select pg_catalog.pg_backend_pid() as pid');
    if (row?.pid === reportedPid) {
      await client.query(
        `set synchronous_commit = local;\nset idle_session_timeout = 0;\n${liftTimeouts(serverVersion.number, 'set')}`,
      );
    }
    return connection;
  } catch (error) {
    await connection.close();
    throw explainQueryError(error, connection, signal);
  }
}

/** Explains the error of a statement that creates a database. */
export function explainCreation(error: unknown, target: Target): ConnectionError {
  const shown = redactError(error, knownTextOf(`${target.user} ${target.database}`));
  const message = `${describeTarget(target)} could not be created: ${shown.message}.`;
  if (sqlStateOf(error) === INSUFFICIENT_PRIVILEGE) {
    const [user, database] = [target.user, target.database].map((name) => pg.escapeIdentifier(name));
    return new ConnectionError('create_database_forbidden', message, {
      remedy: `Ask an administrator to run: alter role ${user} createdb; or create the database: create database ${database} owner ${user};`,
      cause: shown.cause,
    });
  }
  return new ConnectionError('create_database_failed', message, {
    remedy: 'Fix what the server reports, or create the database with psql.',
    cause: shown.cause,
  });
}
