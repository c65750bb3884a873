import { type Failure, type LoggedIn, logIn } from './connection/login.js';
import { explainFailure } from './connection-errors.js';
import { ConnectionError } from './errors.js';
import type pg from './pg.js';
import { reportedPidOf, streamOf } from './pg-internals.js';
import { acceptServerVersion, type ServerVersion } from './server-version.js';
import { describeTarget, type Target } from './target.js';
import { encryptionsToTry } from './tls.js';

/** How long `close` waits for a network that does not take the goodbye. */
const CLOSE_TIMEOUT_MILLISECONDS = 2000;

/** An open connection. */
export interface Connection {
  /** The client of `pg`, logged in and ready. Losing the connection rejects its queries and does nothing else. */
  readonly client: pg.Client;
  readonly target: Target;
  readonly serverVersion: ServerVersion;
  /** The number of the server process, as it was told at login; behind a pooler a number of the pooler's own. */
  readonly reportedPid: number;
  /** Whether the database keeps its text as UTF-8; only then the server counts characters as we do. */
  readonly isUtf8: boolean;
  /** Why the connection was lost while nobody asked anything; undefined as long as it was not. */
  lostBecause(): Error | undefined;
  /**
   * Says goodbye and hangs up; the server may still be tidying up then. Can be called again, and after the connection was
   * lost.
   */
  close(): Promise<void>;
}

/** How a connection is to be used. */
export interface ConnectOptions {
  /** Whether queries are sent without waiting for the results of those before; false unless told otherwise. */
  readonly pipeline?: boolean;
}

/**
 * Opens a connection to a server of PostgreSQL 15 or newer, encrypted and verified as libpq would with the target's
 * `sslmode`. Its `application_name` is always `voicesurvey-db` and our version; its text is always UTF-8.
 * It logs in once: a server that is starting or shutting down is not waited for.
 *
 * @param target where to connect, from {@link parseDatabaseUrl}; all of connecting together takes at most its
 *   `connectTimeoutSeconds`
 * @returns the connection; close it, or the process stays alive
 * @throws ConnectionError that says what is wrong and what to do, with the error of the server or the system as its
 *   cause, and never with a password
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
  const deadline = seconds > 0 ? performance.now() + seconds * 1000 : Number.POSITIVE_INFINITY;
  const failures: Failure[] = [];
  for (const encryption of encryptionsToTry(target)) {
    const result = await logIn({ target, encryption, pipeline: options.pipeline ?? false, deadline });
    if ('client' in result) return await accept(result, target);
    failures.push(result);
    if (!result.otherMayDo) break;
  }
  throw explainFailure(failures, target);
}

async function accept({ client, parameters }: LoggedIn, target: Target): Promise<Connection> {
  try {
    const serverVersion = acceptServerVersion(parameters.get('server_version'), describeTarget(target));
    checkSessionAttributes(parameters, target);
    return makeConnection(client, target, serverVersion, parameters.get('server_encoding') === 'UTF8');
  } catch (error) {
    await hangUp(client);
    throw error;
  }
}

function makeConnection(
  client: pg.Client,
  target: Target,
  serverVersion: ServerVersion,
  isUtf8: boolean,
): Connection {
  let lost: Error | undefined;
  let closed: Promise<void> | undefined;
  client.on('error', (error) => {
    lost ??= error;
  });
  return {
    client,
    target,
    serverVersion,
    isUtf8,
    reportedPid: reportedPidOf(client),
    lostBecause: () => lost,
    close: () => {
      closed ??= hangUp(client);
      return closed;
    },
  };
}

/** Like libpq, it does not wait for the server to hang up as well, which takes it a round trip and some time to tidy up. */
async function hangUp(client: pg.Client): Promise<void> {
  const stream = streamOf(client);
  stream.once('finish', () => stream.destroy());
  const timer = setTimeout(() => stream.destroy(), CLOSE_TIMEOUT_MILLISECONDS);
  try {
    await client.end();
  } finally {
    clearTimeout(timer);
  }
}

/** A pooler that does not report these leaves it to the server to refuse the first write. */
function checkSessionAttributes(parameters: ReadonlyMap<string, string>, target: Target): void {
  const wanted = target.sessionAttributes;
  const isStandby = parameters.get('in_hot_standby') === 'on';
  const isReadOnly = isStandby || parameters.get('default_transaction_read_only') === 'on';
  if (wanted === 'any' || !(wanted === 'primary' ? isStandby : isReadOnly)) return;
  throw new ConnectionError(
    'server_read_only',
    `${describeTarget(target)} ${isStandby ? 'is a standby' : 'is read-only'}, and target_session_attrs=${wanted} asks for a server that is not.`,
    { remedy: 'Connect to the primary server.' },
  );
}
