import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import type { Target } from '../../../src/postgres/connection/target.js';
import { ConnectionError } from '../../../src/postgres/errors/explained-error.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

let server: TlsServer;
let folder: string;
beforeAll(async () => {
  server = await startTlsServer();
  folder = await mkdtemp(join(tmpdir(), 'voicesurvey-files-'));
  await run('mkfifo', ['-m', '600', join(folder, 'fifo')]);
  await mkdir(join(folder, 'directory'), { mode: 0o700 });
  await symlink('/dev/zero', join(folder, 'link to a device'));
  const huge = await open(join(folder, 'huge'), 'w', 0o600);
  await huge.truncate(3_000_000_000);
  await huge.close();
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Connects; returns the error, or undefined if it connected. */
async function failureOf(target: Target): Promise<ConnectionError | undefined> {
  try {
    await (await connect(target)).close();
    return undefined;
  } catch (error) {
    if (error instanceof ConnectionError) return error;
    throw error;
  }
}

/** Files that are read for ever, or take all memory, each with what is said about it. */
const files = (): readonly (readonly [file: string, said: string])[] => [
  [join(folder, 'fifo'), 'is not a regular file'],
  ['/dev/zero', 'is not a regular file'],
  [join(folder, 'link to a device'), 'is not a regular file'],
  [join(folder, 'directory'), 'is not a regular file'],
  [join(folder, 'huge'), 'is larger than 16 MiB'],
];

describe.runIf(process.platform !== 'win32')('a FIFO, a device, a directory or a huge file', () => {
  test.each([
    'sslrootcert',
    'sslcrl',
    'sslcert',
    'sslkey',
  ])('%s is refused immediately', async (parameter) => {
    const { authority, client, clientKey } = server.certificates;
    const usable = { sslrootcert: authority, sslcert: client, sslkey: clientKey };
    for (const [file, said] of files()) {
      const parameters = new URLSearchParams({ sslmode: 'require', ...usable, [parameter]: file });
      const error = await failureOf(server.target('certified', parameters.toString().replaceAll('+', '%20')));
      expect(error?.code, file).toBe('tls_files_unusable');
      expect(error?.message, file).toContain(`${file} ${said}`);
    }
  });

  test('passfile is ignored immediately, and the error says why', async () => {
    for (const [file, said] of files()) {
      const target = { ...server.target('scrambled'), password: undefined, passwordFile: file };
      const error = await failureOf(target);
      expect(error?.code, file).toBe('password_missing');
      expect(error?.message, file).toContain(`the password file ${file} ${said}`);
    }
  });

  test('SSL_CERT_FILE and NODE_EXTRA_CA_CERTS are refused immediately with sslrootcert=system', async () => {
    for (const [file, said] of files()) {
      for (const variable of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
        vi.stubEnv('SSL_CERT_FILE', server.certificates.authority);
        vi.stubEnv(variable, file);
        const error = await failureOf(server.target('scrambled', 'sslrootcert=system'));
        expect(error?.code, file).toBe('tls_files_unusable');
        expect(error?.message, file).toContain(`${file} ${said}`);
      }
    }
  });

  test('a service file is never opened', () => {
    for (const [file] of files()) {
      const environment = { HOME: '/nonexistent', PGSERVICEFILE: file };
      expect(parseDatabaseUrl('postgresql://ann@db/survey', environment).host).toBe('db');
      const inUrl = `postgresql://ann@db/survey?servicefile=${encodeURIComponent(file)}`;
      expect(parseDatabaseUrl(inUrl, environment).host).toBe('db');
      expect(() => parseDatabaseUrl('postgresql://ann@db', { ...environment, PGSERVICE: 'survey' })).toThrow(
        /service/i,
      );
    }
  });
});

test('a password file that other users may read is ignored, and the error says how to change that', async () => {
  const file = join(folder, 'shared pgpass');
  await writeFile(file, '*:*:*:*:secret', { mode: 0o644 });
  const error = await failureOf({
    ...server.target('scrambled'),
    password: undefined,
    passwordFile: file,
  });
  expect(error?.code).toBe('password_missing');
  expect(error?.message).toContain(`the password file ${file} is ignored, since other users may access it`);
  expect(error?.remedy).toContain(`chmod 600 '${file}'`);
});

describe.runIf(process.platform !== 'win32')('the private key of a client certificate', () => {
  // The rule of libpq.
  test.each([
    ['this user', '0600', 'accepted'],
    ['this user', '0400', 'accepted'],
    ['this user', '0640', 'refused'],
    ['this user', '0620', 'refused'],
    ['this user', '0610', 'refused'],
    ['this user', '0604', 'refused'],
    ['this user', '0644', 'refused'],
    ['this user', '0777', 'refused'],
    ['root', '0600', 'accepted'],
    ['root', '0640', 'accepted'],
    ['root', '0644', 'refused'],
    ['root', '0660', 'refused'],
    ['root', '0650', 'refused'],
    ['root', '0641', 'refused'],
  ])('sslkey of %s with the mode %s is %s', async (owner, mode, expected) => {
    if (owner === 'root' && !isRoot) return;
    const key = join(folder, "ann's key");
    await copyFile(server.certificates.clientKey, key);
    await chmod(key, Number.parseInt(mode, 8));
    if (owner === 'this user' && isRoot) await chown(key, NOBODY, NOBODY);
    const parameters = `sslmode=require&sslcert=${server.certificates.client}&sslkey=${encodeURIComponent(key)}`;
    const error = await failureOf(server.target('certified', parameters));
    await rm(key);
    if (expected === 'accepted') {
      expect(error).toBeUndefined();
      return;
    }
    expect(error).toMatchObject({
      code: 'tls_key_exposed',
      message: expect.stringContaining(`other users may access the private key ${key} (mode ${mode})`),
      remedy: expect.stringContaining(`chmod 600 '${folder}/ann'\\''s key'`),
    });
  });

  test('a key that other users may access is refused also if it is encrypted, and through a link', async () => {
    const key = join(folder, 'encrypted.key');
    const link = join(folder, 'link.key');
    await copyFile(server.certificates.encryptedKey, key);
    await chmod(key, 0o644);
    await symlink(key, link);
    const parameters = `sslmode=require&sslpassword=x&sslcert=${server.certificates.client}&sslkey=${link}`;
    expect((await failureOf(server.target('certified', parameters)))?.code).toBe('tls_key_exposed');
  });
});
