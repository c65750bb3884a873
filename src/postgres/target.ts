import type { SecureVersion } from 'node:tls';
import { inspect } from 'node:util';

/** How a connection is encrypted and how far the server is verified, in libpq's words. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Everything about TLS; files that are not there are treated as libpq treats them. */
export interface TlsSettings {
  readonly mode: SslMode;
  /** `direct` starts with TLS at once, without asking the server first (PostgreSQL 17). */
  readonly negotiation: 'postgres' | 'direct';
  /** The PEM file of trusted authorities, or `system`. */
  readonly rootCertificate: string;
  /** The PEM file of what the authorities have revoked. */
  readonly revocationList: string;
  /** The PEM file of our own certificate; undefined when none is to be sent. */
  readonly certificate: string | undefined;
  /** The PEM file of its private key. */
  readonly key: string;
  /** Opens an encrypted key. */
  readonly keyPassword: string | undefined;
  readonly minimumVersion: SecureVersion;
  readonly maximumVersion: SecureVersion | undefined;
}

/**
 * A server, a database on it, and how to get there. Printing one (`console.log`, `JSON.stringify`) shows its
 * description, never its passwords; a copy by spread stays as safe.
 */
export interface Target {
  /** A name, an IP address, or the directory of a Unix socket. */
  readonly host: string;
  /** The IP address to connect to in place of looking `host` up; libpq's `hostaddr`. */
  readonly address: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** Where a password is looked up when there is none; libpq's `passfile`. */
  readonly passwordFile: string;
  readonly database: string;
  /** Server settings for the session, as in `-c lock_timeout=4s`. */
  readonly options: string | undefined;
  /** For the whole of connecting; 0 is without limit. */
  readonly connectTimeoutSeconds: number;
  /** After how many seconds of silence TCP asks whether the server is alive; undefined is never, 0 is the system's default. */
  readonly keepAliveIdleSeconds: number | undefined;
  /** Whether the login is tied to the server's certificate (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: 'disable' | 'prefer' | 'require';
  /** What the server must be ready for. */
  readonly sessionAttributes: 'any' | 'read-write' | 'primary';
  readonly tls: TlsSettings;
}

/**
 * A target of these fields whose passwords stay hidden when it is printed.
 *
 * @param fields every field of the target
 */
export function makeTarget(fields: Target): Target {
  return { ...fields, tls: hideKeyPassword(fields.tls), ...describedWhenPrinted };
}

/**
 * Where a connection goes, for people. It is also a URL that opens the same database, given the password.
 *
 * @returns `postgresql://user@host:5432/database`, never a password; special characters are percent-encoded,
 *   so it is safe to print anywhere
 * @example
 * ```ts
 * describeTarget(parseDatabaseUrl('postgres://ann:secret@db/survey')); // 'postgresql://ann@db:5432/survey'
 * ```
 */
export function describeTarget(target: Target): string {
  const user = encodeURIComponent(target.user);
  const database = encodeURIComponent(target.database);
  if (isSocketDirectory(target.host)) {
    const directory = encodeURIComponent(target.host).replaceAll('%2F', '/');
    return `postgresql://${user}@/${database}?host=${directory}&port=${target.port}`;
  }
  const host = target.host.includes(':')
    ? `[${target.host.replaceAll('%', '%25')}]`
    : encodeURIComponent(target.host);
  return `postgresql://${user}@${host}:${target.port}/${database}`;
}

/** Whether the host is the directory of a Unix socket. */
export function isSocketDirectory(host: string): boolean {
  return host.startsWith('/');
}

/** Whether what is sent to the host stays in this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const describedWhenPrinted = {
  [inspect.custom](this: Target): string {
    return describeTarget(this);
  },
  toJSON(this: Target): string {
    return describeTarget(this);
  },
};

function hideKeyPassword(tls: TlsSettings): TlsSettings {
  const shown = (): string => `sslmode=${tls.mode}`;
  return { ...tls, [inspect.custom]: shown, toJSON: shown } as TlsSettings;
}
