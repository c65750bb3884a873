import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** PEM files made for one test server; every path is absolute. */
export interface Certificates {
  /** The authority that signed all other certificates. */
  readonly authority: string;
  /** An authority that signed nothing. */
  readonly stranger: string;
  /** The server's certificate, valid for `localhost` and not for `127.0.0.1`. */
  readonly server: string;
  readonly serverKey: string;
  /** An expired certificate of the same server. */
  readonly expired: string;
  /** A certificate of the same server with the common name `127.0.0.1` and no alternative names. */
  readonly named: string;
  /** A revocation list that revokes `server`. */
  readonly revocations: string;
  /** The client certificate of the role `certified`. */
  readonly client: string;
  readonly clientKey: string;
  /** The same key, encrypted. */
  readonly encryptedKey: string;
}

/** The password of the encrypted key. */
export const KEY_PASSWORD = 'key-secret';

/** Makes certificates with the program `openssl`; with elliptic curve keys, which are fast to make. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: directory });
  const key = (file: string): Promise<unknown> =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file);
  const authority = (name: string): Promise<unknown> =>
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      `/CN=${name}`,
      '-days',
      '10',
      '-out',
      `${name}.crt`,
    );
  const sign = async (file: string, keyFile: string, subject: string, ...more: string[]): Promise<void> => {
    await openssl('req', '-new', '-key', keyFile, '-subj', `/CN=${subject}`, '-out', `${file}.csr`);
    const issuer = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-set_serial', `${1 + serial++}`];
    await openssl('x509', '-req', '-in', `${file}.csr`, ...issuer, ...more, '-out', file);
  };
  let serial = 0;

  await Promise.all(['authority.key', 'stranger.key', 'server.key', 'client.key'].map(key));
  await writeFile(at('names'), 'subjectAltName=DNS:localhost');
  await writeFile(
    at('ca.conf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=10\n',
  );
  await writeFile(at('index'), '');
  await Promise.all([authority('authority'), authority('stranger')]);
  const names = ['-extfile', 'names'];
  await Promise.all([
    sign('server.crt', 'server.key', 'localhost', '-days', '10', ...names),
    sign('expired.crt', 'server.key', 'localhost', '-days', '0', ...names),
    sign('named.crt', 'server.key', '127.0.0.1', '-days', '10'),
    sign('client.crt', 'client.key', 'certified', '-days', '10'),
    openssl(
      'ec',
      '-in',
      'client.key',
      '-aes256',
      '-passout',
      `pass:${KEY_PASSWORD}`,
      '-out',
      'encrypted.key',
    ),
  ]);
  const issuer = ['ca', '-config', 'ca.conf', '-cert', 'authority.crt', '-keyfile', 'authority.key'];
  await openssl(...issuer, '-revoke', 'server.crt');
  await openssl(...issuer, '-gencrl', '-out', 'revocations.pem');
  return {
    authority: at('authority.crt'),
    stranger: at('stranger.crt'),
    server: at('server.crt'),
    serverKey: at('server.key'),
    expired: at('expired.crt'),
    named: at('named.crt'),
    revocations: at('revocations.pem'),
    client: at('client.crt'),
    clientKey: at('client.key'),
    encryptedKey: at('encrypted.key'),
  };
}
