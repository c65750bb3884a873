import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { explainingSystemErrors, systemErrorCode } from '../../../src/postgres/embedded/system-errors.js';

it('knows the errors of the operating system from others', async () => {
  const missing = await readFile('/does/not/exist').catch((error: unknown) => error);
  expect(systemErrorCode(missing)).toBe('ENOENT');
  expect(systemErrorCode(Object.assign(new Error('of PostgreSQL'), { code: '42P01' }))).toBeUndefined();
  expect(systemErrorCode('ENOENT')).toBeUndefined();
});

it.each([
  ['ENOSPC', 'embedded_directory_unusable', /^Free some disk space/],
  ['EROFS', 'embedded_directory_unusable', /read-only/],
  ['ENOTDIR', 'embedded_directory_unusable', /move it out of the way/],
  ['EMFILE', 'embedded_directory_unusable', /ulimit -n/],
  ['EIO', 'embedded_directory_unusable', /See to the cause/],
  ['EACCES', 'embedded_not_yours', /^Run it as root, or in a folder of your own/],
])('says what to do about %s', async (code, ours, remedy) => {
  const error = Object.assign(new Error(`${code}: oh`), { code, syscall: 'open', path: '/missing/file' });
  await expect(
    explainingSystemErrors('started', '/clone', () => Promise.reject(error)),
  ).rejects.toMatchObject({
    code: ours,
    message: `The embedded server in /clone could not be started: ${code}: oh.`,
    remedy: expect.stringMatching(remedy),
    cause: error,
  });
});

it('leaves other errors as they are', async () => {
  const error = new TypeError('a mistake of ours');
  await expect(explainingSystemErrors('started', '/clone', () => Promise.reject(error))).rejects.toBe(error);
});
