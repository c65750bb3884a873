/**
 * The features of `pg` that this package uses and `pg` does not document. No other file reads an undocumented field, event
 * or message of `pg`. `test/postgres/driver/pg-internals.test.ts` fails if a new release of `pg` changes any of them.
 *
 * Pipeline mode (the option `pipeline`) is documented, but not that `query` writes to the stream before it returns, which
 * {@link sendTogether} relies on, nor that `end` waits for the queries in flight.
 */

import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type pg from './pg.js';

/** The fields of a client that its type leaves out. */
interface ClientInternals {
  /** Emits every message of the server by the name that `pg-protocol` gives it. */
  readonly connection: EventEmitter & {
    readonly stream: Duplex;
    startup: (parameters: Readonly<Record<string, string>>) => void;
    cancel: (processId: number | null, secretKey: number | null) => void;
    password: (password: string) => void;
    sendSASLInitialResponseMessage: (mechanism: string, response: string) => void;
    sendSCRAMClientFinalMessage: (response: string) => void;
  };
  /** The process id and the key in the server's BackendKeyData message. */
  readonly processID: number | null;
  readonly secretKey: number | null;
  /** Whether the answer to the last query has ended, also that of a query that failed. */
  readonly readyForQuery: boolean | null;
  /** The query that the server answers; null if none is in flight. */
  readonly _activeQuery: object | null;
  /** The queries that were not sent. */
  readonly _queryQueue: object[];
  /** Sends the queries in pipeline mode. */
  _pulsePipelinedQueryQueue: () => void;
  /** Makes the parameters of the startup message. */
  getStartupConf: () => Readonly<Record<string, string>>;
}

function internalsOf(client: pg.Client): ClientInternals {
  return client as unknown as ClientInternals;
}

/**
 * Returns the stream that a client reads from and writes to. TLS replaces the stream, so a caller that outlives
 * {@link LoginListeners.tlsStarted} must call this again.
 *
 * It serves to give up on a login or on a goodbye without waiting for the server, and to check the first bytes of a
 * server: `pg` reads in a `data` listener and throws there if it cannot parse them.
 */
export function streamOf(client: pg.Client): Duplex {
  return internalsOf(client).connection.stream;
}

/**
 * Returns the process id that the server reported at login. Behind a pooler it differs from `pg_backend_pid()`, which is
 * how a pooler is recognized.
 */
export function reportedPidOf(client: pg.Client): number {
  return Number(internalsOf(client).processID);
}

/** Returns the query that the server answers, an object that no other query has; null if none is in flight. */
export function activeQueryOf(client: pg.Client): object | null {
  return internalsOf(client)._activeQuery;
}

/**
 * Replaces the parameters of the startup message. `pg` itself adds `PGOPTIONS` and other variables of the environment, and
 * sends no `client_encoding` by default although it decodes UTF-8 only.
 */
export function setStartupParameters(client: pg.Client, parameters: Readonly<Record<string, string>>): void {
  internalsOf(client).getStartupConf = () => parameters;
}

/**
 * Makes a client send a request to cancel the current statement of another client instead of logging in. Must be called
 * before `client.connect()`, which then fails: the server answers by closing the connection.
 */
export function cancelInsteadOfLogin(client: pg.Client, running: pg.Client): void {
  const { connection } = internalsOf(client);
  const { processID, secretKey } = internalsOf(running);
  connection.startup = () => connection.cancel(processID, secretKey);
}

/**
 * Calls listeners with each error and each notice that the server sends. `pg` passes an error on to the query that is first in
 * line, and to no other one that the end of the connection then fails. Must be called before `client.connect()`, so that the
 * listeners are called before those of `pg`, which passes the same objects on.
 */
export function listenToServerTexts(
  client: pg.Client,
  listeners: {
    readonly error: (error: pg.DatabaseError) => void;
    readonly notice: (notice: Omit<pg.DatabaseError, keyof Error> & { message: string }) => void;
  },
): void {
  internalsOf(client).connection.on('errorMessage', listeners.error);
  internalsOf(client).connection.on('notice', listeners.notice);
}

/** Listeners for the events of a login, which `pg` does not pass on. */
export interface LoginListeners {
  /** TLS begins. From here on, {@link streamOf} returns the encrypted stream. */
  tlsStarted(): void;
  /** The client is about to send a password or its hash. Nothing is sent if the listener throws. */
  passwordSent(): void;
  /** The client is about to send the SASL mechanism that it chose. Nothing is sent if the listener throws. */
  mechanismSent(mechanism: string): void;
  /** The client is about to send its proof. Nothing is sent if the listener throws. */
  proofSent(): void;
}

/** Calls the listeners while a client logs in. Must be called before `client.connect()`. */
export function listenToLogin(client: pg.Client, listeners: LoginListeners): void {
  const { connection } = internalsOf(client);
  connection.on('sslconnect', () => listeners.tlsStarted());
  const { password, sendSASLInitialResponseMessage, sendSCRAMClientFinalMessage } = connection;
  connection.password = (text) => {
    listeners.passwordSent();
    password.call(connection, text);
  };
  connection.sendSASLInitialResponseMessage = (mechanism, response) => {
    listeners.mechanismSent(mechanism);
    sendSASLInitialResponseMessage.call(connection, mechanism, response);
  };
  connection.sendSCRAMClientFinalMessage = (response) => {
    listeners.proofSent();
    sendSCRAMClientFinalMessage.call(connection, response);
  };
}

/**
 * Holds back what a client in pipeline mode writes until `send` returns, so that it leaves in few packets.
 *
 * @param send calls `client.query`, and does not wait for the results
 */
export function sendTogether<Result>(client: pg.Client, send: () => Result): Result {
  const stream = streamOf(client);
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/**
 * Calls a listener for every query that a client sends, however it is sent.
 *
 * @param listener gets the SQL, and returns a function that is called when the server has answered
 */
export function onQuery(client: pg.Client, listener: (sql: string) => (error?: unknown) => void): void {
  type Send = (query: string | { readonly text: string }, ...rest: readonly unknown[]) => unknown;
  interface Submittable {
    handleError: (error: unknown, ...rest: readonly unknown[]) => void;
    handleReadyForQuery: (...rest: readonly unknown[]) => void;
  }
  const internals = client as unknown as { query: Send };
  const send = internals.query.bind(client);
  internals.query = (query, ...rest) => {
    const answered = listener(typeof query === 'string' ? query : query.text);
    if (typeof query === 'object' && 'submit' in query) {
      const submittable = query as unknown as Submittable;
      const { handleError, handleReadyForQuery } = submittable;
      submittable.handleError = (error, ...more) => {
        answered(error);
        handleError.call(query, error, ...more);
      };
      submittable.handleReadyForQuery = (...more) => {
        answered();
        handleReadyForQuery.call(query, ...more);
      };
    }
    const result = send(query, ...rest);
    if (result instanceof Promise) result.then(() => answered(), answered);
    return result;
  };
}

/**
 * Makes a client in pipeline mode send a query only when the query before it is answered.
 *
 * PgBouncer gives the connection to the server to the next client when its own client goes away after an answer, also if
 * further queries are in flight. Then that client receives the answers to them. Debian's 1.18 does so, in every pool mode.
 */
export function sendOneByOne(client: pg.Client): void {
  const internals = internalsOf(client);
  const send = internals._pulsePipelinedQueryQueue.bind(client);
  internals._pulsePipelinedQueryQueue = () => {
    if (internals.readyForQuery !== true) return;
    const later = internals._queryQueue.splice(1);
    send();
    internals._queryQueue.push(...later);
  };
}

/**
 * Calls a listener for every statement of a query that the server has completed, with its command tag, such as
 * `CREATE TABLE`; `pg` reports only the end of the query, and the first word of the tag.
 */
export function onStatementCompleted(query: pg.Query, listener: (tag: string) => void): void {
  type Handler = (message: { readonly text: string }, ...rest: readonly unknown[]) => void;
  const internals = query as unknown as { handleCommandComplete: Handler };
  const handle = internals.handleCommandComplete.bind(query);
  internals.handleCommandComplete = (message, ...rest) => {
    listener(message.text);
    handle(message, ...rest);
  };
}

/**
 * Calls a listener with every chunk that `COPY … TO stdout` sends, for which `pg` has no documented method. A chunk lies in
 * a buffer that `pg` reuses, so a listener that keeps it must copy it. While {@link streamOf} is paused, the server waits.
 *
 * @returns a function that removes the listener
 */
export function listenToCopyData(client: pg.Client, listener: (chunk: Buffer) => void): () => void {
  const { connection } = internalsOf(client);
  const receive = ({ chunk }: { readonly chunk: Buffer }): void => listener(chunk);
  connection.on('copyData', receive);
  return () => connection.off('copyData', receive);
}

/** Sends data to a `COPY … FROM stdin`. */
export interface CopySink {
  write(chunk: Buffer): void;
  /** Ends the data. */
  end(): void;
  /** Ends the data, and makes the server discard it. */
  fail(reason: string): void;
}

/** Calls a function when the server waits for the data of a `COPY … FROM stdin`, which `pg` refuses by default. */
export function onCopyIn(query: pg.Query, send: (sink: CopySink) => void): void {
  const internals = query as unknown as {
    handleCopyInResponse(connection: {
      sendCopyFromChunk(chunk: Buffer): void;
      endCopyFrom(): void;
      sendCopyFail(reason: string): void;
    }): void;
  };
  internals.handleCopyInResponse = (connection) =>
    send({
      write: (chunk) => connection.sendCopyFromChunk(chunk),
      end: () => connection.endCopyFrom(),
      fail: (reason) => connection.sendCopyFail(reason),
    });
}

/** Checks whether `pg` refused a login because the server does not support TLS. The error has no code. */
export function isServerWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

/** Checks whether `pg` refused a login because the proof of the server is wrong. The error has no code. */
export function isServerProofWrong(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('SASL: SCRAM-SERVER-FINAL-MESSAGE');
}

/** Checks whether `pg` ended a login because the server wants more iterations of SCRAM than it computes. No code either. */
export function isScramTooLong(error: unknown): boolean {
  return error instanceof Error && /^SASL: .* exceeds scramMaxIterations/.test(error.message);
}

/** Checks whether `pg` ended a login because the server's messages do not fit SCRAM. These errors have no code. */
export function isScramBroken(error: unknown): error is Error {
  return (
    error instanceof Error &&
    /^SASL: (SCRAM-SERVER-FIRST-MESSAGE: (?!client password)|Invalid attribute)/.test(error.message)
  );
}

/** Checks whether `pg` rejected a query because its client has no connection any more. These errors have no code. */
export function isClientWithoutConnection(error: Error): boolean {
  return /^(?:Connection terminated|Client has encountered a connection error|Client was closed)/.test(
    error.message,
  );
}

/** Checks whether `pg` ended a connection because a message of the server fits no query. These errors have no code. */
export function isMessageOutOfPlace(error: Error): boolean {
  return /^Received unexpected \w+ message from backend/.test(error.message);
}
