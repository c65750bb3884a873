import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePassword } from '../../../src/postgres/embedded/server-password.js';
import {
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { openDirectory } from './support.js';

it('makes up passwords that differ and need no escape in a URL', () => {
  const password = makePassword();
  expect(password).toMatch(/^[\w-]{24}$/);
  expect(makePassword()).not.toBe(password);
  expect(encodeURIComponent(password)).toBe(password);
});

describe('a server whose password is lost', () => {
  it('is told of as such and can be stopped', async () => {
    const directory = await openDirectory();
    const { directory: folder } = await startEmbeddedServer({ directory });
    const path = join(folder, 'password');
    for (const spoil of [() => rm(path), () => writeFile(path, 'short\n')]) {
      await spoil();
      const lost = { code: 'embedded_password_lost', message: expect.stringContaining(path) };
      await expect(findEmbeddedServer({ directory })).rejects.toMatchObject(lost);
      await expect(startEmbeddedServer({ directory })).rejects.toMatchObject(lost);
    }
    expect(await stopEmbeddedServer({ directory })).toBe(true);
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject({
      code: 'embedded_password_lost',
    });
  });
});
