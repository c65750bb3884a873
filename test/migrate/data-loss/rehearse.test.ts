import { readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { test } from '../../support/database.js';
import { versionsOf } from '../../support/migrations.js';
import { FILES, migrate } from './migrate.js';

describe('a down of several migrations', () => {
  test('is refused before the first one, with the losses of all of them', async ({ database }) => {
    const options = await migrate(database, {
      ...FILES,
      'V3.up.sql': '-- migrate: no-transaction\ncreate index concurrently a_by_note on a (note);',
      'V3.down.sql':
        '-- migrate: no-transaction\ncreate index concurrently again on a (note);\n' +
        "comment on index again is 'only if it was built';\ndrop index concurrently a_by_note;",
      'V4.up.sql': 'create table c ();',
      'V4.down.sql': 'drop table c;',
    });
    await expect(down({ ...options, to: '0', lose: ['b'] })).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [
        { version: 'V2', name: 'a.more', count: 1 },
        { version: 'V1', name: 'a', count: 2 },
      ],
      remedy: expect.stringMatching(/^Nothing was rolled back\. .* `lose: \['b', 'a'\]`\. /),
    });
    expect(await versionsOf(database)).toEqual([1, 2, 3, 4]);
    const { losses } = await down({ ...options, to: '0', lose: ['b', 'a'] });
    expect(losses.map(({ version, what, count }) => [version, what, count])).toEqual([
      ['V2', 'column a.more', 1],
      ['V2', 'table b', 1],
      ['V1', 'table a', 2],
    ]);
    const folders = await readdir(options.backupFolder);
    expect(
      folders
        .filter((name) => name !== '.gitignore')
        .map((name) => name.slice(-2))
        .sort(),
    ).toEqual(['V1', 'V2']);
  });

  test('checks each transaction again, and stops at rows that an earlier one inserted', async ({
    database,
  }) => {
    const options = await migrate(database, {
      'V1.up.sql': 'create table a (id integer);',
      'V1.down.sql': 'drop table a;',
      'V2.up.sql': 'select 1;',
      'V2.down.sql': 'insert into a values (1);',
    });
    await expect(down({ ...options, to: '0' })).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ version: 'V1', what: 'table a', count: 1 }],
      remedy: expect.stringMatching(
        /^V1 was not rolled back\. Migrations that were rolled back before it stay rolled back\./,
      ),
    });
    expect(await versionsOf(database)).toEqual([1]);
    expect(await database.value('select count(*)::integer from a')).toBe(1);
  });

  test('is refused before the first one if a later down file fails, and with asFarAsPossible rolls back those before it', async ({
    database,
  }) => {
    const options = await migrate(database, {
      ...FILES,
      'V1.down.sql': '-- the name is wrong\ndrop table wrong;',
      'V3.up.sql': 'create table c ();',
      'V3.down.sql': 'drop table c;',
    });
    const all = { ...options, to: '0', lose: ['a', 'b'] };
    await expect(down(all)).rejects.toMatchObject({
      code: 'would_stop_part_way',
      exitCode: 4,
      message: expect.stringMatching(
        /^The rollback would stop at V1, .*V1\.down\.sql:2:1: .*"wrong" does not exist/,
      ),
      remedy: expect.stringMatching(/^Nothing was rolled back\. .*`to: 'V1'` or `asFarAsPossible: true`\.$/),
      location: { line: 2 },
      server: { sqlState: '42P01' },
    });
    expect(await versionsOf(database)).toEqual([1, 2, 3]);
    const asFar = { ...all, asFarAsPossible: true };
    await expect(down({ ...asFar, lose: [] })).rejects.toMatchObject({ code: 'would_lose_data' });
    expect(await versionsOf(database)).toEqual([1, 2, 3]);
    await expect(down(asFar)).rejects.toMatchObject({
      code: 'migration_failed',
      results: [{ status: 'rolled_back' }, { status: 'rolled_back' }, { status: 'failed' }],
    });
    expect(await versionsOf(database)).toEqual([1]);
    await expect(down(all)).rejects.toMatchObject({ code: 'migration_failed', exitCode: 1 });
  });

  test('rolls back all files, although one transaction could not run them', async ({ database }) => {
    const options = await migrate(database, {
      'V1.up.sql':
        "create type mood as enum ('good'); create table a (mood mood); insert into a values ('good');",
      'V1.down.sql': "update a set mood = 'new'; drop table a; drop type mood;",
      'V2.up.sql': 'select 1;',
      'V2.down.sql': "alter type mood add value 'new';",
    });
    expect(await down({ ...options, to: '0', lose: ['a'] })).toMatchObject({ current: null });
  });

  test('retries its rehearsal if a reader blocks it, before any migration is rolled back', async ({
    database,
  }) => {
    const options = await migrate(database, {
      ...FILES,
      'V2.down.sql': `-- migrate: lock-timeout 100ms\n${FILES['V2.down.sql']}`,
      'V3.up.sql': 'create table c ();',
      'V3.down.sql': 'drop table c;',
    });
    await database.client.query('begin; select from b');
    const retried: string[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind !== 'retrying') return;
      retried.push(event.name);
      void database.client.query('commit');
    };
    await expect(down({ ...options, to: 'V1', onEvent })).rejects.toMatchObject({ code: 'would_lose_data' });
    expect(retried).toEqual(['V2']);
    expect(await versionsOf(database)).toEqual([1, 2, 3]);
  });
});

describe('a down that deletes more than its rehearsal', () => {
  // A sequence is not rolled back.
  const files = {
    ...FILES,
    'V2.up.sql': `create sequence times; alter table a add column more text; update a set more = 'x', note = 'y';`,
    'V2.down.sql': `alter table a drop column more;
      do $$ begin if nextval('times') > 1 then alter table a drop column note; end if; end $$;`,
  };

  test('deletes nothing that is not named', async ({ database }) => {
    const options = await migrate(database, files);
    await expect(down({ ...options, lose: ['a.more'] })).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: 'a.note', count: 2 }],
      remedy: expect.stringContaining("`lose: ['a.more', 'a.note']`"),
    });
    expect(await database.value('select count(note)::integer from a')).toBe(2);
    expect(await versionsOf(database)).toEqual([1, 2]);
  });

  test('backs up all named data, including data that the rehearsal did not find', async ({ database }) => {
    const options = await migrate(database, files);
    expect(await down({ ...options, lose: ['a'] })).toMatchObject({
      losses: [{ name: 'a.more' }, { name: 'a.note', count: 2 }],
    });
    expect(await versionsOf(database)).toEqual([1]);
  });
});

describe('the option "lose"', () => {
  test('is a usage error if it names existing data that is not deleted, and nothing runs', async ({
    database,
  }) => {
    const options = await migrate(database);
    for (const name of ['a.note', 'public.a.id']) {
      await expect(down({ ...options, lose: ['b', 'a.more', name] })).rejects.toMatchObject({
        code: 'nothing_to_lose',
        exitCode: 2,
        message: `This run does not delete what was named: ${name}.`,
        remedy: 'Name only data that it deletes: a.more, b.',
      });
    }
    expect(await versionsOf(database)).toEqual([1, 2]);
  });

  test('may name data of a migration that the database does not have, since an earlier run may have deleted it', async ({
    database,
  }) => {
    const options = await migrate(database);
    await down({ ...options, lose: ['b', 'a.more'] });
    const lose = ['b', 'public.a.more', 'a'];
    expect(await down({ ...options, lose })).toMatchObject({ current: null });
  });

  test('is a usage error with the names of the data at risk if it names what no migration has', async ({
    database,
  }) => {
    const options = await migrate(database);
    for (const name of ['bb', 'a.moer', 'public.bb', 'mood.odd']) {
      await expect(down({ ...options, lose: ['b', name] })).rejects.toMatchObject({
        code: 'nothing_to_lose',
        exitCode: 2,
        message: `This run does not delete what was named: ${name}.`,
        remedy: 'Name only data that it deletes: a.more, b.',
      });
    }
    expect(await versionsOf(database)).toEqual([1, 2]);
  });

  test('is a usage error for such a name, also if a later down fails or nothing is rolled back', async ({
    database,
  }) => {
    const options = await migrate(database, { ...FILES, 'V1.down.sql': 'drop table nothing;' });
    const refused = { code: 'nothing_to_lose', remedy: expect.stringContaining('a.more, b') };
    await expect(down({ ...options, to: '0', asFarAsPossible: true, lose: ['typo'] })).rejects.toMatchObject(
      refused,
    );
    await expect(down({ ...options, to: 'V2', lose: ['typo'] })).rejects.toMatchObject({
      code: 'nothing_to_lose',
      remedy: 'Remove option `lose`: this run deletes no data.',
    });
    expect(await down({ ...options, to: 'V2', lose: ['b'] })).toMatchObject({ rolledBack: [] });
  });

  test('is repeated in a remedy only with names of data that this run deletes', async ({ database }) => {
    const options = await migrate(database);
    await down({ ...options, lose: ['b', 'a.more'] });
    await expect(down({ ...options, lose: ['b', 'a.more'] })).rejects.toMatchObject({
      code: 'would_lose_data',
      remedy: expect.stringContaining("`lose: ['a']`"),
    });
  });
});
