import { ConnectionError } from '../errors.js';
import type { Encryption } from '../tls.js';

/** The message types that PostgreSQL begins a conversation with: authentication, error, notice, protocol version. */
const FIRST_MESSAGES = 'RENv';
/** Authentication requests that need Kerberos or Windows. */
const KERBEROS_REQUESTS = [2, 6, 7, 8, 9];

/**
 * Decides by the first bytes that a server sends whether it is PostgreSQL and lets us log in with what we have.
 * `pg` would wait for ever for the rest of a message that begins with `HTTP`, and would end the process on a
 * request for Kerberos.
 *
 * @param reply the first bytes, as they came
 * @param waitsFor `tls` when the server was asked whether it does TLS and has not answered yet
 * @param where the described target
 * @returns what is wrong, or undefined if nothing is
 */
export function judgeFirstReply(
  reply: Buffer,
  waitsFor: Encryption,
  where: string,
): ConnectionError | undefined {
  const type = String.fromCharCode(reply[0] ?? 0);
  if (waitsFor === 'tls' ? /^[SN]$/.test(reply.toString('latin1')) : FIRST_MESSAGES.includes(type)) {
    return type === 'R' && reply.length >= 9 && KERBEROS_REQUESTS.includes(reply.readInt32BE(5))
      ? wantsKerberos(where)
      : undefined;
  }
  return new ConnectionError('not_postgresql', `What answers at ${where} is not a PostgreSQL server.`, {
    remedy: `${guess(reply)}Check host and port: PostgreSQL's port is 5432 unless somebody changed it.`,
  });
}

function guess(reply: Buffer): string {
  if (reply.toString('latin1', 0, 5) === 'HTTP/') return 'It speaks HTTP. ';
  if (reply.toString('latin1', 0, 4) === 'SSH-') return 'It speaks SSH. ';
  if (reply[0] === 0x15) return 'It wants TLS from the first byte, as sslnegotiation=direct would. ';
  return '';
}

function wantsKerberos(where: string): ConnectionError {
  return new ConnectionError(
    'login_method_unsupported',
    `${where} wants a login by Kerberos or Windows, which cannot be done here.`,
    {
      remedy: 'Ask for a line in its pg_hba.conf that lets this user in by scram-sha-256 or by certificate.',
    },
  );
}
