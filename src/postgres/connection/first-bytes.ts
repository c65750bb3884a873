import { ConnectionError } from '../errors.js';

/** The types of the messages that a PostgreSQL server may send first: authentication, error, notice, protocol version. */
const FIRST_MESSAGES = 'RENv';
/** Authentication requests that need Kerberos or Windows. */
const KERBEROS_REQUESTS = [2, 6, 7, 8, 9];

/**
 * Checks by the first bytes of a server that it is PostgreSQL and uses a login method that `pg` supports. `pg` would wait
 * forever for the rest of a message that begins with `HTTP`, and would end the process on a request for Kerberos.
 *
 * @param bytes as they arrived
 * @param expected what a PostgreSQL server sends at this point
 * @param where the described target
 * @returns what is wrong, or undefined if nothing is
 */
export function checkFirstBytes(
  bytes: Buffer,
  expected: 'answer about TLS' | 'message',
  where: string,
): ConnectionError | undefined {
  const type = String.fromCharCode(bytes[0] ?? 0);
  const isAsExpected =
    expected === 'answer about TLS' ? /^[SN]$/.test(bytes.toString('latin1')) : FIRST_MESSAGES.includes(type);
  if (!isAsExpected) return notPostgresql(bytes, where);
  const isKerberos = type === 'R' && bytes.length >= 9 && KERBEROS_REQUESTS.includes(bytes.readInt32BE(5));
  return isKerberos ? kerberosRequired(where) : undefined;
}

function notPostgresql(bytes: Buffer, where: string): ConnectionError {
  return new ConnectionError('not_postgresql', `The server at ${where} is not PostgreSQL.`, {
    remedy: `${guessProtocol(bytes)}Check host and port in the URL. The default port of PostgreSQL is 5432.`,
  });
}

function guessProtocol(bytes: Buffer): string {
  if (bytes.toString('latin1', 0, 5) === 'HTTP/') return 'It speaks HTTP. ';
  if (bytes.toString('latin1', 0, 4) === 'SSH-') return 'It speaks SSH. ';
  if (bytes[0] === 0x15) return 'It expects TLS from the first byte, as with sslnegotiation=direct. ';
  return '';
}

function kerberosRequired(where: string): ConnectionError {
  return new ConnectionError(
    'login_method_unsupported',
    `${where} requires a login with Kerberos or Windows, which this package does not support.`,
    {
      remedy:
        'Ask an administrator to add a line to its pg_hba.conf that lets this user log in with scram-sha-256 or a certificate.',
    },
  );
}
