import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { takeSnapshot } from '../../src/catalog/snapshot.js';
import { down, status, up } from '../../src/inspect/engine.js';
import { up as bareUp } from '../../src/migrate/up.js';
import { type TestDatabase, test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

const three = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create schema ours; create table ours.two (id integer);',
  'V2.down.sql': 'drop schema ours cascade;',
  'V3.up.sql': 'create table three (id integer);',
  'V3.down.sql': 'drop table three;',
};

const recorded = ({ rows }: TestDatabase): Promise<Record<string, unknown>[]> =>
  rows(
    'select version, snapshot, snapshot_format, snapshot_server_major, fingerprint from voicesurvey_migrations.history order by id',
  );

describe('a run describes the catalog that it leaves', () => {
  test('in its newest row, with format, server and fingerprint', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(three) });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    const major = await database.value("select current_setting('server_version_num')::integer / 10000");
    expect(await recorded(database)).toMatchObject([
      { version: '1', snapshot: null, fingerprint: null },
      { version: '2', snapshot: null },
      {
        version: '3',
        snapshot: live.text,
        snapshot_format: 1,
        snapshot_server_major: major,
        fingerprint: live.fingerprint,
      },
    ]);
  });

  test('also when it rolls back, with what only the newest row knew of', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await down({ url: database.url, directory });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    expect(live.snapshot.objects).toHaveProperty(['table ours.two']);
    expect(await recorded(database)).toMatchObject([
      { version: '1', snapshot: null },
      { version: '2', snapshot: live.text, fingerprint: live.fingerprint },
    ]);
    await down({ url: database.url, directory, to: '0' });
    expect(await recorded(database)).toEqual([]);
  });

  test('a schema that an earlier run made is still looked at', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory, to: 'V2' });
    await up({ url: database.url, directory });
    const [, , newest] = await recorded(database);
    expect(JSON.parse(String(newest?.snapshot)).schemas).toEqual(['ours', 'public']);
  });

  test('at the end of a file without a transaction', async ({ database }) => {
    const directory = await folderWith({
      ...three,
      'V4.up.sql': '-- migrate: no-transaction\ncreate index concurrently three_by_id on three (id);',
      'V4.down.sql': '-- migrate: no-transaction\ndrop index concurrently three_by_id;',
    });
    await up({ url: database.url, directory });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    expect((await recorded(database)).at(-1)).toMatchObject({ version: '4', fingerprint: live.fingerprint });
    await down({ url: database.url, directory });
    expect((await recorded(database)).at(-1)).toMatchObject({
      version: '3',
      fingerprint: expect.any(String),
    });
    expect((await status({ url: database.url, directory })).drift?.state).toBe('none');
  });

  test('where a later file fails, behind the last one that stands', async ({ database }) => {
    const directory = await folderWith({ ...three, 'V4.up.sql': 'select 1 / 0;', 'V4.down.sql': '' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      name: 'MigrationFailedError',
    });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    expect((await recorded(database)).at(-1)).toMatchObject({ version: '3', fingerprint: live.fingerprint });
  });

  test('and a catalog that cannot be read costs the snapshot, not the migration', async ({ database }) => {
    const directory = await folderWith({
      ...three,
      'V4.up.sql': 'create table four (id integer);',
      'V4.down.sql': 'drop table four;',
    });
    await up({ url: database.url, directory, to: 'V3' });
    await database.client.query('create table locked (id integer); create view v as select id from locked');
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('begin; lock table locked in access exclusive mode');
    const notices: string[] = [];
    await up({
      url: database.url,
      directory,
      onEvent: (event) => {
        if (event.kind === 'notice') notices.push(event.text);
      },
    });
    await other.end();
    expect(notices).toEqual([expect.stringMatching(/^the snapshot of the catalog was not recorded/)]);
    expect((await recorded(database)).at(-1)).toMatchObject({ version: '4', snapshot: null });
    expect((await status({ url: database.url, directory })).drift).toEqual({
      state: 'unknown',
      since: 'V4',
      reason: 'no snapshot was recorded with V4',
    });
  });
});

describe('a run tells what was changed by other means before it', () => {
  test('object by object, and from then on it counts as it is', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory, to: 'V2' });
    await database.client.query(
      'create index by_hand on ours.two (id); alter table one alter id set not null',
    );
    const { drift } = await up({ url: database.url, directory });
    expect(drift).toEqual([
      { object: 'index by_hand on ours.two', difference: 'here, not in V2' },
      { object: 'column one.id', difference: 'null allowed in V2, not here' },
    ]);
    expect((await status({ url: database.url, directory })).drift).toMatchObject({ state: 'none' });
    expect((await down({ url: database.url, directory })).drift).toEqual([]);
  });

  test('and nothing where nothing was changed, however many run at once', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory, to: 'V1' });
    const runs = await Promise.all(Array.from({ length: 8 }, () => up({ url: database.url, directory })));
    expect(runs.flatMap(({ drift }) => drift)).toEqual([]);
  });
});

describe('status tells whether the catalog has drifted', () => {
  test('not where nothing was changed', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    expect((await status({ url: database.url, directory })).drift).toEqual({
      state: 'none',
      since: 'V3',
      reason: null,
    });
  });

  test('where somebody has changed it by hand, and no more after it was put right', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await database.client.query('create index by_hand on ours.two (id)');
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'drifted',
      since: 'V3',
    });
    await database.client.query('drop index ours.by_hand');
    expect((await status({ url: database.url, directory })).drift).toMatchObject({ state: 'none' });
  });

  test('nothing is known of a database without history', async ({ database }) => {
    expect((await status({ url: database.url, directory: await folderWith(three) })).drift).toEqual({
      state: 'unknown',
      since: null,
      reason: 'nothing is applied',
    });
  });

  test('a snapshot of another format or server is not compared', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    const change = (sql: string): Promise<unknown> =>
      database.client.query(`update voicesurvey_migrations.history set ${sql} where version = 3`);
    await change('snapshot_format = 0');
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'unknown',
      reason: 'the recorded snapshot is of another release',
    });
    await change('snapshot_format = 1, snapshot_server_major = 14');
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'unknown',
      reason: expect.stringMatching(/^the snapshot was recorded on PostgreSQL 14, and this is \d+$/),
    });
  });

  test('a run without snapshots leaves it unknown, and the next one with them brings it back', async ({
    database,
  }) => {
    const directory = await folderWith(three);
    await bareUp({ url: database.url, directory, to: 'V2' });
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'unknown',
      since: 'V2',
    });
    await up({ url: database.url, directory });
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'none',
      since: 'V3',
    });
  });

  test('to a role that may only read the history', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    const role = `voicesurvey_test_reader_${randomBytes(4).toString('hex')}`;
    await database.client.query(
      `create role ${role} login password 'secret'; grant usage on schema voicesurvey_migrations to ${role};
       grant select on voicesurvey_migrations.history to ${role}`,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    try {
      expect((await status({ url: url.href, directory })).drift).toMatchObject({
        state: 'none',
        since: 'V3',
      });
    } finally {
      await database.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });
});

test('late files are recorded, too', async ({ database }) => {
  const { 'V2.up.sql': upSql, 'V2.down.sql': downSql, ...others } = three;
  const directory = await folderWith(others);
  await up({ url: database.url, directory });
  await addFiles(directory, { 'V2.up.sql': upSql, 'V2.down.sql': downSql });
  await up({ url: database.url, directory, allowOutOfOrder: true });
  expect((await status({ url: database.url, directory })).drift).toMatchObject({
    state: 'none',
    since: 'V2',
  });
});
