import { type Database, notReplicatedError } from '../../migrate/database.js';
import { type ProductObjects, refuseForeignSchema } from '../../migrate/foreign-schema.js';
import { nameActingRole } from '../../postgres/acting-role.js';
import { cancelOnAbort } from '../../postgres/cancel-on-abort.js';
import { type Connection, connect } from '../../postgres/connect.js';
import { describeTarget } from '../../postgres/connection/target.js';
import pg from '../../postgres/driver/pg.js';
import { ConnectionError, UsageError } from '../../postgres/errors/explained-error.js';
import { explainQueryError } from '../../postgres/query-errors.js';
import { explainReadOnly } from '../../postgres/read-only.js';
import { watchReplication } from '../../postgres/replication.js';
import { checkServerVersion } from '../../postgres/server-version.js';
import { parseDatabaseUrl } from '../../postgres/url.js';
import { explainApiError } from '../errors/api-errors.js';

/** A connected client of `pg` without an open transaction, or a pool. */
export interface ClientOfCaller {
  readonly client: pg.ClientBase | pg.Pool;
  readonly url?: undefined;
}

/** The database to work on: its address, or a client or a pool of `pg`. */
export type DatabaseOrClient = (Database & { readonly client?: undefined }) | ClientOfCaller;

/** The functions and views that lists use. Below them, they run with the rights of their owner. */
const API: ProductObjects = { schemas: ['voicesurvey', 'voicesurvey_rules'], tables: [] };

/** What work on a list needs of a connection. */
export type Session = Pick<Connection, 'client' | 'target' | 'serverVersion'>;

/** The names of the options that {@link checkOptions} requires for the database. */
export function databaseOption(options: unknown): readonly string[] {
  const hasClient =
    typeof options === 'object' && options !== null && Reflect.get(options, 'client') !== undefined;
  return hasClient ? [] : ['url'];
}

/**
 * Runs work on one session. With a client of the caller, a signal has an effect between two statements only: a statement is
 * canceled on a second connection, and the caller's client does not have its password.
 *
 * @param streamsRows whether the work passes rows on and does not hold them
 * @throws UsageError `bad_argument`
 * @throws ExplainedError for an error that any statement may meet, and for those of the API
 */
export async function withSession<T>(
  options: DatabaseOrClient & { readonly signal?: AbortSignal | undefined },
  streamsRows: boolean,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  if (options.client !== undefined) return withClient(options.client, signal, work);
  const target = parseDatabaseUrl(options.url);
  const connection = await connect(target, { pipeline: !streamsRows, streamsRows, signal });
  const cancellation = cancelOnAbort(signal, connection);
  try {
    return await runWork(connection, connection.disconnectError, signal, work);
  } finally {
    await cancellation.done();
    await connection.close();
  }
}

async function withClient<T>(
  given: pg.ClientBase | pg.Pool,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  if (typeof given?.query !== 'function') {
    throw new UsageError('bad_argument', 'The option client is neither a client nor a pool of pg.', {
      remedy: 'Pass a pg.Client that is connected, a pg.Pool, or a url.',
    });
  }
  const pooled: pg.PoolClient | undefined = 'idleCount' in given ? await given.connect() : undefined;
  const client = (pooled ?? given) as pg.Client;
  // A pool listens to its idle clients only, and a lost connection would end the process. The queries report it.
  const ignore = (): void => {};
  pooled?.on('error', ignore);
  let isLost = false;
  try {
    const target = targetOf(client);
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    const serverVersion = checkServerVersion(rows[0]?.server_version, describeTarget(target));
    return await runWork({ client, target, serverVersion }, () => undefined, signal, work);
  } catch (error) {
    isLost = error instanceof ConnectionError;
    throw error;
  } finally {
    pooled?.off('error', ignore);
    pooled?.release(isLost);
  }
}

async function runWork<T>(
  session: Session,
  disconnectError: () => Error | undefined,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const replication = watchReplication(session.client);
  try {
    await refuseForeignSchema(session.client, API);
    const result = await work(session);
    if (replication.wasCanceled()) throw notReplicatedError();
    return result;
  } catch (error) {
    if (replication.wasCanceled()) throw notReplicatedError();
    const explained = explainApiError(asDatabaseError(error));
    const known =
      (await explainReadOnly(explained, session)) ??
      explainQueryError(explained, { target: session.target, disconnectError }, signal);
    await nameActingRole(known, session);
    throw known;
  } finally {
    replication.stop();
  }
}

/** Where a client is connected to, for messages. */
function targetOf({ host, port, user, database }: pg.Client): Connection['target'] {
  const parameters = { host, port, user, dbname: database };
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  return parseDatabaseUrl(`postgresql:///?${query.join('&')}`, {});
}

/** The caller may have another copy of `pg`, whose errors are of another class. */
function asDatabaseError(error: unknown): unknown {
  const isForeign = error instanceof Error && !(error instanceof pg.DatabaseError) && 'severity' in error;
  return isForeign ? Object.assign(new pg.DatabaseError(error.message, 0, 'error'), error) : error;
}
