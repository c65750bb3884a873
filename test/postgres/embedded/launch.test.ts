import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readLastStart } from '../../../src/postgres/embedded/postmaster.js';
import { allProcesses, isAlive, type ProcessTitle } from '../../../src/postgres/embedded/processes.js';
import {
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { ask, childProgram, ended, inChild, kill, openFolder, sharedDirectory } from './support.js';

const shared = sharedDirectory();
const never = 'select count(*) from generate_series(1, 1000000000000)';

describe.skipIf(process.platform !== 'linux')('a folder whose server runs', () => {
  it('can be moved, and another put in its place', async () => {
    const folder = await openFolder();
    const [directory, moved] = [join(folder, 'old'), join(folder, 'db')];
    const { pid } = await startEmbeddedServer({ directory });
    await rename(directory, moved);
    await mkdir(join(directory, 'server/data'), { recursive: true });
    expect(await findEmbeddedServer({ directory: moved })).toMatchObject({ pid });
  });

  it('can be copied, and the copy has a server of its own', async () => {
    const folder = await openFolder();
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
  it('starts again with its URL and its data', async () => {
    const directory = shared.path;
    const { url, pid } = await startEmbeddedServer({ directory });
    await ask(url, 'create table kept as select 42 as x');
    await kill(pid);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ url, started: true });
    expect(await ask(url, 'select x from kept')).toEqual([42]);
  });

  it('starts again while an orphan of it still works on a statement', async () => {
    const directory = shared.path;
    const { url, pid, directory: folder } = await startEmbeddedServer({ directory });
    const { clusterName } = await readLastStart(join(folder, 'data'));
    const abandoned = ask(url, never).catch(() => 'ended');
    const works = ({ title }: ProcessTitle) =>
      title.startsWith(`postgres: ${clusterName}: `) && title.includes('SELECT');
    while (!(await allProcesses()).some(works)) await pause(10);
    await kill(pid);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ url, started: true });
    expect(await abandoned).toBe('ended');
  });

  it('starts again when its process number belongs to somebody else', async () => {
    const directory = shared.path;
    const { pid, directory: folder } = await startEmbeddedServer({ directory });
    const pidFile = join(folder, 'data/postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await stopEmbeddedServer({ directory });
    const stranger = spawn('sleep', ['600']);
    onTestFinished(() => void stranger.kill());
    await writeFile(pidFile, text.replace(String(pid), String(stranger.pid)));
    expect(await findEmbeddedServer({ directory })).toBeNull();
    expect(await stopEmbeddedServer({ directory })).toBe(false);
    expect(await startEmbeddedServer({ directory })).toMatchObject({ started: true });
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  });

  it('starts again when it was killed before it had written its process number', async () => {
    const directory = shared.path;
    const { directory: folder } = await startEmbeddedServer({ directory });
    await stopEmbeddedServer({ directory });
    const pidFile = join(folder, 'data/postmaster.pid');
    await writeFile(pidFile, '');
    await utimes(pidFile, new Date(), new Date(Date.now() - 3_000));
    expect(await startEmbeddedServer({ directory })).toMatchObject({ started: true });
  });

  it.skipIf(process.platform !== 'linux')('starts again when nobody collects the dead process', async () => {
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
  it('is another one when it is taken, and stays that one', async () => {
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
  it('ends the command that has started a server, and not the server', async () => {
    const directory = shared.path;
    await stopEmbeddedServer({ directory });
    const stay = `${childProgram('start', directory)[2]}; setInterval(() => {}, 1000);`;
    const command = spawn(process.execPath, ['--input-type=module', '--eval', stay], { detached: true });
    await new Promise((resolve) => command.stdout.once('data', resolve));
    process.kill(-(command.pid ?? 0), 'SIGINT');
    await ended(command);
    await pause(100);
    expect(await findEmbeddedServer({ directory })).not.toBeNull();
  });
});

describe('a server that cannot start', () => {
  it('says what PostgreSQL said, and where the log is', async () => {
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
