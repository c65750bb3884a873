import { isSocketDirectory, type Target } from '../connection/target.js';
import { isClientWithoutConnection } from '../driver/pg-internals.js';
import type { ConnectionError } from '../errors/explained-error.js';
import { type Diagnosis, errorOf } from './diagnosis.js';

const CHECK_ADDRESS =
  'Check host and port in the URL, and the firewalls between this machine and the server.';

/**
 * Explains that a server could not be reached, by the code that the operating system gave the error.
 *
 * @returns undefined if the error is not a network error
 */
export function explainNetworkError(error: unknown, target: Target): ConnectionError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : undefined;
  const diagnosis =
    (isSocketDirectory(target.host) ? diagnoseSocket(code, target) : undefined) ??
    diagnoseNetwork(code, error, target);
  return diagnosis && errorOf(diagnosis, target, error);
}

function diagnoseSocket(code: string | undefined, target: Target): Diagnosis | undefined {
  const socket = `${target.host}/.s.PGSQL.${target.port}`;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED') {
    return {
      code: 'connection_refused',
      problem: `cannot be reached: no server listens on the socket ${socket}`,
      remedy:
        "Start PostgreSQL, or correct host and port in the URL. The host must be a directory in the server's setting unix_socket_directories.",
    };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      code: 'connection_refused',
      problem: `cannot be reached: this user of the operating system may not open the socket ${socket}`,
      remedy: 'Run the command as a user who may open it, or connect to localhost instead.',
    };
  }
  return undefined;
}

function diagnoseNetwork(code: string | undefined, error: Error, target: Target): Diagnosis | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return {
        code: 'connection_refused',
        problem: 'refuses connections: no server listens on this host and port',
        remedy:
          'Start PostgreSQL, or correct host and port in the URL. A server on another machine must listen on more than localhost: check its setting listen_addresses.',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return {
        code: 'host_not_found',
        problem: `cannot be reached: the host name ${target.host} does not resolve to an address (${code})`,
        remedy: 'Correct the host in the URL, or the DNS settings of this machine.',
      };
    case 'ETIMEDOUT':
      return { code: 'connection_timeout', problem: 'did not answer', remedy: CHECK_ADDRESS };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return {
        code: 'host_unreachable',
        problem: `cannot be reached: this machine has no route to it (${code})`,
        remedy: CHECK_ADDRESS,
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return closedConnection(target, ` (${code})`);
    default:
      return isClientWithoutConnection(error) ? closedConnection(target, '') : undefined;
  }
}

function closedConnection({ tls }: Target, detail: string): Diagnosis {
  const direct =
    tls.negotiation === 'direct'
      ? 'Remove sslnegotiation=direct from the URL if the server is older than PostgreSQL 17. '
      : '';
  return {
    code: 'connection_closed',
    problem: `closed the connection during the login${detail}`,
    remedy: `${direct}Check that host and port are those of PostgreSQL, and read the log of the server. A proxy that cannot reach its server also closes connections.`,
  };
}
