import { ConnectionError } from '../errors.js';
import { describeTarget, isSocketDirectory, type Target } from '../target.js';
import type { Sentences } from './sentences.js';

const REACHABLE = 'Check host and port in the URL, and whether a firewall is between.';

/**
 * Explains that a server could not be reached, by the code that the system gave the error.
 *
 * @returns undefined if the error is not one of the network's
 */
export function explainNetworkError(error: unknown, target: Target): ConnectionError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : undefined;
  const sentences = isSocketDirectory(target.host)
    ? (socketProblem(code, target) ?? networkProblem(code, error, target))
    : networkProblem(code, error, target);
  if (sentences === undefined) return undefined;
  const [ownCode, problem, remedy] = sentences;
  return new ConnectionError(ownCode, `${describeTarget(target)} ${problem}.`, { remedy, cause: error });
}

function socketProblem(code: string | undefined, target: Target): Sentences | undefined {
  const socket = `${target.host}/.s.PGSQL.${target.port}`;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED') {
    return [
      'connection_refused',
      `cannot be reached: no server listens on the socket ${socket}`,
      'Start PostgreSQL, or correct the directory and the port: its setting unix_socket_directories has the first.',
    ];
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return [
      'connection_refused',
      `cannot be reached: this user may not open the socket ${socket}`,
      'Run the command as a user who may, or connect to localhost instead.',
    ];
  }
  return undefined;
}

function networkProblem(code: string | undefined, error: Error, target: Target): Sentences | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return [
        'connection_refused',
        'refuses connections: no server listens there',
        `Start PostgreSQL, or correct host and port in the URL; a server on another machine must listen on more than localhost (listen_addresses).`,
      ];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return [
        'host_not_found',
        `cannot be reached: the name ${target.host} cannot be looked up (${code})`,
        'Check the spelling of the host in the URL, and the name server of this machine.',
      ];
    case 'ETIMEDOUT':
      return ['connection_timeout', 'does not answer', REACHABLE];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return ['host_unreachable', `cannot be reached from this machine (${code})`, REACHABLE];
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return closed(target, ` (${code})`);
    default:
      return error.message === 'Connection terminated unexpectedly' ? closed(target, '') : undefined;
  }
}

function closed(target: Target, detail: string): Sentences {
  const direct = 'Remove sslnegotiation=direct if the server is older than PostgreSQL 17, and check';
  return [
    'connection_closed',
    `closed the connection before anybody was logged in${detail}`,
    `${target.tls.negotiation === 'direct' ? direct : 'Check'} that host and port are those of PostgreSQL, and look into its log; a proxy without a server behind it does this too.`,
  ];
}
