import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookAtPostmaster, readLastStart, removePidFile } from '../../../src/postgres/embedded/postmaster.js';
import { openFolder } from './support.js';

describe('a data directory', () => {
  it('without postmaster.pid has no server', async () => {
    expect(await lookAtPostmaster(await openFolder())).toEqual({ state: 'stopped' });
  });

  it('with an empty postmaster.pid has one that begins, for two seconds', async () => {
    const data = await openFolder();
    const path = join(data, 'postmaster.pid');
    await writeFile(path, '');
    expect(await lookAtPostmaster(data)).toEqual({ state: 'beginning' });
    await utimes(path, new Date(), new Date(Date.now() - 3_000));
    expect(await lookAtPostmaster(data)).toEqual({ state: 'blocked', pidFile: '' });
  });

  it('whose postmaster.pid names a process of another kind has none', async () => {
    const data = await openFolder();
    const pidFile = `${process.pid}\n${data}\n1\n20000\n\n127.0.0.1\n1 1\nready   \n`;
    await writeFile(join(data, 'postmaster.pid'), pidFile);
    expect(await lookAtPostmaster(data)).toEqual({ state: 'blocked', pidFile });
  });

  it('tells of its last start', async () => {
    const data = await openFolder();
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

describe('taking a left-behind postmaster.pid away', () => {
  it('takes the one that was judged', async () => {
    const data = await openFolder();
    await writeFile(join(data, 'postmaster.pid'), 'old');
    await removePidFile(data, 'old');
    expect(await readdir(data)).toEqual([]);
    await removePidFile(data, 'old');
  });

  it('leaves one that a server has written since', async () => {
    const data = await openFolder();
    await writeFile(join(data, 'postmaster.pid'), 'new');
    await removePidFile(data, 'old');
    expect(await readdir(data)).toEqual(['postmaster.pid']);
    expect(await readFile(join(data, 'postmaster.pid'), 'utf8')).toBe('new');
  });
});
