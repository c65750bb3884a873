import type { Stats } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, PeerCertificate, SecureContextOptions } from 'node:tls';
import { readRegularFile } from '../../text/regular-file.js';
import { shellQuote } from '../../text/shell-quote.js';
import { ConnectionError } from '../errors/explained-error.js';
import { describeExposure } from './file-exposure.js';
import { readSystemAuthorities } from './system-authorities.js';
import { describeTarget, isSocketDirectory, type SslMode, type Target } from './target.js';

/** Loaded only for a login that is encrypted. */
type Tls = typeof import('node:tls');

/** How one login is sent over the network. */
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
 * Lists the kinds of encryption that an `sslmode` tries, in libpq's order: the second only if the server refuses the first.
 * A Unix socket is never encrypted.
 */
export function encryptionsToTry(target: Target): readonly Encryption[] {
  return isSocketDirectory(target.host) ? ['plain'] : ENCRYPTIONS[target.tls.mode];
}

/**
 * Returns the options with which Node.js speaks TLS as libpq would. If the file of certificate authorities exists, every
 * mode verifies the server's chain; if the file of a client certificate exists, it is sent. Secrets are only in the opaque
 * secure context.
 *
 * @throws ConnectionError if a file that the mode needs is missing, or a file cannot be used
 */
export async function tlsOptions(target: Target): Promise<ConnectionOptions> {
  const authorities = await readAuthorities(target);
  const identity = await readClientCertificate(target);
  const tls = await import('node:tls');
  const secureContext = makeContext(tls, target, { ...authorities, ...identity });
  return {
    secureContext,
    rejectUnauthorized: authorities !== undefined,
    checkServerIdentity: (_host, certificate) =>
      target.tls.mode === 'verify-full' ? nameMismatch(tls, target.host, certificate) : undefined,
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
  };
}

/** Returns undefined to verify nothing; without `ca`, Node.js uses its own certificate authorities. */
async function readAuthorities(target: Target): Promise<SecureContextOptions | undefined> {
  const { mode, rootCertificate, revocationList } = target.tls;
  const crl = await readPem(target, revocationList);
  if (rootCertificate === 'system') return { ...(await readSystem(target)), ...(crl && { crl }) };
  const ca = await readPem(target, rootCertificate);
  if (ca !== undefined) return { ca, ...(crl && { crl }) };
  if (mode !== 'verify-ca' && mode !== 'verify-full') return undefined;
  throw new ConnectionError(
    'tls_root_certificate_missing',
    `${describeTarget(target)} cannot be verified: the file of certificate authorities ${rootCertificate} does not exist.`,
    {
      remedy:
        "Write the certificate of the server's certificate authority to that file, or set sslrootcert to another file. If a public authority has signed it, set sslmode=verify-full&sslrootcert=system. sslmode=require encrypts without verifying.",
    },
  );
}

async function readSystem(target: Target): Promise<SecureContextOptions> {
  return readSystemAuthorities().catch((cause: unknown) => {
    throw unusable(target, messageOf(cause));
  });
}

async function readClientCertificate(target: Target): Promise<SecureContextOptions> {
  const { certificate, key, keyPassword } = target.tls;
  const cert = certificate === undefined ? undefined : await readPem(target, certificate);
  if (cert === undefined) return {};
  const keyText = await readPem(target, key, checkPrivateKey);
  if (keyText === undefined) {
    throw unusable(target, `the certificate ${certificate} exists, but its private key ${key} does not`);
  }
  return { cert, key: keyText, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) };
}

/**
 * Reads a PEM file; undefined if it does not exist.
 *
 * @param checkStatus throws if the file must not be used
 */
async function readPem(
  target: Target,
  path: string,
  checkStatus?: (target: Target, status: Stats) => void,
): Promise<string | undefined> {
  const file = await readRegularFile(path);
  if (file.kind === 'missing') return undefined;
  if (file.kind !== 'content') throw unusable(target, `${path} ${file.problem}`);
  checkStatus?.(target, file.status);
  const text = file.bytes.toString();
  if (!text.includes('-----BEGIN ')) throw unusable(target, `${path} is not a PEM file`);
  return text;
}

/** Checks as libpq does that only its owner may access a private key. The group may read one that belongs to root. */
function checkPrivateKey(target: Target, status: Stats): void {
  const exposure = describeExposure(status, 0o037);
  if (exposure === undefined) return;
  const { key } = target.tls;
  throw new ConnectionError(
    'tls_key_exposed',
    `TLS with ${describeTarget(target)} could not start: other users may access the private key ${key} (${exposure}).`,
    { remedy: `Run chmod 600 ${shellQuote(key)} so that only its owner may access it.` },
  );
}

function makeContext(
  tls: Tls,
  target: Target,
  material: SecureContextOptions,
): ConnectionOptions['secureContext'] {
  const { certificate, key, minimumVersion, maximumVersion } = target.tls;
  try {
    return tls.createSecureContext({
      ...material,
      minVersion: minimumVersion,
      ...(maximumVersion === undefined ? {} : { maxVersion: maximumVersion }),
    });
  } catch (cause) {
    const files =
      material.cert === undefined
        ? 'the certificate authorities'
        : `the certificate ${certificate} and its key ${key}`;
    throw unusable(target, `${files} cannot be used (${messageOf(cause)})`, cause);
  }
}

function unusable(target: Target, problem: string, cause?: unknown): ConnectionError {
  return new ConnectionError(
    'tls_files_unusable',
    `TLS with ${describeTarget(target)} could not start: ${problem}.`,
    {
      remedy:
        'Correct the files in sslrootcert, sslcrl, sslcert and sslkey (by default those in ~/.postgresql), and sslpassword if the key is encrypted.',
      cause,
    },
  );
}

/** Like libpq, compares the host with the certificate's alternative names, or with its common name if it has none. */
function nameMismatch(tls: Tls, host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined && certificate.subject.CN === host) return undefined;
  return tls.checkServerIdentity(host, certificate);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
