import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { accept } from '../../../src/inspect/accept.js';
import { verify } from '../../../src/inspect/verify.js';
import { down } from '../../../src/migrate/down.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

const three = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create schema ours; create table ours.two (id integer);',
  'V2.down.sql': 'drop schema ours cascade;',
  'V3.up.sql': 'create table three (id integer);',
  'V3.down.sql': 'drop table three;',
};

const snapshots = ({ rows }: TestDatabase): Promise<Record<string, unknown>[]> =>
  rows(
    'select version, snapshot, snapshot_format, snapshot_server_major, fingerprint from voicesurvey_migrations.history order by id',
  );

describe('the snapshot of the catalog', () => {
  test('is recorded in the newest history row of an up, with format, server major and fingerprint', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(three) });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    const major = await database.value("select current_setting('server_version_num')::integer / 10000");
    expect(await snapshots(database)).toMatchObject([
      { version: '1', snapshot: null, fingerprint: null },
      { version: '2', snapshot: null },
      {
        version: '3',
        snapshot: live.text,
        snapshot_format: 3,
        snapshot_server_major: major,
        fingerprint: live.fingerprint,
      },
    ]);
  });

  test('is recorded by a down, and still covers a schema that only the rolled back migration named', async ({
    database,
  }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await down({ url: database.url, directory });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    expect(live.snapshot.objects).toHaveProperty(['table ours.two']);
    expect(await snapshots(database)).toMatchObject([
      { version: '1', snapshot: null },
      { version: '2', snapshot: live.text, fingerprint: live.fingerprint },
    ]);
    await down({ url: database.url, directory, to: '0' });
    expect(await snapshots(database)).toEqual([]);
  });

  test('of the version that a down returns to is compared with what the down left', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith({
      ...three,
      'V2.down.sql': 'drop table ours.two;',
      'V3.up.sql': 'create table three (id integer); create index two_by_id on ours.two (id);',
    });
    const driftOf = async (): Promise<unknown> => {
      const { findings } = await verify({ url, directory, rules: false });
      const { drift } = await status({ url, directory });
      const found = findings.filter(({ kind }) => kind === 'drift');
      return [drift.state, drift.since, ...found.map(({ object, finding }) => `${object}: ${finding}`)];
    };
    for (const to of ['V1', 'V2', 'V3']) await up({ url, directory, to });
    await down({ url, directory });
    expect(await driftOf()).toEqual(['drifted', 'V2', 'index two_by_id on ours.two: here, not in V2']);
    await database.client.query('drop index ours.two_by_id');
    expect(await driftOf()).toEqual(['none', 'V2']);
    await down({ url, directory });
    expect(await driftOf()).toEqual(['drifted', 'V1', 'schema ours: here, not in V1']);
    await database.client.query('drop schema ours');
    expect(await driftOf()).toEqual(['none', 'V1']);
  });

  test('covers a schema that an earlier run created', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory, to: 'V2' });
    await up({ url: database.url, directory });
    const [, , newest] = await snapshots(database);
    expect(JSON.parse(String(newest?.snapshot)).schemas).toEqual(['ours', 'public']);
  });

  test('is recorded at the end of a no-transaction file, up and down', async ({ database }) => {
    const directory = await folderWith({
      ...three,
      'V4.up.sql': '-- migrate: no-transaction\ncreate index concurrently three_by_id on three (id);',
      'V4.down.sql': '-- migrate: no-transaction\ndrop index concurrently three_by_id;',
    });
    await up({ url: database.url, directory });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    expect((await snapshots(database)).at(-1)).toMatchObject({ version: '4', fingerprint: live.fingerprint });
    await down({ url: database.url, directory });
    expect((await snapshots(database)).at(-1)).toMatchObject({
      version: '3',
      fingerprint: expect.any(String),
    });
    expect((await status({ url: database.url, directory })).drift.state).toBe('none');
  });

  test('is recorded with the last applied migration when a later one fails', async ({ database }) => {
    const directory = await folderWith({ ...three, 'V4.up.sql': 'select 1 / 0;', 'V4.down.sql': '' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      name: 'MigrationFailedError',
    });
    const live = await takeSnapshot(database.client, ['public', 'ours']);
    expect((await snapshots(database)).at(-1)).toMatchObject({ version: '3', fingerprint: live.fingerprint });
  });

  test('is recorded when a migration is applied out of order', async ({ database }) => {
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

  test('is omitted if a session holds a lock, the run reports it, status is unknown, and the next run warns', async ({
    database,
  }) => {
    const { url } = database;
    const directory = await folderWith({
      ...three,
      'V4.up.sql': 'create table four (id integer);',
      'V4.down.sql': 'drop table four;',
      'V5.up.sql': 'create table five (id integer);',
      'V5.down.sql': 'drop table five;',
    });
    await up({ url, directory, to: 'V3' });
    await database.client.query('create table locked (id integer); create view v as select id from locked');
    // The warning must reach the client whatever level of messages the role has chosen.
    await database.client.query(`alter database "${database.name}" set client_min_messages = error`);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('begin; lock table locked in access exclusive mode');
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent): void => void events.push(event);
    const reason = 'canceling statement due to lock timeout';
    expect(await up({ url, directory, to: 'V4', onEvent })).toMatchObject({ snapshotMissing: reason });
    await other.end();
    expect(events).toContainEqual({ kind: 'snapshot-missing', reason });
    expect((await snapshots(database)).at(-1)).toMatchObject({ version: '4', snapshot: null });
    const { drift } = await status({ url, directory });
    expect(drift).toMatchObject({
      state: 'unknown',
      since: 'V4',
      cause: 'no_snapshot',
      reason: 'no snapshot was recorded with V4',
    });
    const next = await up({ url, directory, onEvent });
    expect(next).toMatchObject({ drift: [], driftUnknown: drift, snapshotMissing: null });
    expect(events).toContainEqual({ kind: 'drift-unknown', drift });
    expect(await down({ url, directory })).toMatchObject({ driftUnknown: null, snapshotMissing: null });
  });
});

describe('drift', () => {
  test('is reported by the next run, object by object, and then measured from the new state', async ({
    database,
  }) => {
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

  test('is not reported by concurrent runs that only see the changes of each other', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory, to: 'V1' });
    const runs = await Promise.all(Array.from({ length: 8 }, () => up({ url: database.url, directory })));
    expect(runs.flatMap(({ drift }) => drift)).toEqual([]);
  });

  test('is "none" in the status of an unchanged database', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    expect((await status({ url: database.url, directory })).drift).toEqual({
      state: 'none',
      since: 'V3',
      cause: null,
      reason: null,
      remedy: null,
    });
  });

  test('is "drifted" in the status after a change by hand, and "none" after the change is undone', async ({
    database,
  }) => {
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

  test('is "unknown" in the status of a database without a history', async ({ database }) => {
    expect((await status({ url: database.url, directory: await folderWith(three) })).drift).toMatchObject({
      state: 'unknown',
      since: null,
      cause: 'not_applied',
      reason: 'nothing is applied',
    });
  });

  test('is "unknown" if the snapshot has another format or comes from another server major', async ({
    database,
  }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    const change = (sql: string): Promise<unknown> =>
      database.client.query(`update voicesurvey_migrations.history set ${sql} where version = 3`);
    await change('snapshot_format = 0');
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'unknown',
      cause: 'other_format',
      reason: 'the recorded snapshot was recorded by another release',
    });
    await change('snapshot_format = 3, snapshot_server_major = 14');
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'unknown',
      cause: 'other_server',
      reason: expect.stringMatching(/^the snapshot was recorded on PostgreSQL 14, and this is \d+$/),
    });
  });

  test('after a down of several migrations covers the schemas of those that stay', async ({ database }) => {
    const { url, client } = database;
    const directory = await folderWith(three);
    await addFiles(directory, {
      'V4.up.sql': 'create table four (id integer);',
      'V4.down.sql': 'drop table four;',
    });
    await up({ url, directory });
    await down({ url, directory, to: 'V2' });
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'none', since: 'V2' });
    await client.query('drop schema ours cascade');
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'drifted', since: 'V2' });
  });

  test.for([
    'snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null',
    'snapshot = left(snapshot, 100)',
  ])('stays "unknown" after an up or a down if no snapshot names the earlier schemas: %s', async (change, {
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith(three);
    await up({ url, directory });
    await client.query(`update voicesurvey_migrations.history set ${change} where snapshot is not null`);
    await addFiles(directory, {
      'V4.up.sql': 'create table four (id integer);',
      'V4.down.sql': 'drop table four;',
    });
    const reason = 'no earlier snapshot names the schemas of the other migrations';
    expect(await up({ url, directory })).toMatchObject({ current: 'V4', snapshotMissing: reason });
    await client.query('drop schema ours cascade');
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'unknown', since: 'V4' });
    expect(await down({ url, directory })).toMatchObject({ snapshotMissing: reason });
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'unknown', since: 'V3' });
    await expect(accept({ url, directory, reason: 'ours is gone' })).resolves.toMatchObject({
      accepted: 'V3',
      differences: [{ object: 'schema ours' }, { object: 'table ours.two' }],
    });
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'none' });
  });

  test('is found in the schema that a run without a snapshot created, if its file is there', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith(three);
    await up({ url, directory, to: 'V1' });
    await addFiles(directory, {
      'V4.up.sql': 'create schema late; create table late.four (id integer);',
      'V4.down.sql': 'drop schema late cascade;',
      'V5.up.sql': 'create table five (id integer);',
      'V5.down.sql': 'drop table five;',
    });
    await up({ url, directory, to: 'V4' });
    await client.query(`update voicesurvey_migrations.history
      set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null where version > 1`);
    expect(await up({ url, directory })).toMatchObject({ current: 'V5', snapshotMissing: null });
    await client.query('drop table late.four');
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'drifted', since: 'V5' });
  });

  test('is found in the schema of the search path in which a run without a snapshot created objects', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith({
      'V1.up.sql': 'create table public.one (id integer);',
      'V1.down.sql': 'drop table public.one;',
      'V2.up.sql': 'create table two (id integer);',
      'V2.down.sql': 'drop table two;',
      'V3.up.sql': 'create table public.three (id integer);',
      'V3.down.sql': 'drop table public.three;',
    });
    await up({ url, directory, to: 'V1' });
    await client.query(`create schema app; alter database "${database.name}" set search_path = app, public`);
    await up({ url, directory, to: 'V2' });
    await client.query(`update voicesurvey_migrations.history
      set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null where version = 2`);
    await up({ url, directory });
    await client.query('drop table app.two');
    expect((await status({ url, directory })).drift).toMatchObject({ state: 'drifted', since: 'V3' });
  });

  test('is "unknown" after a down if the file of a migration whose run recorded no snapshot is missing', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith(three);
    await up({ url, directory });
    await client.query(`update voicesurvey_migrations.history
      set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null where version > 1`);
    const other = await folderWith({ 'V1.up.sql': three['V1.up.sql'], 'V1.down.sql': three['V1.down.sql'] });
    await client.query(
      'update voicesurvey_migrations.history set snapshot = $1, snapshot_format = 0, snapshot_server_major = 15, fingerprint = $2 where version = 1',
      ['{"schemas":["public"]}', createHash('sha256').update('{"schemas":["public"]}').digest('hex')],
    );
    expect(await down({ url, directory: other })).toMatchObject({
      snapshotMissing: 'no earlier snapshot names the schemas of the other migrations',
    });
  });

  test('is "unknown" after a run that recorded no snapshot, and known again after the next run', async ({
    database,
  }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory, to: 'V1' });
    await up({ url: database.url, directory, to: 'V2' });
    await database.client.query(`update voicesurvey_migrations.history
      set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null where version = 2`);
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

  test('is "unknown" while a session locks a table whose view must be read, and a run that cannot read it warns', async ({
    database,
  }) => {
    const { url } = database;
    const directory = await folderWith(three);
    await up({ url, directory, to: 'V2' });
    await database.client.query('create view v as select id from one');
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('begin; lock table one in access exclusive mode');
    const { drift } = await status({ url, directory });
    expect(drift).toMatchObject({ state: 'unknown', cause: 'catalog_unreadable' });
    const { applied, driftUnknown, snapshotMissing } = await up({ url, directory });
    await other.end();
    expect(applied).toMatchObject([{ version: 'V3' }]);
    expect(driftUnknown).toEqual(drift);
    expect(snapshotMissing).toMatch(/lock timeout/);
  });

  test('is reported by the status of a role that may only read the history', async ({ database }) => {
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
