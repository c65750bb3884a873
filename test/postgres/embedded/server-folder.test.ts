import { spawn } from 'node:child_process';
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { findEmbeddedServer, startEmbeddedServer } from '../../../src/postgres/embedded.js';
import { ask, childProgram, ended, inChild, openDirectory, ordinaryUser } from './support.js';

describe('five processes that start a server in an empty folder at once', () => {
  it('start one', async () => {
    const directory = await openDirectory();
    const results = await Promise.all(Array.from({ length: 5 }, () => inChild('start', directory)));
    const servers = results.map(({ value }) => value);
    expect(new Set(servers.map(({ url, pid }) => `${url} ${pid}`)).size).toBe(1);
    expect(servers.filter(({ started }) => started)).toHaveLength(1);
    expect(await leftBehind(directory)).toEqual([]);
    expect(await ask(servers[0]?.url ?? '', 'select current_database()')).toEqual(['voicesurvey']);
  });
});

describe('a process that is killed while it makes a server', () => {
  it.each([150, 300, 450, 600])('after %i ms leaves nothing that the next one minds', async (ms) => {
    const directory = await openDirectory();
    const victim = spawn(process.execPath, childProgram('start', directory), { stdio: 'ignore' });
    await pause(ms);
    victim.kill('SIGKILL');
    await ended(victim);
    const { url } = await startEmbeddedServer({ directory });
    expect(await ask(url, 'select current_database()')).toEqual(['voicesurvey']);
    expect(await leftBehind(directory)).toEqual([]);
  });
});

describe('data that cannot be used', () => {
  it('of another major version are refused and stay', async () => {
    const directory = await directoryWith({ PG_VERSION: '17\n' });
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject({
      code: 'embedded_other_major',
      message: expect.stringMatching(/PostgreSQL 17, .* PostgreSQL 18/),
      remedy: expect.stringContaining('pg_dump'),
    });
    expect(await readdir(join(directory, 'server/data'))).toEqual(['PG_VERSION']);
  });

  it('that are not whole are missed, and nothing is put in their place', async () => {
    const directory = await directoryWith({ 'postgresql.conf': '' });
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject({
      code: 'embedded_folder_damaged',
    });
    expect(await readdir(join(directory, 'server/data'))).toEqual(['postgresql.conf']);
  });

  it('under something that is no folder are told of as such', async () => {
    const directory = await openDirectory();
    await writeFile(directory, '');
    const refused = {
      code: 'embedded_directory_unusable',
      remedy: expect.stringContaining('move it out of the way'),
    };
    await expect(startEmbeddedServer({ directory })).rejects.toMatchObject(refused);
    await expect(findEmbeddedServer({ directory })).rejects.toMatchObject(refused);
  });
});

describe('a project’s own files', () => {
  it('in the folder stay as they are', async () => {
    const directory = await openDirectory();
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
  const directory = await openDirectory();
  const [server, folder] = [join(directory, 'server'), join(directory, 'server/data')];
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(data)) await writeFile(join(folder, name), content);
  const user = await ordinaryUser();
  if (user !== undefined) await chown(server, user.uid, user.gid);
  return directory;
}
