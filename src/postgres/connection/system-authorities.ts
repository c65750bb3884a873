import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';

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
 */
export async function readSystemAuthorities(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Pick<SecureContextOptions, 'ca'>> {
  const named = environment.SSL_CERT_FILE;
  const bundle = await firstReadable(named === undefined || named === '' ? BUNDLES : [named]);
  if (bundle === undefined) return {};
  const extra = await firstReadable([environment.NODE_EXTRA_CA_CERTS ?? '']);
  return { ca: extra === undefined ? [bundle] : [bundle, extra] };
}

async function firstReadable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const text = await readFile(file, { encoding: 'utf8' }).catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
