import { type Connection, connect } from '../postgres/connect.js';
import { describeTarget, type Target } from '../postgres/connection/target.js';
import { createDatabase } from '../postgres/create-database.js';
import { ConnectionError } from '../postgres/errors/explained-error.js';
import { explainLostConnection } from '../postgres/lost-connection.js';
import { redactError } from '../postgres/redaction/redact.js';
import { explainStatementError } from '../postgres/statement-errors.js';
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

/** The server of a connection, safe to print. */
export function describeServer({ target, serverVersion }: Connection): Server {
  return { address: describeTarget(target), version: serverVersion.text };
}

/**
 * Opens a connection in pipeline mode, passes it to a function, and closes it when the function has ended.
 *
 * @param options the database, and whether to create it if it is missing
 * @throws ConnectionError if the server cannot be reached or the database does not exist
 * @throws ExplainedError for an error that any statement may meet, such as a missing privilege or a timeout
 * @throws DatabaseError for every other error of the server, redacted
 */
export async function withDatabase<T>(
  { url, create = false }: Database & { readonly create?: boolean | undefined },
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const target = parseDatabaseUrl(url);
  const database = await open(target, create);
  try {
    return await work(database);
  } catch (error) {
    throw (
      explainLostConnection(error, database.connection) ??
      explainStatementError(error) ??
      redactError(error).cause
    );
  } finally {
    await database.connection.close();
  }
}

async function open(target: Target, create: boolean): Promise<OpenDatabase> {
  try {
    return { connection: await connect(target, { pipeline: true }), created: false };
  } catch (error) {
    if (!create || !(error instanceof ConnectionError) || error.code !== 'database_missing') throw error;
    const created = await createDatabase(target);
    return { connection: await connect(target, { pipeline: true }), created };
  }
}
