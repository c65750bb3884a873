import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  readLastStart,
  readPostmasterState,
  removeStalePidFile,
} from '../../../src/postgres/embedded/postmaster.js';
import { createFolder } from './support.js';

describe('readPostmasterState', () => {
  test('a data directory without postmaster.pid has a stopped server', async () => {
    expect(await readPostmasterState(await createFolder())).toEqual({ state: 'stopped' });
  });

  test('a data directory with an empty postmaster.pid has a starting server, and after two seconds a stale file', async () => {
    const data = await createFolder();
    const path = join(data, 'postmaster.pid');
    await writeFile(path, '');
    expect(await readPostmasterState(data)).toEqual({ state: 'starting' });
    await utimes(path, new Date(), new Date(Date.now() - 3_000));
    expect(await readPostmasterState(data)).toEqual({ state: 'stale', pidFile: '' });
  });

  test('a postmaster.pid with the process id of another program is stale', async () => {
    const data = await createFolder();
    const pidFile = `${process.pid}\n${data}\n1\n20000\n\n127.0.0.1\n1 1\nready   \n`;
    await writeFile(join(data, 'postmaster.pid'), pidFile);
    expect(await readPostmasterState(data)).toEqual({ state: 'stale', pidFile });
  });

  test('readLastStart reads port, cluster name and version from postmaster.opts', async () => {
    const data = await createFolder();
    expect(await readLastStart(data)).toEqual({ port: null, clusterName: null, version: null });
    const options = '"-D" "/d" "-c" "cluster_name=voicesurvey-db/18.4/0123abcd" "-p" "20001"';
    await writeFile(join(data, 'postmaster.opts'), `/bin/postgres ${options}\n`);
    expect(await readLastStart(data)).toEqual({
      port: 20_001,
      clusterName: 'voicesurvey-db/18.4/0123abcd',
      version: '18.4',
    });
  });
});

describe('removeStalePidFile', () => {
  test('removeStalePidFile removes a file with the stale content', async () => {
    const data = await createFolder();
    await writeFile(join(data, 'postmaster.pid'), 'old');
    await removeStalePidFile(data, 'old');
    expect(await readdir(data)).toEqual([]);
    await removeStalePidFile(data, 'old');
  });

  test('removeStalePidFile keeps a file that a server has written since', async () => {
    const data = await createFolder();
    await writeFile(join(data, 'postmaster.pid'), 'new');
    await removeStalePidFile(data, 'old');
    expect(await readdir(data)).toEqual(['postmaster.pid']);
    expect(await readFile(join(data, 'postmaster.pid'), 'utf8')).toBe('new');
  });
});
