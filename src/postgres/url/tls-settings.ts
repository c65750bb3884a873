import type { SecureVersion } from 'node:tls';
import type { SslMode, TlsSettings } from '../connection/target.js';
import { UsageError } from '../errors/explained-error.js';
import type { Settings } from './settings.js';
import { userFile } from './user-files.js';

/**
 * Reads the settings of TLS from a URL and the environment, with libpq's defaults.
 *
 * @param isLoopback whether the server is on this machine. The default `sslmode` is then `allow`: no one can eavesdrop,
 *   and asking for TLS costs a round trip.
 * @throws UsageError if two settings contradict each other
 */
export function readTlsSettings(
  settings: Settings,
  environment: NodeJS.ProcessEnv,
  isLoopback: boolean,
): TlsSettings {
  const tls: TlsSettings = {
    mode: sslModeOf(settings, isLoopback),
    negotiation: settings('sslnegotiation') === 'direct' ? 'direct' : 'postgres',
    rootCertificate: settings('sslrootcert') ?? userFile(environment, 'root.crt'),
    revocationList: settings('sslcrl') ?? userFile(environment, 'root.crl'),
    certificate:
      settings('sslcertmode') === 'disable'
        ? undefined
        : (settings('sslcert') ?? userFile(environment, 'postgresql.crt')),
    key: settings('sslkey') ?? userFile(environment, 'postgresql.key'),
    keyPassword: settings('sslpassword'),
    minimumVersion: (settings('ssl_min_protocol_version') ?? 'TLSv1.2') as SecureVersion,
    maximumVersion: settings('ssl_max_protocol_version') as SecureVersion | undefined,
  };
  checkTls(tls);
  return tls;
}

function sslModeOf(settings: Settings, isLoopback: boolean): SslMode {
  const mode = settings('sslmode');
  if (mode !== undefined) return mode as SslMode;
  if (settings('sslrootcert') === 'system') return 'verify-full';
  return isLoopback && settings('channel_binding') !== 'require' ? 'allow' : 'prefer';
}

function checkTls(tls: TlsSettings): void {
  if (tls.rootCertificate === 'system' && tls.mode !== 'verify-full') {
    throw contradiction(
      `sslmode=${tls.mode} is too weak for sslrootcert=system, which trusts every public certificate authority.`,
      'Set sslmode=verify-full, or set sslrootcert to the file of your certificate authority.',
    );
  }
  if (tls.negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(tls.mode)) {
    throw contradiction(
      `sslmode=${tls.mode} is too weak for sslnegotiation=direct, which starts TLS without asking the server.`,
      'Set sslmode=require or stronger, or remove sslnegotiation.',
    );
  }
  if (tls.maximumVersion !== undefined && tls.minimumVersion > tls.maximumVersion) {
    throw contradiction(
      'ssl_min_protocol_version is above ssl_max_protocol_version.',
      'Correct one of the two. The minimum is TLSv1.2 by default.',
    );
  }
}

function contradiction(message: string, remedy: string): UsageError {
  return new UsageError('invalid_parameter', message, { remedy });
}
