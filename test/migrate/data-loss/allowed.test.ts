import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { prepare, TABLES } from './up-tables.js';

describe('a file that allows its deletions by an exception', () => {
  const ALLOWED = '-- check: allow deletes-data no release reads it\n';

  test('is applied without an option, and its data is backed up', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': `${ALLOWED}alter table "Pet" drop column name;\ncreate table n ();\n${ALLOWED}drop table visits;`,
    });
    const { losses } = await up(options);
    expect(losses).toMatchObject([
      { name: '"Pet".name', count: 1 },
      { name: 'visits', count: 1 },
    ]);
    expect(await readFile(losses[0]?.file ?? '', 'utf8')).toBe('id\tname\n1\tRex\n');
  });

  test('is refused if a deletion has no exception, or an exception has no reason', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': `${ALLOWED}alter table "Pet" drop column name;\ndrop table visits;`,
    });
    await expect(up(options)).rejects.toMatchObject({ losses: [{ name: 'visits' }] });
    const other = await folderWith({
      'V1.up.sql': TABLES,
      'V1.down.sql': 'drop table nothing, visits, "Pet", keyed, parted; drop type mood;',
      'V2.up.sql': '-- check: allow deletes-data\ndrop table visits;',
      'V2.down.sql': 'select 1;',
    });
    await expect(up({ ...options, directory: other })).rejects.toMatchObject({
      losses: [{ name: 'visits' }],
    });
  });

  test.for([
    ['a column by a cascade from a collation', 'drop collation plain cascade;', 'keyed.note'],
    [
      'a table with the name of a temporary one of the file',
      'create temporary table visits (id integer); drop table public.visits;',
      'visits',
    ],
    [
      'a table with the name of one that the file creates in another schema',
      'create schema app; set search_path = app; create table visits (id integer); drop table public.visits;',
      'visits',
    ],
    [
      'a table with the name of one that the file creates in a schema of set_config',
      `create schema app; select pg_catalog.set_config('search_path', 'app', true);
      create table visits (id integer); drop table public.visits;`,
      'visits',
    ],
    [
      'a table with the name of one that the file creates in a schema that a do block sets',
      `create schema app; do $$ begin set local search_path = app; end $$;
      create table visits (id integer); drop table public.visits;`,
      'visits',
    ],
  ] as const)('is refused if it also deletes %s, without an exception', async ([, text, name], {
    database,
  }) => {
    const options = await prepare(database, {
      'V2.up.sql': `${ALLOWED}alter table public."Pet" drop column name;\n${text}`,
    });
    await expect(up(options)).rejects.toMatchObject({ code: 'would_lose_data', losses: [{ name }] });
  });

  test('does not allow what its down file deletes', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': 'create table n (id integer); insert into n values (1);',
      'V2.down.sql': `${ALLOWED}drop table n;`,
    });
    await up(options);
    await expect(down(options)).rejects.toMatchObject({ code: 'would_lose_data' });
  });
});
