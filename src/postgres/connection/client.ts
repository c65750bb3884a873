import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { shellQuote } from '../../text/shell-quote.js';
import pg from '../driver/pg.js';
import {
  listenToLogin,
  listenToServerTexts,
  setStartupParameters,
  streamOf,
} from '../driver/pg-internals.js';
import { ConnectionError } from '../errors/explained-error.js';
import { cutServerText } from '../redaction/cut.js';
import { applicationName } from './application-name.js';
import { checkFirstMessage, checkTlsAnswer } from './first-bytes.js';
import { makeMessageReader } from './message-reader.js';
import { passwordFromFile } from './password-file.js';
import { protocolViolation } from './protocol-errors.js';
import { beginProtocol, type ServerProtocol } from './server-protocol.js';
import { guardStream } from './stream-guard.js';
import { describeTarget, type Target } from './target.js';
import { valueTypes } from './value-types.js';

/** The options of {@link makeClient}. */
export interface ClientOptions {
  readonly target: Target;
  /** The options of TLS; false for a plain connection. */
  readonly ssl: false | object;
  /** Whether to send queries without waiting for the results of earlier ones. */
  readonly pipeline: boolean;
  /** Whether rows are passed on as they arrive, and not held. */
  readonly streamsRows: boolean;
  /** Whether the server has offered SASL on an earlier connection. */
  readonly hasOfferedSasl: boolean;
}

/** The progress of a login. */
export interface LoginProgress {
  /** The server answered whether it supports TLS. With `sslnegotiation=direct` the client does not ask. */
  answeredAboutTls: boolean;
  /** The server sent a message of the protocol, encrypted if TLS is used. */
  sentMessage: boolean;
  readonly protocol: ServerProtocol;
}

/** What ended a connection, as far as it is known. */
export interface Ending {
  /** The last words of the server. */
  serverError?: Error;
  /** The first error that ended the connection while no query was in flight. */
  error?: Error;
}

/** A client that has not connected yet. */
export interface NewClient {
  readonly client: pg.Client;
  readonly progress: LoginProgress;
  readonly ending: Ending;
}

/**
 * Makes a client of `pg` that takes every setting from the target and none from the environment. It passes on to `pg` only
 * what a server may send, from the first byte to the last; anything else ends the connection with a ConnectionError.
 */
export function makeClient(options: ClientOptions): NewClient {
  const { target, ssl, pipeline, streamsRows, hasOfferedSasl } = options;
  const progress: LoginProgress = {
    answeredAboutTls: false,
    sentMessage: false,
    protocol: beginProtocol({
      where: describeTarget(target),
      isEncrypted: ssl !== false,
      requiresChannelBinding: target.channelBinding === 'require',
      hasOfferedSasl,
      streamsRows,
    }),
  };
  const client = new pg.Client({
    host: target.address ?? target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: () => findPassword(target),
    ssl,
    sslnegotiation: ssl ? target.tls.negotiation : 'postgres',
    enableChannelBinding: ssl !== false && target.channelBinding !== 'disable',
    keepAlive: target.keepAliveIdleSeconds !== undefined,
    keepAliveInitialDelayMillis: (target.keepAliveIdleSeconds ?? 0) * 1000,
    pipeline,
    types: valueTypes(describeTarget(target)),
  });
  setStartupParameters(client, startupParameters(target));
  const ending = watchEnding(client);
  guardClient(client, ssl !== false, target, progress);
  return { client, progress, ending };
}

/** A server may end the connection with the message after the login, so this listens from the beginning. */
function watchEnding(client: pg.Client): Ending {
  const ending: Ending = {};
  listenToServerTexts(client, {
    error: (error) => {
      cutServerText(error);
      if (error.severity === 'FATAL') ending.serverError = error;
    },
    notice: cutServerText,
  });
  // Without a listener, a connection lost while idle would end the process. Queries reject by themselves.
  client.on('error', (error) => {
    ending.error ??= error;
    // `pg` no longer uses the connection, and does not close it after a message that it does not expect.
    streamOf(client).destroy();
  });
  return ending;
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

/** Checks everything that the server sends, and every answer to a request for authentication; records the progress. */
function guardClient(client: pg.Client, usesTls: boolean, target: Target, progress: LoginProgress): void {
  const { protocol } = progress;
  const isDirect = usesTls && target.tls.negotiation === 'direct';
  if (usesTls) guardTlsAnswer(streamOf(client), target, progress);
  else guardMessages(streamOf(client), target, progress, isDirect);
  listenToLogin(client, {
    tlsStarted: () => guardMessages(streamOf(client), target, progress, isDirect),
    passwordSent: () => protocol.login.answer('password'),
    mechanismSent: (mechanism) => protocol.login.answer('SASL mechanism', mechanism),
    proofSent: () => protocol.login.answer('SASL proof'),
  });
}

function guardTlsAnswer(stream: Duplex, target: Target, progress: LoginProgress): void {
  const where = describeTarget(target);
  const receive = (bytes: Buffer, deliver: (bytes: Buffer) => void): void => {
    progress.answeredAboutTls = true;
    checkTlsAnswer(bytes, where);
    deliver(bytes);
  };
  guardStream(stream, receive, (thrown) => explainThrown(thrown, where));
}

function guardMessages(stream: Duplex, target: Target, progress: LoginProgress, isDirect: boolean): void {
  const where = describeTarget(target);
  let read: ((bytes: Buffer) => void) | undefined;
  const receive = (bytes: Buffer, deliver: (bytes: Buffer) => void): void => {
    if (read === undefined) {
      progress.sentMessage = true;
      if (isDirect) checkApplicationProtocol(stream, where);
      checkFirstMessage(bytes, where);
      read = makeMessageReader(progress.protocol, deliver);
    }
    read(bytes);
  };
  guardStream(stream, receive, (thrown) => explainThrown(thrown, where));
}

function explainThrown(thrown: unknown, where: string): Error {
  if (thrown instanceof ConnectionError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return protocolViolation(where, `a message that could not be processed (${reason})`, thrown);
}

/**
 * Checks that a server which TLS began with immediately speaks PostgreSQL inside it, as libpq does. If not, a third party
 * may have redirected the connection to another service with the same certificate.
 */
function checkApplicationProtocol(stream: Duplex, where: string): void {
  if ((stream as TLSSocket).alpnProtocol === 'postgresql') return;
  throw new ConnectionError(
    'tls_failed',
    `${where} did not confirm that it speaks PostgreSQL inside TLS (ALPN), which sslnegotiation=direct requires.`,
    { remedy: 'Remove sslnegotiation=direct from the URL, or check host and port.' },
  );
}

/** Finds the password. `pg` calls it only if the server asks for one. */
async function findPassword(target: Target): Promise<string> {
  if (target.password !== undefined) return target.password;
  const { password, problem, isExposed } = await passwordFromFile(target);
  if (password !== undefined) return password;
  const remedy =
    'Write it into the URL after the user and a colon, set PGPASSWORD, or add it to ~/.pgpass. Only the owner may read that file: chmod 0600 ~/.pgpass.';
  throw new ConnectionError(
    'password_missing',
    `${describeTarget(target)} requires a password, and none is set${problem === undefined ? '' : `: ${problem}`}.`,
    {
      remedy: isExposed
        ? `Run chmod 600 ${shellQuote(target.passwordFile)} so that only its owner may access it.`
        : remedy,
    },
  );
}
