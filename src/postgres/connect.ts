import { monotonicNow } from '../text/clock.js';
import { endWhenServerHangs } from './answer-limit.js';
import { type Login, type LoginFailure, logIn } from './connection/login.js';
import { describeTarget, type Target } from './connection/target.js';
import { encryptionsToTry } from './connection/tls.js';
import type pg from './driver/pg.js';
import { reportedPidOf, sendOneByOne, streamOf } from './driver/pg-internals.js';
import { ConnectionError } from './errors/explained-error.js';
import { interruptedError } from './errors/interrupted-error.js';
import { checkServerVersion, type ServerVersion } from './server-version.js';
import { traceConnection } from './trace.js';

/** The largest process id on Linux; other systems have none that is larger. A pooler reports random numbers of 32 bits. */
const LARGEST_PROCESS_ID = 2 ** 22;
/** How long `close` waits for a network that does not accept its last message. */
const CLOSE_TIMEOUT_MS = 2000;

/** An open connection. */
export interface Connection {
  /** The client of `pg`, logged in. Losing the connection rejects its queries and does nothing else. */
  readonly client: pg.Client;
  readonly target: Target;
  readonly serverVersion: ServerVersion;
  /** The process id that the server reported at login. Behind a pooler it is an id of the pooler. */
  readonly reportedPid: number;
  /** Whether the database is encoded in UTF-8. Only then does the server count characters as JavaScript's code points. */
  readonly isUtf8: boolean;
  /** The last words of the server, or else the first error that ended the connection while no query was in flight. */
  disconnectError(): Error | undefined;
  /**
   * Ends the session and closes the connection, without waiting until the server has cleaned up. May be called again, and
   * after the connection was lost.
   */
  close(): Promise<void>;
}

/** How a connection is used. */
export interface ConnectOptions {
  /** Whether to send queries without waiting for the results of earlier ones; false by default. */
  readonly pipeline?: boolean;
  /** Whether rows are passed on and not held, so that the size of a result has no limit; false by default. */
  readonly streamsRows?: boolean;
  /** Gives up the login. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a connection to a server of PostgreSQL 15 or newer, encrypted and verified as libpq would with the target's
 * `sslmode`. Its `application_name` is `voicesurvey-db` and the version of this package; its `client_encoding` is UTF-8.
 * It does not wait for a server that is starting or shutting down. If a server hangs while a query is in flight, the query is
 * rejected with `answer_timeout` after some time; a server that answers other sessions may take any time.
 *
 * @param target where to connect, from {@link parseDatabaseUrl}; its `connectTimeoutSeconds` limits all attempts together
 * @returns the connection; close it, or the process stays alive
 * @throws ExplainedError `interrupted` if the signal gave up the login
 * @throws ConnectionError that says what is wrong and what to do, with the error of the server or the operating system as
 *   its cause, and without a password
 * @example
 * ```ts
 * const connection = await connect(parseDatabaseUrl('postgresql://ann:secret@localhost/survey'));
 * try {
 *   const { rows } = await connection.client.query('select count(*) from contacts');
 * } finally {
 *   await connection.close();
 * }
 * ```
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Connection> {
  const seconds = target.connectTimeoutSeconds;
  const started = monotonicNow();
  const deadline = seconds > 0 ? started + seconds * 1000 : Number.POSITIVE_INFINITY;
  const failures: LoginFailure[] = [];
  for (const encryption of encryptionsToTry(target)) {
    const hasOfferedSasl = failures.at(-1)?.hasOfferedSasl ?? false;
    const { pipeline = false, streamsRows = false, signal } = options;
    const login = { target, encryption, pipeline, streamsRows, hasOfferedSasl, deadline, signal };
    const result = await logIn(login);
    if ('client' in result) {
      traceConnection(result.client, describeTarget(target), monotonicNow() - started);
      return await checkServer(result, target);
    }
    if (signal?.aborted) throw interruptedError(`while it connected to ${describeTarget(target)}`);
    failures.push(result);
    if (!result.mayTryOther) break;
  }
  const { explainLoginFailures } = await import('./login-errors.js');
  throw explainLoginFailures(failures, target);
}

/** The longest login of {@link connectWithLimit}, in seconds. */
const LONGEST_LOGIN_SECONDS = 10;

/**
 * {@link connect}, for a connection that only accompanies other work, such as to cancel or to monitor it. The login has a
 * limit also with `connect_timeout=0`, so that the work does not wait for a server that is silent.
 */
export function connectWithLimit(target: Target, options?: ConnectOptions): Promise<Connection> {
  return connect(
    { ...target, connectTimeoutSeconds: target.connectTimeoutSeconds || LONGEST_LOGIN_SECONDS },
    options,
  );
}

/**
 * Ends a connection without a goodbye.
 *
 * @param error what every query in flight is rejected with
 */
export function endConnection({ client }: Pick<Connection, 'client'>, error: ConnectionError): void {
  streamOf(client).destroy(error);
}

async function checkServer(login: Login, target: Target): Promise<Connection> {
  const { client, parameters } = login;
  try {
    const serverVersion = checkServerVersion(parameters.get('server_version'), describeTarget(target));
    checkSessionAttributes(parameters, target);
    return makeConnection(login, target, serverVersion);
  } catch (error) {
    await closeClient(client);
    throw error;
  }
}

function makeConnection(
  { client, ending, parameters }: Login,
  target: Target,
  serverVersion: ServerVersion,
): Connection {
  let closed: Promise<void> | undefined;
  const reportedPid = reportedPidOf(client);
  if (reportedPid < 1 || reportedPid > LARGEST_PROCESS_ID) sendOneByOne(client);
  endWhenServerHangs({ client, target }, connect);
  return {
    client,
    target,
    serverVersion,
    isUtf8: parameters.get('server_encoding') === 'UTF8',
    reportedPid,
    disconnectError: () => ending.serverError ?? ending.error,
    close: () => {
      closed ??= closeClient(client);
      return closed;
    },
  };
}

/** Like libpq, does not wait until the server closes its side, which takes a round trip and the server's cleanup. */
async function closeClient(client: pg.Client): Promise<void> {
  const stream = streamOf(client);
  stream.once('finish', () => stream.destroy());
  const timer = setTimeout(() => stream.destroy(), CLOSE_TIMEOUT_MS);
  try {
    await client.end();
  } finally {
    clearTimeout(timer);
  }
}

/** Checks `target_session_attrs`. A pooler may not report these settings; then the server refuses the first write. */
function checkSessionAttributes(parameters: ReadonlyMap<string, string>, target: Target): void {
  const wanted = target.sessionAttributes;
  const isStandby = parameters.get('in_hot_standby') === 'on';
  const isReadOnly = isStandby || parameters.get('default_transaction_read_only') === 'on';
  if (wanted === 'any' || !(wanted === 'primary' ? isStandby : isReadOnly)) return;
  throw new ConnectionError(
    'server_read_only',
    `${describeTarget(target)} is ${isStandby ? 'a standby' : 'read-only'}, and target_session_attrs=${wanted} does not allow that.`,
    { remedy: 'Set the URL to the address of the primary server.' },
  );
}
