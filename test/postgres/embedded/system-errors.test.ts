import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { explainSystemErrors, systemErrorCode } from '../../../src/postgres/embedded/system-errors.js';

test('systemErrorCode returns the code of errors of the operating system only', async () => {
  const missing = await readFile('/does/not/exist').catch((error: unknown) => error);
  expect(systemErrorCode(missing)).toBe('ENOENT');
  expect(systemErrorCode(Object.assign(new Error('of PostgreSQL'), { code: '42P01' }))).toBeUndefined();
  expect(systemErrorCode('ENOENT')).toBeUndefined();
});

test.each([
  ['ENOSPC', 'embedded_directory_unusable', /^Free disk space/],
  ['EROFS', 'embedded_directory_unusable', /read-only/],
  ['ENOTDIR', 'embedded_directory_unusable', /Move the file to another place/],
  ['EMFILE', 'embedded_directory_unusable', /ulimit -n/],
  ['EIO', 'embedded_directory_unusable', /^Fix the cause/],
  [
    'EACCES',
    'embedded_not_yours',
    /^\/ belongs to root\. Run the command in your own folder, or set DATABASE_URL/,
  ],
])('explainSystemErrors says what to do about %s', async (code, ours, remedy) => {
  const error = Object.assign(new Error(`${code}: oh`), { code, syscall: 'open', path: '/missing/file' });
  await expect(explainSystemErrors('started', '/clone', () => Promise.reject(error))).rejects.toMatchObject({
    code: ours,
    message: `The embedded server in /clone could not be started: ${code}: oh.`,
    remedy: expect.stringMatching(remedy),
    cause: error,
  });
});

test('explainSystemErrors leaves other errors unchanged', async () => {
  const error = new TypeError('a bug');
  await expect(explainSystemErrors('started', '/clone', () => Promise.reject(error))).rejects.toBe(error);
});
