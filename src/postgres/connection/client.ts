import { applicationName } from '../application-name.js';
import { ConnectionError } from '../errors.js';
import pg from '../pg.js';
import { listenToLogin, setStartupParameters, streamOf } from '../pg-internals.js';
import { describeTarget, type Target } from '../target.js';
import { judgeFirstReply } from './first-reply.js';
import { passwordFromFile } from './password-file.js';
import { guardStream } from './stream-guard.js';

/** What is seen of a login while it goes on. */
export interface Progress {
  /** What the server reported of itself, such as `server_version`. */
  readonly parameters: Map<string, string>;
  /** The server said whether it does TLS; it is not asked when `sslnegotiation=direct`. */
  answeredAboutTls: boolean;
  /** A message of PostgreSQL's arrived, through TLS where there is TLS. */
  talking: boolean;
  /** The server offers a login that is tied to its certificate. */
  offersChannelBinding: boolean;
  /** The login was tied to the server's certificate. */
  channelBound: boolean;
  loggedIn: boolean;
}

/** A client that has not connected yet. */
export interface NewClient {
  readonly client: pg.Client;
  readonly progress: Progress;
  /** Ends the watch over the login: from here on the client is an ordinary one. */
  release(): void;
}

/**
 * Makes a client of `pg`. It is handed every setting by name, never a connection string, and what it sends first
 * is written here: `pg` itself would let `PGOPTIONS` and other variables leak in, and would leave the client's
 * encoding to the server although it reads UTF-8 only.
 *
 * @param ssl false for a plain connection
 * @param pipeline whether queries are sent without waiting for the results of those before
 */
export function makeClient(target: Target, ssl: false | object, pipeline: boolean): NewClient {
  const progress: Progress = {
    parameters: new Map(),
    answeredAboutTls: false,
    talking: false,
    offersChannelBinding: false,
    channelBound: false,
    loggedIn: false,
  };
  const client = new pg.Client({
    host: target.address ?? target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: () => passwordFor(target, progress),
    ssl,
    sslnegotiation: ssl ? target.tls.negotiation : 'postgres',
    enableChannelBinding: ssl !== false && target.channelBinding !== 'disable',
    keepAlive: target.keepAliveIdleSeconds !== undefined,
    keepAliveInitialDelayMillis: (target.keepAliveIdleSeconds ?? 0) * 1000,
    pipeline,
  });
  setStartupParameters(client, startupParameters(target));
  client.on('error', () => {
    // Without a listener a connection that is lost while idle would end the process; queries reject by themselves.
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

/** Records the progress of a login and checks the first bytes of the server. The function that it returns ends both. */
function watchLogin(client: pg.Client, usesTls: boolean, target: Target, progress: Progress): () => void {
  const where = describeTarget(target);
  const guardMessages = (): (() => void) =>
    guardStream(streamOf(client), (reply) => {
      progress.talking = true;
      return judgeFirstReply(reply, 'plain', where);
    });
  const guardTlsAnswer = (): (() => void) =>
    guardStream(streamOf(client), (reply) => {
      progress.answeredAboutTls = true;
      return judgeFirstReply(reply, 'tls', where);
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

/** Called only when the server asks for a password. */
async function passwordFor(target: Target, progress: Progress): Promise<string> {
  if (target.channelBinding === 'require' && !progress.offersChannelBinding) throw channelNotBound(target);
  const password = target.password ?? (await passwordFromFile(target));
  if (password !== undefined) return password;
  throw new ConnectionError(
    'password_missing',
    `${describeTarget(target)} asks for a password, and there is none.`,
    {
      remedy:
        'Write it into the URL after the user and a colon, set PGPASSWORD, or put it into ~/.pgpass (readable by its owner alone: chmod 0600).',
    },
  );
}

/**
 * The error for a login that is not tied to the server's certificate although `channel_binding=require`.
 */
export function channelNotBound(target: Target): ConnectionError {
  return new ConnectionError(
    'channel_binding_unavailable',
    `${describeTarget(target)} does not do channel binding, and channel_binding=require asks for it.`,
    {
      remedy:
        'Use TLS (sslmode=require or stronger) and a user who logs in by scram-sha-256, or remove channel_binding; many poolers and proxies cannot do it.',
    },
  );
}
