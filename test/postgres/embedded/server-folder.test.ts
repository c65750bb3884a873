import { spawn } from 'node:child_process';
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { findEmbeddedServer, startEmbeddedServer } from '../../../src/postgres/embedded.js';
import { SLOW } from '../../support/timeouts.js';
import { childProgram, ended, inChild, newDirectory, ordinaryUser, queryRow } from './support.js';

describe('concurrent starts', { timeout: SLOW }, () => {
  test('five processes that start a server concurrently in an empty folder get the same one', async () => {
    const directory = await newDirectory();
    const results = await Promise.all(Array.from({ length: 5 }, () => inChild('start', directory)));
    const servers = results.map(({ value }) => value);
    expect(new Set(servers.map(({ url, pid }) => `${url} ${pid}`)).size).toBe(1);
    expect(servers.filter(({ started }) => started)).toHaveLength(1);
    expect(await leftBehind(directory)).toEqual([]);
    expect(await queryRow(servers[0]?.url ?? '', 'select current_database()')).toEqual(['voicesurvey']);
  });
});

describe('a start that is killed', () => {
  test.each([
    150, 300, 450, 600,
  ])('a start that is killed after %i ms does not hinder the next one', async (ms) => {
    const directory = await newDirectory();
    const victim = spawn(process.execPath, childProgram('start', directory), { stdio: 'ignore' });
    await pause(ms);
    victim.kill('SIGKILL');
    await ended(victim);
    const { url } = await startEmbeddedServer({ directory });
    expect(await queryRow(url, 'select current_database()')).toEqual(['voicesurvey']);
    expect(await leftBehind(directory)).toEqual([]);
  });
});

describe('unusable data', () => {
  test('data of another major version is refused and not changed', async () => {
    const directory = await directoryWith({ PG_VERSION: '17\n' });
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject({
      code: 'embedded_other_major',
      message: expect.stringMatching(/PostgreSQL 17 wrote .* PostgreSQL 18/),
      remedy: expect.stringContaining('pg_dump'),
    });
    expect(await readdir(join(directory, 'server/data'))).toEqual(['PG_VERSION']);
  });

  test('incomplete data is refused and not replaced', async () => {
    const directory = await directoryWith({ 'postgresql.conf': '' });
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject({
      code: 'embedded_folder_damaged',
    });
    expect(await readdir(join(directory, 'server/data'))).toEqual(['postgresql.conf']);
  });

  test('a file in the place of the folder is refused', async () => {
    const directory = await newDirectory();
    await writeFile(directory, '');
    const refused = {
      code: 'embedded_directory_unusable',
      remedy: expect.stringContaining('Move the file to another place'),
    };
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject(refused);
    await expect(findEmbeddedServer({ directory })).rejects.toMatchObject(refused);
  });
});

describe('other files in the folder', () => {
  test('startEmbeddedServer does not change other files in the folder', async () => {
    const directory = await newDirectory();
    await mkdir(directory);
    await writeFile(join(directory, '.gitignore'), 'mine\n');
    await writeFile(join(directory, 'server.notes.tmp'), '');
    await startEmbeddedServer({ directory });
    expect(await readdir(directory)).toContain('server.notes.tmp');
    expect(await readFile(join(directory, '.gitignore'), 'utf8')).toBe('mine\n');
  });
});

async function leftBehind(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.tmp'));
}

async function directoryWith(data: Readonly<Record<string, string>>): Promise<string> {
  const directory = await newDirectory();
  const [server, folder] = [join(directory, 'server'), join(directory, 'server/data')];
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(data)) await writeFile(join(folder, name), content);
  const user = await ordinaryUser();
  if (user !== undefined) await chown(server, user.uid, user.gid);
  return directory;
}
