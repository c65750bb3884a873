import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { runCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

const HISTORY = 'voicesurvey_migrations.history';

const files = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
};
const third = { 'V3.up.sql': 'create table three (id integer);', 'V3.down.sql': 'drop table three;' };

/** Applies two migrations, and gives the rows ids that the sequence has not reached, as a restore of the rows alone does. */
async function restoreRows({ url, client }: TestDatabase, firstId: string): Promise<string> {
  const directory = await folderWith(files);
  await up({ url, directory });
  await client.query(`create temporary table copy as table ${HISTORY}; delete from ${HISTORY};
alter table ${HISTORY} alter id restart with 1;
update copy set id = ${firstId} + version - 1;
insert into ${HISTORY} overriding system value table copy`);
  await addFiles(directory, third);
  return directory;
}

describe('after a restore of the rows of the history alone', () => {
  test.for([
    ['whose ids the sequence has not reached', '50'],
    ['whose ids are the next of the sequence', '1'],
    ['whose ids are almost the largest', '9223372036854775800'],
  ] as const)('%s, up gives the next migration the largest id', async ([, firstId], { database }) => {
    const directory = await restoreRows(database, firstId);
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V3' });
    expect(await database.rows(`select name from ${HISTORY} order by id`)).toEqual([
      { name: 'V1' },
      { name: 'V2' },
      { name: 'V3' },
    ]);
    expect(await down({ url: database.url, directory })).toMatchObject({ rolledBack: [{ version: 'V3' }] });
  });
});

describe('after a restore of the history without its tables', () => {
  test('up fails and says what to do, which helps', async ({ database }) => {
    const { url, client } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await client.query('drop table one, two');
    const error: unknown = await up({ url, directory }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'history_without_objects',
      message: 'The history says that this database is at V2, but it has no tables.',
    });
    await addFiles(directory, third);
    await expect(up({ url, directory })).rejects.toMatchObject({ code: 'history_without_objects' });
    await expect(up({ url, directory, dryRun: true })).rejects.toMatchObject({
      code: 'history_without_objects',
    });
    const advised = /(alter schema .*?;)/.exec((error as { remedy: string }).remedy)?.[1] ?? '';
    await client.query(advised);
    expect(await up({ url, directory })).toMatchObject({ current: 'V3' });
  });

  test('up fails also if an extension has made a view', async ({ database: { url, client } }) => {
    const directory = await folderWith(files);
    await client.query('create extension pg_stat_statements');
    await up({ url, directory });
    await client.query('drop table one, two');
    await expect(up({ url, directory })).rejects.toMatchObject({ code: 'history_without_objects' });
  });

  test.for([
    ['creates no object', 'select 1;', 'select 1;'],
    ['creates only a function', 'create function f() returns integer return 1;', 'drop function f();'],
    ['creates only a type', "create type color as enum ('red');", 'drop type color;'],
    ['creates only a schema', 'create schema app;', 'drop schema app;'],
  ] as const)('up has nothing to do if the only migration %s', async ([, upSql, downSql], { database }) => {
    const directory = await folderWith({ 'V1.up.sql': upSql, 'V1.down.sql': downSql });
    await up({ url: database.url, directory });
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [], current: 'V1' });
  });
});

describe('status and verify of a history with odd values', () => {
  test.for([
    ["applied_at = 'infinity'", null],
    ["applied_at = '-infinity'", null],
    ["applied_at = '294276-12-31 23:59:59Z'", null],
    ["applied_at = '4713-01-01 00:00:00Z BC'", '-004712-01-01T00:00:00.000Z'],
    ['duration_ms = -2147483648', undefined],
    ["applied_by = E'a\\nb\\x1b[2J', applied_with = E'\\n::error::x', applied_on = E'\\x1b'", undefined],
    ["reason = E'\\x1b[2J', origin = 'repaired'", undefined],
  ] as const)('work with %s', async ([change, time], { database }) => {
    const { url, client } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await client.query(`update ${HISTORY} set ${change} where version = 2`);
    const { migrations, drift } = await status({ url, directory });
    expect(migrations.map(({ state }) => state)).toEqual(['applied', 'applied']);
    expect(drift.state).toBe('none');
    if (time !== undefined) expect(migrations[1]?.appliedAt?.toISOString() ?? null).toBe(time);
    const shown = await runCli(['status', '--dir', directory], { env: { DATABASE_URL: url } });
    expect(shown).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/^\s*::|\p{Cc}(?<!\n)/mu) });
  });

  test('print a name with control characters on one line, encoded', async ({ database }) => {
    const { url, client } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await client.query(`update ${HISTORY} set name = E'V2\\nAn injected line.\\x1b[2J' where version = 2`);
    const other = await folderWith({ 'V1.up.sql': files['V1.up.sql'], 'V1.down.sql': files['V1.down.sql'] });
    for (const words of [['status'], ['verify', '--no-rules'], ['accept', '--reason', 'why'], ['down']]) {
      const { stdout, stderr } = await runCli([...words, '--dir', other], { env: { DATABASE_URL: url } });
      expect(stdout + stderr).toContain('V2\\nAn injected line.\\u001b[2J');
      expect(stdout + stderr).not.toMatch(/^An injected line/m);
    }
  });
});
