import { randomBytes } from 'node:crypto';
import { describe, expect, inject, onTestFinished } from 'vitest';
import { check } from '../../../src/inspect/check.js';
import { type TestDatabase, test } from '../../support/database.js';
import { runOnce } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { fixture } from './findings.js';

describe('check drops its databases', () => {
  const SLOW = {
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': 'select pg_sleep(600);',
    'V2.down.sql': 'select;',
  };

  /** Creates a role without databases. Returns its address, and a function that counts its databases. */
  async function createRole({
    client,
    rows,
    url,
  }: TestDatabase): Promise<{ url: string; databases(): Promise<number> }> {
    const role = `voicesurvey_test_creator_${randomBytes(4).toString('hex')}`;
    await client.query(`create role ${role} login createdb password 'secret'`);
    onTestFinished(() => runOnce(inject('serverUrl'), `drop role ${role}`).then(() => undefined));
    const address = new URL(url);
    address.username = role;
    address.password = 'secret';
    const databases = async (): Promise<number> =>
      (await rows('select from pg_database where pg_get_userbyid(datdba) = $1', [role])).length;
    return { url: address.href, databases };
  }

  test('when the signal aborts during a statement', async ({ database }) => {
    const { url, databases } = await createRole(database);
    const directory = await folderWith(SLOW);
    const controller = new AbortController();
    const seen: number[] = [];
    const checking = check({
      url,
      directory,
      signal: controller.signal,
      onProgress: async ({ migration }) => {
        if (migration !== 'V2') return;
        seen.push(await databases());
        controller.abort();
      },
    });
    await expect(checking).rejects.toMatchObject({ code: 'interrupted' });
    expect(seen[0]).toBeGreaterThan(0);
    expect(await databases()).toBe(0);
  });

  test('when the signal is aborted before the start', async ({ database }) => {
    const { url, databases } = await createRole(database);
    const checking = check({ url, directory: await folderWith(SLOW), signal: AbortSignal.abort() });
    await expect(checking).rejects.toMatchObject({ code: 'interrupted' });
    expect(await databases()).toBe(0);
  });

  test('after a check', async ({ database }) => {
    const { url, databases } = await createRole(database);
    const { findings } = await check({
      url,
      directory: fixture('faults', 'down-leaves-an-index'),
      lints: false,
    });
    expect([findings.length, await databases()]).toEqual([1, 0]);
  });

  test('when the server ends its session, which it reports as a lost connection', async ({ database }) => {
    const { url, databases } = await createRole(database);
    const directory = await folderWith({
      'V1.up.sql':
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();',
      'V1.down.sql': 'select;',
    });
    await expect(check({ url, directory, lints: false })).rejects.toMatchObject({ code: 'connection_lost' });
    expect(await databases()).toBe(0);
  });

  test('when a source of rows fails, which also ends the run over empty tables', async ({ database }) => {
    const { url, databases } = await createRole(database);
    const rows = (): Promise<never> => Promise.reject(new Error('no rows today'));
    await expect(check({ url, directory: await folderWith(SLOW), rows })).rejects.toThrow('no rows today');
    expect(await databases()).toBe(0);
  });
});
