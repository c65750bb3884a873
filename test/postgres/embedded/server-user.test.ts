import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { obstacleFor } from '../../../src/postgres/embedded/server-user.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import { ask, inChild, isRoot, openFolder, ordinaryUser } from './support.js';

const onlyRoot = 'needs root, to become another user';

describe.skipIf(!isRoot)(`root (${onlyRoot})`, () => {
  it('lets nobody run the server', async () => {
    const directory = join(await openFolder(), 'db');
    const { pid, directory: folder } = await startEmbeddedServer({ directory });
    const { uid } = await stat(folder);
    expect(uid).not.toBe(0);
    expect((await stat(`/proc/${pid}`)).uid).toBe(uid);
    expect((await stat(directory)).uid).toBe(0);
  });

  it('lets the owner of the clone run it, who can go on with it', async () => {
    const [clone, user] = [await openFolder(), await ordinaryUser()];
    await chown(clone, user?.uid ?? 0, user?.gid ?? 0);
    const directory = join(clone, 'db');
    const first = await startEmbeddedServer({ directory });
    expect((await stat(directory)).uid).toBe(user?.uid);
    expect((await stat(first.directory)).uid).toBe(user?.uid);
    await stopEmbeddedServer({ directory });
  });

  it('starts and stops the server of another user, who stays its owner', async () => {
    const [clone, user] = [await openFolder(), await ordinaryUser()];
    await chown(clone, user?.uid ?? 0, user?.gid ?? 0);
    const directory = join(clone, 'db');
    const { value } = await inChild('start', directory, { user });
    expect(await stopEmbeddedServer({ directory })).toBe(true);
    const again = await startEmbeddedServer({ directory });
    expect(again.url).toBe(value.url);
    expect((await inChild('find', directory, { user })).value).toEqual({ ...again, started: false });
    expect((await inChild('stop', directory, { user })).value).toBe(true);
  });

  it('keeps its server from others, who are told whose it is', async () => {
    const [clone, user] = [await openFolder(), await ordinaryUser()];
    const directory = join(clone, 'db');
    await startEmbeddedServer({ directory });
    for (const verb of ['start', 'find', 'stop'] as const) {
      const { value } = await inChild(verb, directory, { user });
      expect(value).toMatchObject({
        code: 'embedded_not_yours',
        remedy: expect.stringMatching(/^Run it as nobody .* or root, or in a folder of your own/),
      });
    }
  });

  it('says who is kept out when data of theirs are moved to where they cannot go', async () => {
    const clone = await openFolder();
    const directory = join(clone, 'db');
    await startEmbeddedServer({ directory });
    await stopEmbeddedServer({ directory });
    await chmod(clone, 0o700);
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject({
      code: 'embedded_directory_closed',
      message: expect.stringContaining(clone),
      remedy: expect.stringContaining(`chmod o+x ${clone}`),
    });
  });

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

describe('an ordinary user', () => {
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
