import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContextOptions,
} from 'node:tls';
import { readSystemAuthorities } from './connection/system-authorities.js';
import { ConnectionError } from './errors.js';
import { describeTarget, isSocketDirectory, type SslMode, type Target } from './target.js';

/** How one attempt to connect goes over the wire. */
export type Encryption = 'plain' | 'tls';

const ENCRYPTIONS: Readonly<Record<SslMode, readonly Encryption[]>> = {
  disable: ['plain'],
  allow: ['plain', 'tls'],
  prefer: ['tls', 'plain'],
  require: ['tls'],
  'verify-ca': ['tls'],
  'verify-full': ['tls'],
};

/**
 * What an `sslmode` tries, in libpq's order. The second comes to its turn when the server refuses the first.
 * A Unix socket is never encrypted, whatever the mode.
 */
export function encryptionsToTry(target: Target): readonly Encryption[] {
  return isSocketDirectory(target.host) ? ['plain'] : ENCRYPTIONS[target.tls.mode];
}

/**
 * What Node needs to speak TLS with a target as libpq would. As there, the server's chain is verified in every
 * mode for which the file of authorities exists, and a certificate of our own is sent if its file exists.
 * Secrets end up inside the opaque context and nowhere else.
 *
 * @throws ConnectionError if a file is missing that the mode needs, or is there and cannot be used
 */
export async function tlsOptions(target: Target): Promise<ConnectionOptions> {
  const authorities = await readAuthorities(target);
  const identity = await readOwnCertificate(target);
  const secureContext = makeContext(target, { ...authorities, ...identity });
  return {
    secureContext,
    rejectUnauthorized: authorities !== undefined,
    checkServerIdentity: (_host, certificate) =>
      target.tls.mode === 'verify-full' ? nameMismatch(target.host, certificate) : undefined,
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
  };
}

/** Undefined means: do not verify. No `ca` in the result means: Node's own authorities. */
async function readAuthorities(target: Target): Promise<SecureContextOptions | undefined> {
  const { mode, rootCertificate, revocationList } = target.tls;
  const crl = await readPem(target, revocationList);
  if (rootCertificate === 'system') return { ...(await readSystemAuthorities()), ...(crl && { crl }) };
  const ca = await readPem(target, rootCertificate);
  if (ca !== undefined) return { ca, ...(crl && { crl }) };
  if (mode !== 'verify-ca' && mode !== 'verify-full') return undefined;
  throw new ConnectionError(
    'tls_root_certificate_missing',
    `${describeTarget(target)} cannot be verified: there is no file of trusted authorities at ${rootCertificate}.`,
    {
      remedy: `Put the certificate of the server's authority there, or name its file with sslrootcert; for a certificate of a public authority write sslmode=verify-full&sslrootcert=system. sslmode=require encrypts without verifying.`,
    },
  );
}

async function readOwnCertificate(target: Target): Promise<SecureContextOptions> {
  const { certificate, key, keyPassword } = target.tls;
  const cert = certificate === undefined ? undefined : await readPem(target, certificate);
  if (cert === undefined) return {};
  const keyText = await readPem(target, key);
  if (keyText === undefined) {
    throw unusable(target, `the certificate ${certificate} is there, but its private key ${key} is not`);
  }
  return { cert, key: keyText, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) };
}

/** The text of a PEM file, or undefined where there is none. */
async function readPem(target: Target, file: string): Promise<string | undefined> {
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  const text = await readFile(file, { encoding: 'utf8' }).catch((cause) => {
    throw unusable(target, `${file} cannot be read (${messageOf(cause)})`, cause);
  });
  if (!text.includes('-----BEGIN ')) throw unusable(target, `${file} is no PEM file`);
  return text;
}

function makeContext(target: Target, material: SecureContextOptions): ConnectionOptions['secureContext'] {
  const { certificate, key, minimumVersion, maximumVersion } = target.tls;
  try {
    return createSecureContext({
      ...material,
      minVersion: minimumVersion,
      ...(maximumVersion === undefined ? {} : { maxVersion: maximumVersion }),
    });
  } catch (cause) {
    const files =
      material.cert === undefined ? 'its authorities' : `the certificate ${certificate} and its key ${key}`;
    throw unusable(target, `${files} cannot be used (${messageOf(cause)})`, cause);
  }
}

function unusable(target: Target, problem: string, cause?: unknown): ConnectionError {
  return new ConnectionError(
    'tls_files_unusable',
    `TLS with ${describeTarget(target)} cannot start: ${problem}.`,
    {
      remedy:
        'Correct the files that sslrootcert, sslcrl, sslcert and sslkey name (by default those in ~/.postgresql), and sslpassword if the key is encrypted.',
      cause,
    },
  );
}

/** As libpq: names and addresses in the certificate's alternative names; its common name if it has none of them. */
function nameMismatch(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined && certificate.subject.CN === host) return undefined;
  return checkServerIdentity(host, certificate);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
