import type { SecureContextOptions } from 'node:tls';
import { readRegularFile } from '../../text/regular-file.js';

/** The files with the certificate authorities that Debian, Red Hat, SUSE, Alpine, macOS and the BSDs trust. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Reads the certificate authorities of `sslrootcert=system`: the file in `SSL_CERT_FILE`, as OpenSSL does, or the bundle of
 * the operating system, and the file in `NODE_EXTRA_CA_CERTS`.
 *
 * @returns `ca`, or nothing if there is no bundle, so that Node uses its own authorities
 * @throws Error with a clause that names the file, if a variable names one that exists and cannot be read
 */
export async function readSystemAuthorities(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Pick<SecureContextOptions, 'ca'>> {
  const named = environment.SSL_CERT_FILE || undefined;
  const bundle = named === undefined ? await readFirstBundle() : await readNamed(named);
  if (bundle === undefined) return {};
  const extra = await readNamed(environment.NODE_EXTRA_CA_CERTS ?? '');
  return { ca: extra === undefined ? [bundle] : [bundle, extra] };
}

async function readFirstBundle(): Promise<string | undefined> {
  for (const path of BUNDLES) {
    const file = await readRegularFile(path);
    if (file.kind === 'content') return file.bytes.toString();
  }
  return undefined;
}

async function readNamed(path: string): Promise<string | undefined> {
  const file = await readRegularFile(path);
  if (file.kind === 'missing') return undefined;
  if (file.kind !== 'content') throw new Error(`${path} ${file.problem}`);
  return file.bytes.toString();
}
