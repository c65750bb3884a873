import type { SecureVersion } from 'node:tls';
import { UsageError } from '../errors.js';
import type { SslMode, TlsSettings } from '../target.js';
import type { Settings } from './settings.js';
import { userFile } from './user-files.js';

/**
 * Reads what a URL and the environment say about TLS, with libpq's defaults.
 *
 * @param isLoopback whether the server is on this machine's loopback: without an `sslmode` such a server is asked
 *   for TLS only if it insists (`allow`), since nobody is there to listen and asking costs a round trip
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
      `sslmode=${tls.mode} is too weak for sslrootcert=system, which trusts every public authority.`,
      'Write sslmode=verify-full, or name the file of your own authority in sslrootcert.',
    );
  }
  if (tls.negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(tls.mode)) {
    throw contradiction(
      `sslmode=${tls.mode} is too weak for sslnegotiation=direct, which does without asking the server.`,
      'Write sslmode=require or stronger, or remove sslnegotiation.',
    );
  }
  if (tls.maximumVersion !== undefined && tls.minimumVersion > tls.maximumVersion) {
    throw contradiction(
      `ssl_min_protocol_version is above ssl_max_protocol_version.`,
      'Correct one of the two; the minimum is TLSv1.2 where none is given.',
    );
  }
}

function contradiction(message: string, remedy: string): UsageError {
  return new UsageError('invalid_parameter', message, { remedy });
}
