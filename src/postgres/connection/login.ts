import { monotonicNow } from '../../text/clock.js';
import pg from '../driver/pg.js';
import { streamOf } from '../driver/pg-internals.js';
import { ConnectionError } from '../errors/explained-error.js';
import { type Ending, type LoginProgress, makeClient } from './client.js';
import { describeTarget, type Target } from './target.js';
import { type Encryption, tlsOptions } from './tls.js';

/** The options of one login. */
export interface LoginOptions {
  readonly target: Target;
  readonly encryption: Encryption;
  readonly pipeline: boolean;
  readonly streamsRows: boolean;
  /** Whether the server offered SASL in an earlier attempt. */
  readonly hasOfferedSasl: boolean;
  /** On the clock of `monotonicNow()`, in milliseconds; Infinity is no limit. */
  readonly deadline: number;
  /** Gives up the login. */
  readonly signal?: AbortSignal | undefined;
}

/** A login that succeeded. */
export interface Login {
  readonly client: pg.Client;
  readonly ending: Ending;
  /** The settings that the server reported, such as `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A login that failed. */
export interface LoginFailure {
  readonly error: unknown;
  /** Whether libpq would try the other kind of encryption, if the `sslmode` has one. */
  readonly mayTryOther: boolean;
  /** Whether the server offered SASL, in this attempt or an earlier one. */
  readonly hasOfferedSasl: boolean;
}

/**
 * Opens one connection and logs in, without a retry and without checking the server.
 *
 * @returns the login, or why it failed; then nothing is left open
 */
export async function logIn(options: LoginOptions): Promise<Login | LoginFailure> {
  const { target, encryption, pipeline, streamsRows, hasOfferedSasl, signal } = options;
  let ssl: false | object = false;
  try {
    if (encryption === 'tls') ssl = await tlsOptions(target);
  } catch (error) {
    return { error, mayTryOther: true, hasOfferedSasl };
  }
  const { client, progress, ending } = makeClient({ target, ssl, pipeline, streamsRows, hasOfferedSasl });
  const timer = startTimer(client, options);
  const giveUp = (): void => void streamOf(client).destroy();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    signal?.throwIfAborted();
    await client.connect();
    return { client, ending, parameters: progress.protocol.parameters };
  } catch (error) {
    streamOf(client).destroy();
    return {
      error,
      mayTryOther: mayTryOther(error, encryption, progress),
      hasOfferedSasl: progress.protocol.login.hasOfferedSasl(),
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

/**
 * libpq tries the other kind of encryption if the server refused before the login, or if TLS itself failed. It does not
 * after an error of the client, a lost connection, or a login that the client could not complete.
 */
function mayTryOther(error: unknown, encryption: Encryption, progress: LoginProgress): boolean {
  if (error instanceof ConnectionError) return false;
  if (error instanceof pg.DatabaseError) return !progress.protocol.login.hasAccepted();
  return encryption === 'tls' && progress.answeredAboutTls && !progress.sentMessage;
}

function startTimer(client: pg.Client, { target, deadline }: LoginOptions): NodeJS.Timeout | undefined {
  if (deadline === Number.POSITIVE_INFINITY) return undefined;
  const timeOut = (): void => {
    streamOf(client).destroy(
      new ConnectionError(
        'connection_timeout',
        `${describeTarget(target)} did not answer within ${target.connectTimeoutSeconds} s.`,
        {
          remedy:
            'Check host and port in the URL, and the firewalls between this machine and the server. If the server is only slow, raise the limit: connect_timeout=30 in the URL.',
        },
      ),
    );
  };
  return setTimeout(timeOut, Math.max(0, deadline - monotonicNow()));
}
