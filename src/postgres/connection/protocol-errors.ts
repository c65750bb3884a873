import { ConnectionError } from '../errors/explained-error.js';

const TRY_AGAIN =
  'Check that host and port are those of PostgreSQL or its pooler, and that no proxy in between changes the data. Then run the command again.';
const THIRD_PARTY =
  'A third party may pretend to be the server. Check host and port in the URL, report it to the administrator of the network, and verify the server with sslmode=verify-full.';

/**
 * Makes the error for a message that a PostgreSQL server does not send.
 *
 * @param where the described target
 * @param detail what was sent, as the rest of a sentence after "It sent …"; without a full stop
 */
export function protocolViolation(where: string, detail: string, cause?: unknown): ConnectionError {
  return new ConnectionError(
    'protocol_violation',
    `${where} broke the protocol of PostgreSQL: it sent ${detail}.`,
    { remedy: TRY_AGAIN, cause },
  );
}

/**
 * Makes the error for an answer that would take too much memory.
 *
 * @param what the answer and the limit, as the rest of a sentence after the described target
 */
export function answerTooLarge(where: string, what: string): ConnectionError {
  return new ConnectionError('answer_too_large', `${where} sent ${what}.`, {
    remedy:
      'If a statement of a migration returns this many rows or such long values, remove it: no migration needs them. If not, check what answers on this host and port.',
  });
}

/**
 * Makes the error for a server that requests a login in an order that no server has, to get at the password.
 *
 * @param detail what it did, as the rest of a sentence after the described target; without a full stop
 */
export function loginTampered(where: string, detail: string): ConnectionError {
  return new ConnectionError('login_tampered', `${where} ${detail}. The request was not answered.`, {
    remedy: THIRD_PARTY,
  });
}

/**
 * Makes the error for a server that does not prove that it knows the password, which SCRAM requires of it.
 *
 * @param detail what it did instead, as the rest of a sentence after the described target; without a full stop
 */
export function serverUnproven(where: string, detail: string, cause?: unknown): ConnectionError {
  return new ConnectionError('server_unproven', `${where} ${detail}.`, { remedy: THIRD_PARTY, cause });
}

/** Makes the error for a login that is not bound to the server's certificate although `channel_binding=require`. */
export function channelBindingUnavailable(where: string): ConnectionError {
  return new ConnectionError(
    'channel_binding_unavailable',
    `${where} does not support channel binding, and channel_binding=require requires it.`,
    {
      remedy:
        'Use TLS (sslmode=require or stronger) and a user who logs in with scram-sha-256. Many poolers and proxies do not support channel binding; remove channel_binding from the URL for these.',
    },
  );
}

/**
 * Makes the error for a login method that this package does not have.
 *
 * @param method completes "requires a login with …"
 */
export function loginMethodUnsupported(where: string, method: string): ConnectionError {
  return new ConnectionError(
    'login_method_unsupported',
    `${where} requires a login with ${method}, which this package does not support.`,
    {
      remedy:
        'Ask an administrator to add a line to its pg_hba.conf that lets this user log in with scram-sha-256 or a certificate.',
    },
  );
}
