import { ConnectionError } from '../errors/explained-error.js';

/**
 * Checks the answer of a server to the request for TLS: one byte, S or N.
 *
 * A third party can insert bytes before the encryption begins. If they were read as the first of the encrypted ones, it
 * would speak for the server. So any further byte ends the connection, and none of them is shown.
 *
 * @param bytes as they arrived
 * @param where the described target
 * @throws ConnectionError if it is another answer
 */
export function checkTlsAnswer(bytes: Buffer, where: string): void {
  const answer = bytes.toString('latin1');
  if (answer === 'S' || answer === 'N') return;
  if (!answer.startsWith('S') || answer.startsWith('SSH-')) throw notPostgresql(bytes, where);
  throw new ConnectionError(
    'tls_injection',
    `${where} agreed to TLS, and bytes that are not encrypted came with its answer. A third party may have inserted them.`,
    {
      remedy:
        'Report it to the administrator of the network. Verify the server with sslmode=verify-full, and with sslnegotiation=direct if it is PostgreSQL 17 or newer.',
    },
  );
}

/**
 * Checks by the first bytes of a server that it is PostgreSQL: a request for authentication or an error.
 *
 * @param bytes as they arrived; one is enough
 * @param where the described target
 * @throws ConnectionError if it is another program
 */
export function checkFirstMessage(bytes: Buffer, where: string): void {
  const isAuthentication = bytes[0] === 'R'.charCodeAt(0);
  if (!isAuthentication && bytes[0] !== 'E'.charCodeAt(0)) throw notPostgresql(bytes, where);
  // The length of the message, which begins with a zero byte in PostgreSQL and with a letter in a text.
  if (bytes.length >= 5 && bytes.readUInt16BE(1) !== 0) throw notPostgresql(bytes, where);
}

function notPostgresql(bytes: Buffer, where: string): ConnectionError {
  return new ConnectionError('not_postgresql', `The server at ${where} is not PostgreSQL.`, {
    remedy: `${guessProtocol(bytes)}Check host and port in the URL. The default port of PostgreSQL is 5432.`,
  });
}

function guessProtocol(bytes: Buffer): string {
  const text = bytes.toString('latin1', 0, 5);
  if (text === 'HTTP/') return 'It speaks HTTP. ';
  if (text.startsWith('SSH-')) return 'It speaks SSH. ';
  if (text.startsWith('E')) return 'If it is, it could not start a session: read its log. ';
  if (bytes[0] === 0x15) return 'It expects TLS from the first byte, as with sslnegotiation=direct. ';
  return '';
}
