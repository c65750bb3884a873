import { randomBytes } from 'node:crypto';
import { describe, expect, inject, onTestFinished } from 'vitest';
import { accept } from '../../../src/inspect/accept.js';
import { baseline } from '../../../src/inspect/baseline.js';
import { down } from '../../../src/migrate/down.js';
import { repair } from '../../../src/migrate/repair.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { seed } from '../../../src/seed/seed.js';
import { type TestDatabase, test } from '../../support/database.js';
import { runOnce, session } from '../../support/databases.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { until } from '../../support/until.js';
import { untilWaiting } from '../../support/until-waiting.js';

const FILES = {
  'V1.up.sql': 'create table written (n integer);',
  'V1.down.sql': 'drop table written;',
  'V2.up.sql': '-- migrate: no-transaction\ncreate index concurrently written_by_n on written (n);',
  'V2.down.sql': 'drop index written_by_n;',
};

async function freeze({ client, name }: TestDatabase): Promise<void> {
  await client.query(`alter database ${name} set default_transaction_read_only = on`);
}

/** The number of applied migrations, and of tables. */
const CONTENTS = `select (select count(*)::int from pg_tables where schemaname = 'public') as tables,
  (select max(version)::text from voicesurvey_migrations.history) as version`;

const REFUSED = {
  code: 'read_only',
  message: expect.stringMatching(/is read-only: the database sets .* Nothing was changed\.$/),
  remedy: expect.stringContaining('reset default_transaction_read_only;'),
};

describe('in a database that is frozen by default_transaction_read_only', () => {
  test('up and down change nothing, also with a no-transaction file', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(FILES);
    await up({ url, directory, to: 'V1' });
    await freeze(database);
    await expect(up({ url, directory })).rejects.toMatchObject(REFUSED);
    await expect(down({ url, directory, backupFolder: await folderWith() })).rejects.toMatchObject(REFUSED);
    expect(await database.rows(CONTENTS)).toEqual([{ tables: 1, version: '1' }]);
    expect(await up({ url, directory, to: 'V1' })).toMatchObject({ applied: [] });
    expect(await status({ url, directory })).toMatchObject({ current: 'V1' });
  });

  test('repair, accept, baseline and seed change nothing', async ({ database, migrated }) => {
    const { url } = database;
    const directory = await folderWith(FILES);
    await up({ url, directory, to: 'V1' });
    await addFiles(directory, { 'V1.up.sql': `${FILES['V1.up.sql']} -- changed` });
    await freeze(database);
    const reason = 'because';
    await expect(repair({ url, directory, version: 'V1', reason })).rejects.toMatchObject(REFUSED);
    await expect(accept({ url, directory, reason })).rejects.toMatchObject(REFUSED);
    await freeze(migrated);
    await migrated.client.query('drop schema voicesurvey_migrations cascade');
    await expect(baseline({ url: migrated.url, directory, version: 'V1' })).rejects.toMatchObject(REFUSED);
    await expect(seed({ url: migrated.url })).rejects.toMatchObject(REFUSED);
    expect(await migrated.value('select count(*)::int from users')).toBe(0);
  });

  test('up applies nothing if the database was frozen while up waited for another run', async ({
    database,
  }) => {
    const { url } = database;
    const files = {
      ...FILES,
      'V2.up.sql': '-- migrate: lock-timeout 20s\nalter table written add m integer;',
    };
    const first = await folderWith(files);
    const second = await folderWith({ ...files, 'V3.up.sql': 'create table three ();', 'V3.down.sql': '' });
    await up({ url, directory: first, to: 'V1' });
    const holder = await session(url);
    await holder.query('begin; lock table written');
    const running = up({ url, directory: first });
    await untilWaiting(database);
    const events: string[] = [];
    const waiting = up({ url, directory: second, onEvent: ({ kind }) => events.push(kind) });
    await until(() => events.includes('waiting'));
    await freeze(database);
    await holder.query('rollback');
    expect(await running).toMatchObject({ current: 'V2' });
    await expect(waiting).rejects.toMatchObject({ code: 'read_only' });
    expect(await database.rows(CONTENTS)).toEqual([{ tables: 1, version: '2' }]);
    await holder.end();
  });
});

test.for([
  ['a role', 'alter role ROLE set default_transaction_read_only = on', '', 'the role'],
  [
    'a role in a database',
    'alter role ROLE in database DATABASE set default_transaction_read_only = on',
    '',
    'in this database',
  ],
  ['the connection', '', '?options=-c%20default_transaction_read_only%3Don', 'this connection'],
] as const)('up is refused if %s sets default_transaction_read_only', async ([, sql, options, setBy], {
  database,
}) => {
  const role = `voicesurvey_test_frozen_${randomBytes(4).toString('hex')}`;
  await database.client.query(`create role ${role} login superuser password 'secret'`);
  onTestFinished(() => runOnce(inject('serverUrl'), `drop role ${role}`).then(() => undefined));
  if (sql !== '') await database.client.query(sql.replace('ROLE', role).replace('DATABASE', database.name));
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  const directory = await folderWith(FILES);
  await expect(up({ url: `${url.href}${options}`, directory })).rejects.toMatchObject({
    code: 'read_only',
    message: expect.stringContaining(setBy),
  });
  expect(
    await database.value("select count(*)::int from pg_namespace where nspname = 'voicesurvey_migrations'"),
  ).toBe(0);
  if (sql !== '') {
    await up({ url: `${url.href}?options=-c%20default_transaction_read_only%3Doff`, directory });
  }
  expect(await database.value("select count(*)::int from pg_tables where schemaname = 'public'")).toBe(
    sql === '' ? 0 : 1,
  );
});
