import { applicationName } from '../application-name.js';
import { ConnectionError } from '../errors.js';
import pg from '../pg.js';
import { listenToLogin, setStartupParameters, streamOf } from '../pg-internals.js';
import { describeTarget, type Target } from '../target.js';
import { checkFirstBytes } from './first-bytes.js';
import { passwordFromFile } from './password-file.js';
import { guardStream } from './stream-guard.js';

/** The progress of a login. */
export interface LoginProgress {
  /** The settings that the server reported, such as `server_version`. */
  readonly parameters: Map<string, string>;
  /** The server answered whether it supports TLS. With `sslnegotiation=direct` the client does not ask. */
  answeredAboutTls: boolean;
  /** The server sent a message of the protocol, encrypted if TLS is used. */
  sentMessage: boolean;
  /** The server offers to bind the login to its certificate. */
  offersChannelBinding: boolean;
  /** The login was bound to the certificate of the server. */
  channelBound: boolean;
  loggedIn: boolean;
}

/** A client that has not connected yet. */
export interface NewClient {
  readonly client: pg.Client;
  readonly progress: LoginProgress;
  /** Stops checking what the server sends. Call it when the login is over. */
  release(): void;
}

/**
 * Makes a client of `pg` that takes every setting from the target and none from the environment.
 *
 * @param ssl false for a plain connection
 * @param pipeline whether to send queries without waiting for the results of earlier ones
 */
export function makeClient(target: Target, ssl: false | object, pipeline: boolean): NewClient {
  const progress: LoginProgress = {
    parameters: new Map(),
    answeredAboutTls: false,
    sentMessage: false,
    offersChannelBinding: false,
    channelBound: false,
    loggedIn: false,
  };
  const client = new pg.Client({
    host: target.address ?? target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: () => findPassword(target, progress),
    ssl,
    sslnegotiation: ssl ? target.tls.negotiation : 'postgres',
    enableChannelBinding: ssl !== false && target.channelBinding !== 'disable',
    keepAlive: target.keepAliveIdleSeconds !== undefined,
    keepAliveInitialDelayMillis: (target.keepAliveIdleSeconds ?? 0) * 1000,
    pipeline,
  });
  setStartupParameters(client, startupParameters(target));
  client.on('error', () => {
    // Without a listener, a connection lost while idle would end the process. Queries reject by themselves.
  });
  return { client, progress, release: watchLogin(client, ssl !== false, target, progress) };
}

function startupParameters(target: Target): Record<string, string> {
  return {
    user: target.user,
    database: target.database,
    application_name: applicationName,
    client_encoding: 'UTF8',
    ...(target.options === undefined ? {} : { options: target.options }),
  };
}

/** Records the progress of a login and checks the first bytes of the server. Returns a function that ends the checks. */
function watchLogin(
  client: pg.Client,
  usesTls: boolean,
  target: Target,
  progress: LoginProgress,
): () => void {
  const where = describeTarget(target);
  const guardMessages = (): (() => void) =>
    guardStream(streamOf(client), (bytes) => {
      progress.sentMessage = true;
      return checkFirstBytes(bytes, 'message', where);
    });
  const guardTlsAnswer = (): (() => void) =>
    guardStream(streamOf(client), (bytes) => {
      progress.answeredAboutTls = true;
      return checkFirstBytes(bytes, 'answer about TLS', where);
    });
  let release = usesTls ? guardTlsAnswer() : guardMessages();
  listenToLogin(client, {
    parameterReported: (name, value) => progress.parameters.set(name, value),
    tlsStarted: () => {
      release = guardMessages();
    },
    mechanismsOffered: (mechanisms) => {
      progress.offersChannelBinding = mechanisms.includes('SCRAM-SHA-256-PLUS');
    },
    serverVerified: () => {
      progress.channelBound = progress.offersChannelBinding;
    },
    loggedIn: () => {
      progress.loggedIn = true;
    },
  });
  return () => release();
}

/** Finds the password. `pg` calls it only if the server asks for one. */
async function findPassword(target: Target, progress: LoginProgress): Promise<string> {
  if (target.channelBinding === 'require' && !progress.offersChannelBinding) {
    throw channelBindingUnavailable(target);
  }
  const password = target.password ?? (await passwordFromFile(target));
  if (password !== undefined) return password;
  throw new ConnectionError(
    'password_missing',
    `${describeTarget(target)} requires a password, and none is set.`,
    {
      remedy:
        'Write it into the URL after the user and a colon, set PGPASSWORD, or add it to ~/.pgpass. Only the owner may read that file: chmod 0600 ~/.pgpass.',
    },
  );
}

/** The error of a login that is not bound to the server's certificate although `channel_binding=require`. */
export function channelBindingUnavailable(target: Target): ConnectionError {
  return new ConnectionError(
    'channel_binding_unavailable',
    `${describeTarget(target)} does not support channel binding, and channel_binding=require requires it.`,
    {
      remedy:
        'Use TLS (sslmode=require or stronger) and a user who logs in with scram-sha-256. Many poolers and proxies do not support channel binding; remove channel_binding from the URL for these.',
    },
  );
}
