import { chmod, chown, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { prepareBinaries } from '../../../src/postgres/embedded/binaries.js';
import { findEmbeddedPackage } from '../../../src/postgres/embedded/package.js';
import { runProgram } from '../../../src/postgres/embedded/run-program.js';
import { createFolder, hasOrdinaryUser, inChild, installInto, ordinaryUser, queryRow } from './support.js';

describe.skipIf(process.platform === 'win32')(
  'prepareBinaries for a package whose install script did not run',
  () => {
    test('prepareBinaries creates the missing links, even in concurrent calls', async () => {
      const [app, from] = await installed();
      const lib = join(from.root, 'native/lib');
      expect((await readdir(lib)).includes('libpq.so.5')).toBe(false);
      const options = { user: null, copyTo: '/nowhere', from };
      const all = await Promise.all([1, 2, 3, 4].map(() => prepareBinaries(options)));
      expect(all[0]?.initdb).toBe(join(from.root, 'native/bin/initdb'));
      if (process.platform === 'linux')
        expect(await readlink(join(lib, 'libpq.so.5'))).toMatch(/^libpq\.so\.5\.\d+$/);
      const { output } = await runProgram(all[0]?.postgres ?? '', ['--version'], null);
      expect(output).toContain(`(PostgreSQL) ${all[0]?.version}`);
      expect(app).toContain('dist');
    });

    test.skipIf(!hasOrdinaryUser)(
      'prepareBinaries copies a read-only package once, and the copy works',
      async () => {
        const [app, from, folder] = await installed();
        const lib = join(from.root, 'native/lib');
        await chmod(lib, 0o555);
        onTestFinished(() => chmod(lib, 0o755));
        const clone = join(folder, 'clone');
        const user = await ordinaryUser();
        await mkdir(clone);
        if (user !== undefined) await chown(clone, user.uid, user.gid);
        const directory = join(clone, 'db');
        onTestFinished(async () => void (await inChild('stop', directory, { user })));

        const { value } = await inChild('start', directory, { app, user });
        expect(value.started).toBe(true);
        expect(await queryRow(value.url, 'select 1')).toEqual([1]);
        const copy = `postgresql-${from.release}-${basename(from.name)}`;
        expect((await readdir(directory)).sort()).toEqual(['.gitignore', copy, 'server']);
        const { ino } = await lstat(join(directory, copy));
        await inChild('stop', directory, { app, user });
        expect((await inChild('start', directory, { app, user })).value.url).toBe(value.url);
        expect((await lstat(join(directory, copy))).ino).toBe(ino);
      },
    );

    test('prepareBinaries copies a package that other users cannot read, and they can read the copy', async () => {
      const [, from, folder] = await installed();
      await chmod(join(from.root, 'native/bin/postgres'), 0o600);
      const copyTo = join(folder, 'copy');
      await mkdir(copyTo);
      const [one, two] = await Promise.all([1, 2].map(() => prepareBinaries({ user: null, copyTo, from })));
      expect(one).toEqual(two);
      expect(one?.postgres.startsWith(copyTo)).toBe(true);
      expect((await lstat(one?.postgres ?? '')).mode & 0o777).toBe(0o755);
      expect((await runProgram(one?.postgres ?? '', ['--version'], null)).succeeded).toBe(true);
      expect(await readdir(copyTo)).toHaveLength(1);
    });

    test('prepareBinaries rejects a path that a shell would misread', async () => {
      const folder = await createFolder();
      const from = await findEmbeddedPackage();
      const root = join(folder, 'a$HOME');
      await symlink(from.root, root);
      await expect(
        prepareBinaries({ user: null, copyTo: folder, from: { ...from, root } }),
      ).rejects.toMatchObject({
        code: 'embedded_path_unusable',
        message: expect.stringContaining('a$HOME'),
      });
    });
  },
);

async function installed() {
  const folder = await createFolder();
  const app = await installInto(folder);
  const resolve = (name: string) => join(folder, 'node_modules', name, 'dist/index.js');
  return [app, await findEmbeddedPackage({ resolve }), folder] as const;
}
