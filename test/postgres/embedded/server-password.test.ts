import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatePassword } from '../../../src/postgres/embedded/server-password.js';
import {
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { newDirectory } from './support.js';

test('generatePassword generates different passwords that need no encoding in a URL', () => {
  const password = generatePassword();
  expect(password).toMatch(/^[\w-]{24}$/);
  expect(generatePassword()).not.toBe(password);
  expect(encodeURIComponent(password)).toBe(password);
});

describe('a lost password', () => {
  test('a server whose password is lost is reported and can be stopped', async () => {
    const directory = await newDirectory();
    const { directory: folder } = await startEmbeddedServer({ directory });
    const path = join(folder, 'password');
    for (const corrupt of [() => rm(path), () => writeFile(path, 'short\n')]) {
      await corrupt();
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
