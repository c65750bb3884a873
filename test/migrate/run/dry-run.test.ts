import { parse } from 'libpg-query';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { HOLDER_KEY } from '../../../src/migrate/script/guard.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const files = {
  'V1.up.sql': 'create table one (id integer); create table two (id integer) -- the second\n;',
  'V1.down.sql': 'drop table two, one;',
  'V2.up.sql': '-- migrate: no-transaction\ncreate index concurrently one_by_id on one (id);\nselect 7;',
  'V2.down.sql': '-- migrate: no-transaction\ndrop index concurrently one_by_id;',
};

describe('a dry run (E19)', () => {
  test('with verbose prints the SQL of every message and writes nothing, not even the history', async ({
    database,
  }) => {
    const directory = await folderWith(files);
    const result = await up({ url: database.url, directory, dryRun: true, verbose: true });
    expect(result.applied).toEqual([]);
    for (const sql of [
      'create table one (id integer);',
      'create index concurrently one_by_id on one (id);',
      'select 7;',
      'commit;',
    ]) {
      expect(result.sql).toContain(sql);
    }
    expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
    expect(await database.value("select to_regclass('one')")).toBeNull();
  });

  test('with verbose prints SQL that, run by hand, leaves the same schema and history as up', async ({
    database,
  }) => {
    const directory = await folderWith({
      'V1.up.sql': files['V1.up.sql'],
      'V1.down.sql': files['V1.down.sql'],
    });
    const { sql } = await up({ url: database.url, directory, dryRun: true, verbose: true });
    // The guards ask for the lock that the session of a run holds.
    const holder = new pg.Client(database.url);
    await holder.connect();
    await holder.query(`select pg_advisory_lock(${HOLDER_KEY}, 0)`);
    const text = Buffer.from(sql ?? '');
    for (const { stmt_location: start = 0, stmt_len: length = 0 } of (await parse(text.toString())).stmts ??
      []) {
      await database.client.query(text.toString('utf8', start, start + length));
    }
    await holder.end();
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [], current: 'V1' });
  });

  test('prints the statements of the files and nothing of the engine', async ({ database }) => {
    const directory = await folderWith({
      ...files,
      'V3.up.sql': "-- a comment\ncreate role ann password 'Geh3im';",
      'V3.down.sql': '',
    });
    const { sql } = await up({ url: database.url, directory, dryRun: true });
    expect(sql).toBe(`-- Passwords and other secrets are replaced by '***'.

-- V1.up.sql
create table one (id integer);
create table two (id integer) -- the second
;

-- V2.up.sql, not in one transaction
create index concurrently one_by_id on one (id);
select 7;

-- V3.up.sql
create role ann password '***';
`);
  });

  test('of a down prints the recorded down', async ({ database }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    const { sql } = await down({ url: database.url, directory, to: '0', dryRun: true });
    expect(sql).toContain('drop index concurrently one_by_id;');
    expect(sql).toContain('drop table two, one;');
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [] });
  });

  test('of a down, with verbose, prints the lock under which the data is backed up, and says what it leaves out', async ({
    database: { url, client },
  }) => {
    const directory = await folderWith({
      ...files,
      'V3.up.sql': 'create table three (id integer, note text);',
      'V3.down.sql': 'alter table three drop column note;\ndrop table two;',
      'V4.up.sql':
        '-- migrate: no-transaction\ncreate index concurrently i on one (id);\ncreate table four (id integer);',
      'V4.down.sql': '-- migrate: no-transaction\ndrop index concurrently i;\ndrop table four;',
    });
    await up({ url, directory });
    await client.query('insert into three values (1, null)');
    const { sql } = await down({ url, directory, steps: 2, dryRun: true, verbose: true });
    const seen = /^-- .* is backed up in files|^lock table .*;$|^(?:alter|drop) .*;$|^commit;$/gm;
    expect(sql?.match(seen)).toEqual([
      'commit;',
      'drop index concurrently i;',
      'commit;',
      '-- the data that is deleted is backed up in files',
      'lock table public.four in share mode;',
      'drop table four;',
      'commit;',
      '-- the data that is deleted is backed up in files',
      'lock table public.three, public.two in share mode;',
      'alter table three drop column note;',
      'drop table two;',
      'commit;',
    ]);
    expect(sql).toMatch(
      /^-- Before this SQL, a run executes all of it once in a transaction that is rolled back\.$/m,
    );
    await client.query('drop table two');
    expect((await up({ url, directory, dryRun: true })).sql).toBe('');
  });

  test('with nothing pending prints nothing', async ({ database }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    expect(await up({ url: database.url, directory, dryRun: true })).toMatchObject({ sql: '' });
  });

  test('does not create a missing database', async ({ database }) => {
    const url = `${database.url}_missing`;
    const options = { url, directory: await folderWith(files), dryRun: true, create: true };
    await expect(up(options)).rejects.toMatchObject({ code: 'database_missing' });
  });
});
