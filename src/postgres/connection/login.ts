import { ConnectionError } from '../errors.js';
import pg from '../pg.js';
import { streamOf } from '../pg-internals.js';
import { describeTarget, type Target } from '../target.js';
import { type Encryption, tlsOptions } from '../tls.js';
import { channelNotBound, makeClient, type Progress } from './client.js';

/** One attempt to log in. */
export interface Attempt {
  readonly target: Target;
  readonly encryption: Encryption;
  readonly pipeline: boolean;
  /** On the clock of `performance.now()`; Infinity is never. */
  readonly deadline: number;
}

/** An attempt that succeeded. */
export interface LoggedIn {
  readonly client: pg.Client;
  /** What the server reported of itself, such as `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** An attempt that failed. */
export interface Failure {
  readonly error: unknown;
  /** Whether libpq would go on with the other kind of encryption, if the mode has one. */
  readonly otherMayDo: boolean;
}

/**
 * Opens one connection and logs in: no second try, no judgement of the server.
 *
 * @returns the client, or what went wrong; then nothing is left open
 */
export async function logIn(attempt: Attempt): Promise<LoggedIn | Failure> {
  const { target, encryption, pipeline } = attempt;
  let ssl: false | object = false;
  try {
    if (encryption === 'tls') ssl = await tlsOptions(target);
  } catch (error) {
    return { error, otherMayDo: true };
  }
  const { client, progress, release } = makeClient(target, ssl, pipeline);
  const timer = startTimer(client, attempt);
  try {
    await client.connect();
    if (target.channelBinding === 'require' && !progress.channelBound) throw channelNotBound(target);
    return { client, parameters: progress.parameters };
  } catch (error) {
    streamOf(client).destroy();
    return { error, otherMayDo: otherMayDo(error, encryption, progress) };
  } finally {
    clearTimeout(timer);
    release();
  }
}

/**
 * libpq tries the other kind when the server said no before it let us in, or when TLS itself failed; never after
 * an error of ours, a lost connection or a login that went wrong on our side.
 */
function otherMayDo(error: unknown, encryption: Encryption, progress: Progress): boolean {
  if (error instanceof ConnectionError) return false;
  if (error instanceof pg.DatabaseError) return !progress.loggedIn;
  return encryption === 'tls' && progress.answeredAboutTls && !progress.talking;
}

function startTimer(client: pg.Client, { target, deadline }: Attempt): NodeJS.Timeout | undefined {
  if (deadline === Number.POSITIVE_INFINITY) return undefined;
  const giveUp = (): void => {
    streamOf(client).destroy(
      new ConnectionError(
        'connection_timeout',
        `${describeTarget(target)} did not answer within ${target.connectTimeoutSeconds} s.`,
        {
          remedy:
            'Check host and port, and whether a firewall is between; a server that is only slow gets more time by connect_timeout=30 in the URL.',
        },
      ),
    );
  };
  return setTimeout(giveUp, Math.max(0, deadline - performance.now()));
}
