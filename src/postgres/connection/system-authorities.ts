import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';

/** Where Debian, Red Hat, SUSE, Alpine, macOS and the BSDs keep the authorities that they trust, in one file. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The authorities of `sslrootcert=system`: the file in `SSL_CERT_FILE`, as OpenSSL has it, else the operating
 * system's bundle, with `NODE_EXTRA_CA_CERTS` added; where there is no bundle, those that Node carries.
 *
 * @returns `ca`, or nothing for Node's own
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
