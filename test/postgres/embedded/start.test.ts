import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readLastStart } from '../../../src/postgres/embedded/postmaster.js';
import { isAlive, listProcesses, type Process } from '../../../src/postgres/embedded/processes.js';
import {
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import {
  childProgram,
  createFolder,
  ended,
  inChild,
  installInto,
  kill,
  queryRow,
  sharedDirectory,
} from './support.js';

const shared = sharedDirectory();
const endlessQuery = 'select count(*) from generate_series(1, 1000000000000)';

describe.skipIf(process.platform !== 'linux')('moving and copying the folder of a running server', () => {
  test('findEmbeddedServer finds a running server after its folder was moved', async () => {
    const folder = await createFolder();
    const [directory, moved] = [join(folder, 'old'), join(folder, 'db')];
    const { pid } = await startEmbeddedServer({ directory });
    await rename(directory, moved);
    await mkdir(join(directory, 'server/data'), { recursive: true });
    expect(await findEmbeddedServer({ directory: moved })).toMatchObject({ pid });
  });

  test('a start after a move of the programs of a running server starts it again, with its data', async () => {
    const folder = await createFolder();
    const [before, after, directory] = [join(folder, 'before'), join(folder, 'after'), join(folder, 'db')];
    await mkdir(before);
    await installInto(before);
    const first = await inChild('start', directory, { app: join(before, 'dist') });
    await queryRow(first.value.url, 'create table kept ()');
    await rename(before, after);
    const second = await inChild('start', directory, { app: join(after, 'dist') });
    expect(second.value).toMatchObject({ started: true, url: first.value.url });
    await queryRow(second.value.url, 'do $$ begin perform from kept; end $$');
    const third = await inChild('start', directory, { app: join(after, 'dist') });
    expect(third.value).toMatchObject({ started: false, pid: second.value.pid });
  });

  test('a copy of the folder of a running server gets a separate server', async () => {
    const folder = await createFolder();
    const [directory, copy] = [join(folder, 'db'), join(folder, 'copy')];
    const original = await startEmbeddedServer({ directory });
    await promisify(execFile)('cp', ['-a', directory, copy]);
    expect(await findEmbeddedServer({ directory: copy })).toBeNull();
    expect(await stopEmbeddedServer({ directory: copy })).toBe(false);
    const server = await startEmbeddedServer({ directory: copy });
    onTestFinished(async () => {
      await stopEmbeddedServer({ directory: copy });
    });
    expect(server).toMatchObject({ started: true, port: expect.any(Number) });
    expect(server.port).not.toBe(original.port);
    expect(await findEmbeddedServer({ directory })).toMatchObject({ pid: original.pid });
  });
});

describe.skipIf(process.platform === 'win32')('a server that was killed', () => {
  test('a killed server starts again with its URL and its data', async () => {
    const directory = shared.path;
    const { url, pid } = await startEmbeddedServer({ directory });
    await queryRow(url, 'create table numbers as select 42 as x');
    await kill(pid);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ url, started: true });
    expect(await queryRow(url, 'select x from numbers')).toEqual([42]);
  });

  test('a killed server starts again while an orphaned process still runs a statement', async () => {
    const directory = shared.path;
    const { url, pid, directory: folder } = await startEmbeddedServer({ directory });
    const { clusterName } = await readLastStart(join(folder, 'data'));
    const abandoned = queryRow(url, endlessQuery).catch(() => 'ended');
    const isOrphan = ({ title }: Process) =>
      title.startsWith(`postgres: ${clusterName}: `) && title.includes('SELECT');
    while (!(await listProcesses()).some(isOrphan)) await pause(10);
    await kill(pid);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ url, started: true });
    expect(await abandoned).toBe('ended');
  });

  test('a killed server starts again if another program has its process id', async () => {
    const directory = shared.path;
    const { pid, directory: folder } = await startEmbeddedServer({ directory });
    const pidFile = join(folder, 'data/postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await stopEmbeddedServer({ directory });
    const otherProgram = spawn('sleep', ['600']);
    onTestFinished(() => void otherProgram.kill());
    await writeFile(pidFile, text.replace(String(pid), String(otherProgram.pid)));
    expect(await findEmbeddedServer({ directory })).toBeNull();
    expect(await stopEmbeddedServer({ directory })).toBe(false);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ started: true });
    expect(isAlive(otherProgram.pid ?? 0)).toBe(true);
  });

  test('a killed server starts again if it had not written its process id', async () => {
    const directory = shared.path;
    const { directory: folder } = await startEmbeddedServer({ directory });
    await stopEmbeddedServer({ directory });
    const pidFile = join(folder, 'data/postmaster.pid');
    await writeFile(pidFile, '');
    await utimes(pidFile, new Date(), new Date(Date.now() - 3_000));
    expect(await startEmbeddedServer({ directory })).toMatchObject({ started: true });
  });

  test.skipIf(process.platform !== 'linux')('a killed server starts again while it is a zombie', async () => {
    const directory = shared.path;
    await stopEmbeddedServer({ directory });
    const stay = `${childProgram('start', directory)[2]}; setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', stay]);
    onTestFinished(() => void parent.kill('SIGKILL'));
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    const first = await findEmbeddedServer({ directory });
    parent.kill('SIGSTOP');
    await kill(first?.pid ?? 0);
    expect(isAlive(first?.pid ?? 0)).toBe(true);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ url: first?.url, started: true });
  });
});

describe('the port of a server', () => {
  test('a server whose port is taken starts on another port and keeps that', async () => {
    const directory = shared.path;
    const first = await startEmbeddedServer({ directory });
    await stopEmbeddedServer({ directory });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(first.port, '127.0.0.1', resolve));
    const second = await startEmbeddedServer({ directory });
    expect(second.port).not.toBe(first.port);
    await new Promise((resolve) => other.close(resolve));
    await stopEmbeddedServer({ directory });
    expect((await startEmbeddedServer({ directory })).url).toBe(second.url);
  });
});

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  test('Ctrl-C ends the command that started a server, and not the server', async () => {
    const directory = shared.path;
    await stopEmbeddedServer({ directory });
    const stay = `${childProgram('start', directory)[2]}; setInterval(() => {}, 1000);`;
    const command = spawn(process.execPath, ['--input-type=module', '--eval', stay], { detached: true });
    await new Promise((resolve) => command.stdout.once('data', resolve));
    process.kill(-(command.pid ?? 0), 'SIGINT');
    await ended(command);
    const server = await findEmbeddedServer({ directory });
    expect(await queryRow(server?.url ?? '', 'select 1')).toEqual([1]);
  });
});

describe('a server that cannot start', () => {
  test('startEmbeddedServer fails with the errors of PostgreSQL and the path of the log', async () => {
    const directory = shared.path;
    await stopEmbeddedServer({ directory });
    await expect(startEmbeddedServer({ directory, settings: { work_mem: 'much' } })).rejects.toMatchObject({
      code: 'embedded_start_failed',
      message: expect.stringContaining('invalid value for parameter "work_mem"'),
      remedy: expect.stringContaining(join(directory, 'server/log')),
    });
    expect((await inChild('start', directory)).value.started).toBe(true);
  });
});
