import type { SecureVersion } from 'node:tls';
import { inspect } from 'node:util';

/** How a connection is encrypted and how far the server is verified; libpq's `sslmode`. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** The settings of TLS. A file that does not exist has the same effect as in libpq. */
export interface TlsSettings {
  readonly mode: SslMode;
  /** `direct` starts TLS immediately, without asking the server first (PostgreSQL 17 or newer). */
  readonly negotiation: 'postgres' | 'direct';
  /** The PEM file of trusted certificate authorities, or `system`. */
  readonly rootCertificate: string;
  /** The PEM file of revoked certificates. */
  readonly revocationList: string;
  /** The PEM file of the client certificate; undefined to send none. */
  readonly certificate: string | undefined;
  /** The PEM file of its private key. */
  readonly key: string;
  /** Decrypts an encrypted key. */
  readonly keyPassword: string | undefined;
  readonly minimumVersion: SecureVersion;
  readonly maximumVersion: SecureVersion | undefined;
}

/**
 * A server, a database on it, and how to connect to it. Printing one (`console.log`, `JSON.stringify`) shows its
 * description, never its passwords. The same holds for a copy made with spread.
 */
export interface Target {
  /** A name, an IP address, or the directory of a Unix socket. */
  readonly host: string;
  /** The IP address to connect to instead of resolving `host`; libpq's `hostaddr`. */
  readonly address: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** The password file to read if `password` is undefined; libpq's `passfile`. */
  readonly passwordFile: string;
  readonly database: string;
  /** Settings for the session, such as `-c lock_timeout=4s`. */
  readonly options: string | undefined;
  /** The limit for all of connecting; 0 for no limit. */
  readonly connectTimeoutSeconds: number;
  /** The idle time before TCP keepalive probes; undefined for no keepalive, 0 for the system's default. */
  readonly keepAliveIdleSeconds: number | undefined;
  /** Whether the login is bound to the server's certificate (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: 'disable' | 'prefer' | 'require';
  /** The property that the session must have; libpq's `target_session_attrs`. */
  readonly sessionAttributes: 'any' | 'read-write' | 'primary';
  readonly tls: TlsSettings;
}

/**
 * Makes a target that hides its passwords when it is printed.
 *
 * @param fields every field of the target
 */
export function makeTarget(fields: Target): Target {
  return { ...fields, tls: hideKeyPassword(fields.tls), ...describedWhenPrinted };
}

/**
 * Describes where a connection goes. The description is also a URL of the same database, without the password.
 *
 * @returns `postgresql://user@host:5432/database`, safe to print: special characters are percent-encoded
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

/** Checks whether a host is the directory of a Unix socket. */
export function isSocketDirectory(host: string): boolean {
  return host.startsWith('/');
}

/** Checks whether a host is this machine. */
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
