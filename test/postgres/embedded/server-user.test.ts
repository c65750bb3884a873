import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loginName } from '../../../src/postgres/embedded/login-users.js';
import { obstacleFor } from '../../../src/postgres/embedded/server-user.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import {
  ask,
  hasOrdinaryUser,
  inChild,
  isRoot,
  openFolder,
  ordinaryUser,
  sharedDirectory,
} from './support.js';

const onlyRoot = 'needs root, to become another user';

describe.skipIf(!isRoot)(`root (${onlyRoot})`, () => {
  const shared = sharedDirectory();

  it('lets nobody run the server', async () => {
    const { pid, directory: folder } = await startEmbeddedServer({ directory: shared.path });
    const { uid } = await stat(folder);
    expect(await loginName(uid)).toBe('nobody');
    if (process.platform === 'linux') expect((await stat(`/proc/${pid}`)).uid).toBe(uid);
    expect((await stat(shared.path)).uid).toBe(0);
  });

  it.skipIf(!hasOrdinaryUser)('keeps its server from others, who are told whose it is', async () => {
    await startEmbeddedServer({ directory: shared.path });
    for (const verb of ['start', 'find', 'stop'] as const) {
      const { value } = await inChild(verb, shared.path, { user: await ordinaryUser() });
      expect(value).toMatchObject({
        code: 'embedded_not_yours',
        remedy: expect.stringMatching(/^Run it as nobody .* or root, or in a folder of your own/),
      });
    }
  });

  it('says who is kept out when data of theirs are moved to where they cannot go', async () => {
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

  it.skipIf(!hasOrdinaryUser)(
    'lets the owner of the clone run the server, who can go on with it',
    async () => {
      const [clone, user] = [await openFolder(), await ordinaryUser()];
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

  it('sees every folder on the way that keeps a user out', async () => {
    const folder = await openFolder();
    const user = { uid: 12345, gid: 23456, name: 'somebody' };
    const [closed, inner] = [join(folder, 'closed'), join(folder, 'closed/inner')];
    await mkdir(inner, { recursive: true });
    expect(await obstacleFor(user, inner, 5)).toBeNull();
    await chmod(inner, 0o711);
    expect(await obstacleFor(user, inner, 1)).toBeNull();
    expect(await obstacleFor(user, inner, 5)).toBe(inner);
    await chmod(closed, 0o766);
    expect(await obstacleFor(user, inner, 1)).toBe(closed);
    await chown(closed, 0, user.gid);
    await chmod(closed, 0o710);
    expect(await obstacleFor(user, inner, 1)).toBeNull();
    await chown(closed, user.uid, user.gid);
    await chmod(closed, 0o077);
    expect(await obstacleFor(user, inner, 1)).toBe(closed);
  });
});

describe.skipIf(!hasOrdinaryUser)('an ordinary user', () => {
  it('starts a server and stops it', async () => {
    const [clone, user] = [await openFolder(), await ordinaryUser()];
    if (user !== undefined) await chown(clone, user.uid, user.gid);
    const directory = join(clone, 'db');
    const { value } = await inChild('start', directory, { user });
    expect(value.started).toBe(true);
    expect(await ask(value.url, 'select current_user')).toEqual(['postgres']);
    expect((await inChild('stop', directory, { user })).value).toBe(true);
  });
});
