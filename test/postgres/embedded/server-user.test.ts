import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loginNameOf } from '../../../src/postgres/embedded/login-users.js';
import { findObstacle } from '../../../src/postgres/embedded/server-user.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import {
  createFolder,
  hasOrdinaryUser,
  inChild,
  isRoot,
  ordinaryUser,
  queryRow,
  sharedDirectory,
} from './support.js';

describe.skipIf(!isRoot)('root (needs root, to become another user)', () => {
  const shared = sharedDirectory();

  test('root runs the server as the user nobody', async () => {
    const { pid, directory: folder } = await startEmbeddedServer({ directory: shared.path });
    const { uid } = await stat(folder);
    expect(await loginNameOf(uid)).toBe('nobody');
    if (process.platform === 'linux') expect((await stat(`/proc/${pid}`)).uid).toBe(uid);
    expect((await stat(shared.path)).uid).toBe(0);
  });

  test.skipIf(!hasOrdinaryUser)(
    'another user cannot use a server of root, and the remedy names its owner',
    async () => {
      await startEmbeddedServer({ directory: shared.path });
      for (const verb of ['start', 'find', 'stop'] as const) {
        const { value } = await inChild(verb, shared.path, { user: await ordinaryUser() });
        expect(value).toMatchObject({
          code: 'embedded_not_yours',
          remedy: expect.stringMatching(/ belongs to nobody\. Run the command in your own folder/),
        });
      }
    },
  );

  test('a start names the closed folder if the data was moved into one that its owner cannot enter', async () => {
    await startEmbeddedServer({ directory: shared.path });
    await stopEmbeddedServer({ directory: shared.path });
    const clone = dirname(shared.path);
    await chmod(clone, 0o700);
    await expect(startEmbeddedServer({ directory: shared.path })).rejects.toMatchObject({
      code: 'embedded_directory_closed',
      message: expect.stringContaining(clone),
      remedy: expect.stringContaining(`chmod o+x ${clone}`),
    });
  });

  test.skipIf(!hasOrdinaryUser)(
    'root runs the server as the owner of the clone, who can use it afterwards',
    async () => {
      const [clone, user] = [await createFolder(), await ordinaryUser()];
      await chown(clone, user?.uid ?? 0, user?.gid ?? 0);
      const directory = join(clone, 'db');
      const first = await startEmbeddedServer({ directory });
      for (const path of [directory, first.directory]) expect((await stat(path)).uid).toBe(user?.uid);
      expect((await inChild('stop', directory, { user })).value).toBe(true);
      expect((await inChild('start', directory, { user })).value).toMatchObject({
        url: first.url,
        started: true,
      });
      expect((await startEmbeddedServer({ directory })).started).toBe(false);
      expect(await stopEmbeddedServer({ directory })).toBe(true);
      expect((await startEmbeddedServer({ directory })).url).toBe(first.url);
      expect((await stat(first.directory)).uid).toBe(user?.uid);
    },
  );

  test('findObstacle finds the first folder of a path that a user cannot enter', async () => {
    const folder = await createFolder();
    const user = { uid: 12345, gid: 23456, name: 'someone' };
    const [closed, inner] = [join(folder, 'closed'), join(folder, 'closed/inner')];
    await mkdir(inner, { recursive: true });
    expect(await findObstacle(user, inner, 5)).toBeNull();
    await chmod(inner, 0o711);
    expect(await findObstacle(user, inner, 1)).toBeNull();
    expect(await findObstacle(user, inner, 5)).toBe(inner);
    await chmod(closed, 0o766);
    expect(await findObstacle(user, inner, 1)).toBe(closed);
    await chown(closed, 0, user.gid);
    await chmod(closed, 0o710);
    expect(await findObstacle(user, inner, 1)).toBeNull();
    await chown(closed, user.uid, user.gid);
    await chmod(closed, 0o077);
    expect(await findObstacle(user, inner, 1)).toBe(closed);
  });
});

describe.skipIf(!hasOrdinaryUser)('an ordinary user', () => {
  test('an ordinary user starts a server and stops it', async () => {
    const [clone, user] = [await createFolder(), await ordinaryUser()];
    if (user !== undefined) await chown(clone, user.uid, user.gid);
    const directory = join(clone, 'db');
    const { value } = await inChild('start', directory, { user });
    expect(value.started).toBe(true);
    expect(await queryRow(value.url, 'select current_user')).toEqual(['postgres']);
    expect((await inChild('stop', directory, { user })).value).toBe(true);
  });

  test('an ordinary user whose folder is read-only gets the command that makes it writable', async () => {
    const [clone, user] = [await createFolder(), await ordinaryUser()];
    if (user !== undefined) await chown(clone, user.uid, user.gid);
    await chmod(clone, 0o555);
    const { value } = await inChild('start', join(clone, 'db'), { user });
    expect(value).toMatchObject({
      code: 'embedded_not_yours',
      remedy: `${clone} is yours, but its mode forbids it. Run \`chmod u+rwX ${clone}\`, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.`,
    });
  });
});
