import { TLSSocket } from 'node:tls';
import type pg from '../driver/pg.js';
import { cancelInsteadOfLogin, streamOf } from '../driver/pg-internals.js';
import { ConnectionError } from '../errors/explained-error.js';
import { makeClient } from './client.js';
import { describeTarget, type Target } from './target.js';
import { tlsOptions } from './tls.js';

/** The longest request, in seconds, if the target has no limit for a login. */
const LONGEST_REQUEST_SECONDS = 10;

/**
 * Asks a server to cancel the statement that a client waits for. The request needs no login, so it succeeds also when the
 * server has no connection free. A pooler passes it on to the server process that executes the statement. It is encrypted
 * if the connection of the client is.
 *
 * The server does not answer whether there was a statement to cancel: it closes the connection. It is never closed earlier
 * from here, because PgBouncer 1.18 ends with an error then, with all connections of its other clients.
 *
 * @param running the client that waits
 * @param target where it is connected to
 * @throws ConnectionError `connection_timeout` if the server is silent
 */
export async function requestCancel(running: pg.Client, target: Target): Promise<void> {
  const isEncrypted = streamOf(running) instanceof TLSSocket;
  const ssl = isEncrypted ? await tlsOptions(target) : false;
  const { client } = makeClient({ target, ssl, pipeline: false, streamsRows: false, hasOfferedSasl: false });
  cancelInsteadOfLogin(client, running);
  let isSilent = false;
  const seconds = target.connectTimeoutSeconds || LONGEST_REQUEST_SECONDS;
  const timer = setTimeout(() => {
    isSilent = true;
    streamOf(client).destroy();
  }, seconds * 1000);
  // It always fails: the server closes the connection, also if the request has succeeded.
  await client.connect().catch(() => undefined);
  clearTimeout(timer);
  streamOf(client).destroy();
  if (!isSilent) return;
  throw new ConnectionError(
    'connection_timeout',
    `${describeTarget(target)} did not answer within ${seconds} s, so its current statement could not be canceled.`,
    { remedy: 'The server may still execute it. Run the command again when the server answers.' },
  );
}
