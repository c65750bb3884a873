import { cancelOnAbort } from '../postgres/cancel-on-abort.js';
import { type Connection, connect } from '../postgres/connect.js';
import { describeTarget, type Target } from '../postgres/connection/target.js';
import { ConnectionError, ExplainedError } from '../postgres/errors/explained-error.js';
import { explainReadOnly } from '../postgres/read-only.js';
import { NOT_REPLICATED, REPLICATION_REMEDY, watchReplication } from '../postgres/replication.js';
import { parseDatabaseUrl } from '../postgres/url.js';

/** The database to work on. */
export interface Database {
  /** Its address: `postgresql://user:password@host:5432/database`. */
  readonly url: string;
}

/** The server of a call, as every result names it. */
export interface Server {
  /** The address without its password. */
  readonly address: string;
  /** The version of PostgreSQL: `15.18`. */
  readonly version: string;
}

/** An open connection, and whether the database was created for it. */
export interface OpenDatabase {
  readonly connection: Connection;
  readonly created: boolean;
}

/** How {@link withDatabase} opens a database. */
interface OpenOptions {
  /** Whether to create it if it is missing; false by default. */
  readonly create?: boolean | undefined;
  /** Interrupts the work. */
  readonly signal?: AbortSignal | undefined;
}

/** The server of a connection, safe to print. */
export function describeServer({
  target,
  serverVersion,
}: Pick<Connection, 'target' | 'serverVersion'>): Server {
  return { address: describeTarget(target), version: serverVersion.text };
}

/**
 * Opens a connection in pipeline mode, passes it to a function, and closes it when the function has ended. When the signal is
 * aborted, it gives up the login, or cancels the current statement of the connection until the function has ended.
 *
 * @param options the database, whether to create it if it is missing, and the signal that interrupts the work
 * @throws ConnectionError if the server cannot be reached or the database does not exist
 * @throws ExplainedError for an error that any statement may meet, such as a missing privilege or a timeout; `standby` or
 *   `read_only` for a write that the server refuses; `not_replicated` if a commit was not confirmed by the synchronous
 *   standby; `interrupted`
 * @throws DatabaseError for every other error of the server, redacted
 */
export async function withDatabase<T>(
  { url, create = false, signal }: Database & OpenOptions,
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const target = parseDatabaseUrl(url);
  const database = await open(target, create, signal);
  const { connection } = database;
  const replication = watchReplication(connection.client);
  const cancellation = cancelOnAbort(signal, connection);
  try {
    const result = await work(database);
    if (replication.wasCanceled()) throw notReplicatedError();
    return result;
  } catch (error) {
    if (replication.wasCanceled()) throw notReplicatedError();
    const [{ explainQueryError }, { nameActingRole }] = await Promise.all([
      import('../postgres/query-errors.js'),
      import('../postgres/acting-role.js'),
    ]);
    const explained =
      (await explainReadOnly(error, connection)) ?? explainQueryError(error, connection, signal);
    await nameActingRole(explained, connection);
    throw explained;
  } finally {
    await cancellation.done();
    await connection.close();
  }
}

/** The error of a change that its synchronous standby may lack. */
export function notReplicatedError(): ExplainedError {
  return new ExplainedError('not_replicated', `The change is ${NOT_REPLICATED}.`, {
    remedy: REPLICATION_REMEDY,
  });
}

async function open(target: Target, create: boolean, signal: AbortSignal | undefined): Promise<OpenDatabase> {
  const options = { pipeline: true, signal };
  try {
    return { connection: await connect(target, options), created: false };
  } catch (error) {
    if (!create || !(error instanceof ConnectionError) || error.code !== 'database_missing') throw error;
    const { createDatabase } = await import('../postgres/create-database.js');
    const created = await createDatabase(target, { signal });
    return { connection: await connect(target, options), created };
  }
}
