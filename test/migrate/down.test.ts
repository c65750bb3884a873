import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { down } from '../../src/migrate/down.js';
import type { MigrationFailedError } from '../../src/migrate/failure/errors.js';
import { repair } from '../../src/migrate/repair.js';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { up } from '../../src/migrate/up.js';
import { type TestDatabase, test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';
import { tablesOf, versionsOf } from '../support/migrations.js';
import { until } from '../support/until.js';

const three = Object.fromEntries(
  [1, 2, 3].flatMap((n) => [
    [`V${n}.up.sql`, `create table t${n} (id integer);`],
    [`V${n}.down.sql`, `drop table t${n};`],
  ]),
);

describe('down', () => {
  test('to 0 also rolls back a version 0, and to V0000 keeps it', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith({
      'V0000.up.sql': 'create table t0 ();',
      'V0000.down.sql': 'drop table t0;',
      ...three,
    });
    await up({ url, directory });
    expect(await down({ url, directory, to: 'V0000' })).toMatchObject({ current: 'V0000' });
    expect(await tablesOf(database)).toEqual(['t0']);
    expect(await down({ url, directory, to: '0' })).toMatchObject({ current: null });
    expect(await tablesOf(database)).toEqual([]);
  });

  test('rolls back one migration by default', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(three);
    await up({ url, directory });
    expect(await down({ url, directory })).toMatchObject({
      rolledBack: [{ version: 'V3', status: 'rolled_back' }],
      current: 'V2',
    });
    expect(await tablesOf(database)).toEqual(['t1', 't2']);
  });

  test.for([
    [{ steps: 2 }, 'V1 applied', 'V1', ['t1']],
    [{ to: 'V2' }, 'V2 applied', 'V2', ['t1', 't2']],
    [{ to: '0' }, 'no migration applied', null, []],
    [{ steps: 9 }, 'no migration applied', null, []],
  ] as const)('with %j leaves %s', async ([options, , current, tables], { database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    expect(await down({ url: database.url, directory, ...options })).toMatchObject({ current });
    expect(await tablesOf(database)).toEqual(tables);
  });

  test.for([
    [{ steps: 1, to: 'V1' }, 'steps_and_to'],
    [{ steps: 0 }, 'bad_steps'],
    [{ steps: 1.5 }, 'bad_steps'],
    [{ to: 'V9' }, 'unknown_version'],
    [{ to: 'all' }, 'unknown_version'],
  ] as const)('with %j is a usage error', async ([options, code], { database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await expect(down({ url: database.url, directory, ...options })).rejects.toMatchObject({
      code,
      exitCode: 2,
    });
    expect(await tablesOf(database)).toHaveLength(3);
  });

  test('rolls back nothing in a database without a history', async ({ database }) => {
    const directory = await folderWith(three);
    expect(await down({ url: database.url, directory })).toMatchObject({ rolledBack: [], current: null });
  });

  test('of everything, followed by an up, leads to the same schema', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await down({ url: database.url, directory, to: '0' });
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V3' });
    expect(await tablesOf(database)).toEqual(['t1', 't2', 't3']);
  });

  test('runs the down recorded in the history if this release has no file for it', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await rm(join(directory, 'V3.up.sql'));
    await rm(join(directory, 'V3.down.sql'));
    expect(await down({ url: database.url, directory })).toMatchObject({ current: 'V2' });
    expect(await tablesOf(database)).toEqual(['t1', 't2']);
  });

  test('runs the recorded down although its file was changed', async ({ database }) => {
    const directory = await folderWith(three);
    await up({ url: database.url, directory });
    await addFiles(directory, { 'V3.down.sql': 'drop table t1;' });
    await down({ url: database.url, directory });
    expect(await tablesOf(database)).toEqual(['t1', 't2']);
  });

  test('does not run a recorded text that someone has changed, until repair records the file', async ({
    database,
  }) => {
    const { url } = database;
    const directory = await folderWith(three);
    await up({ url, directory });
    await database.client.query(
      "update voicesurvey_migrations.history set down_sql = 'drop table t1;' where version = 3",
    );
    await expect(down({ url, directory })).rejects.toMatchObject({
      code: 'down_changed',
      remedy: expect.stringContaining("repair({ version: 'V3', reason: '<why>' })"),
    });
    expect(await tablesOf(database)).toEqual(['t1', 't2', 't3']);
    await repair({ url, directory, version: 'V3', reason: 'restored' });
    expect(await down({ url, directory })).toMatchObject({ current: 'V2' });
  });

  test('rolls back the most recently applied migration first, even if its version is not the largest', async ({
    database,
  }) => {
    const { 'V2.up.sql': late = '', 'V2.down.sql': lateDown = '', ...others } = three;
    const directory = await folderWith(others);
    await up({ url: database.url, directory });
    await addFiles(directory, { 'V2.up.sql': late, 'V2.down.sql': lateDown });
    await up({ url: database.url, directory, allowOutOfOrder: true });
    expect(await down({ url: database.url, directory })).toMatchObject({ rolledBack: [{ version: 'V2' }] });
    expect(await down({ url: database.url, directory })).toMatchObject({ rolledBack: [{ version: 'V3' }] });
    expect(await tablesOf(database)).toEqual(['t1']);
  });

  test('to a version reports the newest of those that are left, also if its version is not the largest', async ({
    database,
  }) => {
    const { url } = database;
    const { 'V2.up.sql': late = '', 'V2.down.sql': lateDown = '', ...others } = three;
    const directory = await folderWith(others);
    await up({ url, directory });
    await addFiles(directory, { 'V2.up.sql': late, 'V2.down.sql': lateDown });
    await up({ url, directory, allowOutOfOrder: true });
    expect(await down({ url, directory, to: 'V2' })).toMatchObject({
      rolledBack: [{ version: 'V3' }],
      current: 'V2',
    });
  });

  test('reports whether what it leaves behind is drift: not if one run applied all migrations', async ({
    database,
  }) => {
    const { url } = database;
    const directory = await folderWith({ ...three, 'V3.down.sql': 'select 1;' });
    await up({ url, directory });
    expect(await down({ url, directory, to: 'V3' })).toMatchObject({ leftoversAreDrift: null });
    expect(await down({ url, directory })).toMatchObject({ current: 'V2', leftoversAreDrift: false });
    const { findings } = await verify({ url, directory, rules: false, replay: true });
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'drift', object: 'table t3' }));
    expect(await down({ url, directory, to: '0' })).toMatchObject({ leftoversAreDrift: null });
  });

  test('reports that what it leaves behind is drift if a run ended with the remaining migration', async ({
    database,
  }) => {
    const { url } = database;
    const directory = await folderWith({ ...three, 'V3.down.sql': 'select 1;' });
    await up({ url, directory, to: 'V2' });
    await up({ url, directory });
    expect(await down({ url, directory })).toMatchObject({ current: 'V2', leftoversAreDrift: true });
    const { findings } = await verify({ url, directory, rules: false });
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'drift', object: 'table t3' }));
  });

  test('is refused with the reason if a migration is irreversible, and rolls back nothing', async ({
    database,
  }) => {
    const directory = await folderWith({
      ...three,
      'V4.up.sql': '-- migrate: irreversible accounts were merged\nselect 1;',
    });
    await up({ url: database.url, directory });
    await expect(down({ url: database.url, directory, to: 'V1' })).rejects.toMatchObject({
      code: 'irreversible',
      message: expect.stringContaining('accounts were merged'),
    });
    expect(await tablesOf(database)).toHaveLength(3);
  });

  test('that goes as far as possible reports file, line and column, and keeps the rollbacks before it', async ({
    database,
  }) => {
    const directory = await folderWith({ ...three, 'V2.down.sql': '-- wrong\ndrop table t2, nothing;' });
    await up({ url: database.url, directory });
    await expect(
      down({ url: database.url, directory, to: '0', asFarAsPossible: true }),
    ).rejects.toMatchObject({
      code: 'migration_failed',
      location: { file: join(directory, 'V2.down.sql'), line: 2 },
      results: [
        { version: 'V3', status: 'rolled_back' },
        { version: 'V2', status: 'failed' },
        { version: 'V1', status: 'not_reached' },
      ],
    });
    expect(await tablesOf(database)).toEqual(['t1', 't2']);
  });
});

describe('a down file that drops', () => {
  test('the schema public and creates it again keeps the history, so that up works again', async ({
    database,
  }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create extension if not exists citext; create table a (i integer);',
      'V1.down.sql': 'drop schema public cascade; create schema public;',
    });
    const options = { url: database.url, directory };
    await up(options);
    expect(await down(options)).toMatchObject({ current: null });
    expect(await up(options)).toMatchObject({ current: 'V1' });
  });

  test.for([
    'drop schema public, voicesurvey_migrations cascade; create schema public;',
    'drop table voicesurvey_migrations.history;',
    'truncate voicesurvey_migrations.history;',
    'alter schema voicesurvey_migrations rename to old;',
    'alter table voicesurvey_migrations.history rename to old;',
    'alter table voicesurvey_migrations.history drop column name;',
  ])('or changes the history is refused before its up runs: %s', async (text, { database }) => {
    const directory = await folderWith({ 'V1.up.sql': 'create table a (i integer);', 'V1.down.sql': text });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'changes_history',
      location: { line: 1, column: 1 },
      remedy: expect.stringContaining('Remove voicesurvey_migrations from the statement.'),
    });
    expect(await tablesOf(database)).toEqual([]);
  });

  test.for([
    `do $$ begin execute 'drop schema voicesurvey_migrations cascade'; end $$;`,
    'drop owned by current_user cascade;',
  ])('the history by other names fails immediately and as a whole, and says what to correct: %s', async (text, {
    database,
  }) => {
    const role = `${database.name}_owner`;
    await database.client.query(`create role ${role} login password 'x'; grant all on database ${database.name} to ${role};
      grant all on schema public to ${role}`);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'x';
      const directory = await folderWith({
        'V1.up.sql': 'create table a (i integer);',
        'V1.down.sql': `drop table a; ${text}`,
      });
      await up({ url: url.href, directory });
      const started = performance.now();
      await expect(down({ url: url.href, directory })).rejects.toMatchObject({
        code: 'changes_history',
        exitCode: 1,
        remedy: expect.stringContaining('Nothing was rolled back.'),
      });
      expect(performance.now() - started).toBeLessThan(30_000);
      expect(await tablesOf(database)).toEqual(['a']);
    } finally {
      await database.client.query(
        `reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`,
      );
    }
  });
});

test.for([
  [{}, 'Interrupted in V2. Nothing was rolled back.'],
  [{ dryRun: true }, 'Interrupted in V2. Nothing was rolled back.'],
] as const)('down that is interrupted in its rehearsal (%j) does not say that a migration is rolled back', async ([
  options,
  message,
], { database }) => {
  const { url } = database;
  const directory = await folderWith({ ...three, 'V2.down.sql': 'select pg_sleep(30); drop table t2;' });
  await up({ url, directory });
  const controller = new AbortController();
  const interrupted = down({ url, directory, to: 'V1', signal: controller.signal, ...options }).catch(
    (error: unknown) => error,
  );
  await until(
    async () =>
      (await database.value(
        "select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
      )) === 1,
  );
  controller.abort();
  const error = await interrupted;
  expect(error).toMatchObject({ code: 'interrupted', message });
  for (const { status } of (error as MigrationFailedError).results) expect(status).toBe('not_reached');
});

describe('a number of steps counts from the migrations that the call found:', () => {
  /** V3, whose rollback takes a second, and V2, whose table is locked as soon as that begins. */
  async function lockedMeanwhile({ url, client }: TestDatabase) {
    const directory = await folderWith({
      ...three,
      'V2.down.sql': '-- migrate: lock-timeout 300ms\ndrop table t2;',
      'V3.down.sql': 'select pg_sleep(1); drop table t3;',
    });
    await up({ url, directory });
    const lock = ({ kind }: RunEvent): void => {
      if (kind === 'started') client.query('begin; lock table t2').catch(() => undefined);
    };
    return { options: { url, directory, steps: 2, lose: ['t3', 't2'] }, lock };
  }

  test('a retry does not count them again', async ({ database }) => {
    const { options, lock } = await lockedMeanwhile(database);
    const attempts: string[] = [];
    const onEvent = (event: RunEvent): void => {
      if (attempts.length === 0) lock(event);
      if (event.kind !== 'retrying') return;
      attempts.push(event.reason);
      database.client.query('rollback').catch(() => undefined);
    };
    expect(await down({ ...options, onEvent })).toMatchObject({
      rolledBack: [{ version: 'V3' }, { version: 'V2' }],
      current: 'V1',
    });
    expect(attempts).toEqual(['lock timeout']);
    expect(await tablesOf(database)).toEqual(['t1']);
  });

  test('after a part of them, the remedy names the version to stop at', async ({ database }) => {
    const { options, lock } = await lockedMeanwhile(database);
    const controller = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'started') lock(event);
      if (event.kind === 'retrying') controller.abort();
    };
    await expect(down({ ...options, onEvent, signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
      results: [
        { version: 'V3', status: 'rolled_back' },
        { version: 'V2', status: 'not_reached' },
      ],
      remedy: expect.stringContaining("Give `to: 'V1'` then: without it, `down()` counts its steps from"),
    });
  });

  test.for([
    ['is refused because of new rows', 'rollback; insert into t2 values (1)', 'would_lose_data'],
    [
      'loses the connection in a pause',
      `rollback; select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like 'voicesurvey-db%'`,
      'connection_lost',
    ],
  ] as const)('after a part of them, the remedy names the version to stop at also if the rest %s', async ([
    ,
    sql,
    code,
  ], { database }) => {
    const { options, lock } = await lockedMeanwhile(database);
    let meanwhile: Promise<unknown> | undefined;
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'started') lock(event);
      if (event.kind === 'retrying') meanwhile ??= database.client.query(sql);
    };
    await expect(down({ ...options, lose: [], onEvent })).rejects.toMatchObject({
      code,
      remedy: expect.stringContaining("Give `to: 'V1'` then: without it, `down()` counts its steps from"),
    });
    await meanwhile;
    expect(await versionsOf(database)).toEqual([1, 2]);
  });

  test('after a part of them, the named version takes no older one, also if that was applied out of order', async ({
    database,
  }) => {
    const { url } = database;
    const { 'V1.up.sql': late = '', 'V1.down.sql': lateDown = '', ...others } = three;
    const directory = await folderWith(others);
    await up({ url, directory, to: 'V2' });
    await addFiles(directory, { 'V1.up.sql': late, 'V1.down.sql': lateDown, 'V3.down.sql': 'select 1/0;' });
    await up({ url, directory, allowOutOfOrder: true, to: 'V1' });
    await addFiles(directory, { 'V4.up.sql': 'select 1;', 'V4.down.sql': 'select 1;' });
    await up({ url, directory });
    await expect(down({ url, directory, steps: 2, asFarAsPossible: true })).rejects.toMatchObject({
      remedy: expect.stringContaining("Give `to: 'V2'` then"),
    });
  });

  test('another down that was faster has rolled back the same migration', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith({ ...three, 'V3.down.sql': 'select pg_sleep(1); drop table t3;' });
    await up({ url, directory });
    const waits = new Promise<void>((resolve) => {
      const onEvent = ({ kind }: RunEvent): void => (kind === 'started' ? resolve() : undefined);
      down({ url, directory, onEvent }).catch(() => undefined);
    });
    await waits;
    expect(await down({ url, directory })).toMatchObject({ rolledBack: [], current: 'V2' });
  });
});
