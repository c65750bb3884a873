import { describe, expect } from 'vitest';
import { test } from '../support/database.js';
import { countObjects, downSql, runFile, upSql } from './v0001-files.js';

describe('V0001 on a database with objects of another owner', () => {
  const strangers = [
    ['a table with one of our names', 'create table users (id integer)'],
    ['a view with one of our names', 'create view contacts as select 1 as one'],
    ['an enum with one of our names and other labels', "create type user_role as enum ('root')"],
    [
      'a function with our name and another body',
      'create function set_updated_at() returns trigger language plpgsql as $$ begin return new; end $$',
    ],
    [
      'an index with one of our names on another table',
      'create table t (a integer); create index contacts_by_campaign on t (a)',
    ],
  ] as const;

  test.for(strangers)('up and down refuse %s and change nothing', async ([, sql], { database }) => {
    await database.client.query(sql);
    const before = await countObjects(database);
    for (const file of [upSql, downSql]) {
      await expect(runFile(database, file)).rejects.toMatchObject({
        code: '55000',
        hint: expect.any(String),
      });
      expect(await countObjects(database)).toBe(before);
    }
  });

  test('up and down have the same guard', () => {
    const guard = (sql: string): string => /do \$guard\$[\s\S]*?\$guard\$;/.exec(sql)?.[0] ?? '';
    expect(guard(upSql)).not.toBe('');
    expect(guard(downSql)).toBe(guard(upSql));
  });

  test("down fails rather than drop another owner's view on our tables", async ({ migrated }) => {
    await migrated.client.query('create view report as select count(*) from contacts');
    await expect(runFile(migrated, downSql)).rejects.toMatchObject({ code: '2BP01' });
    expect(await migrated.value('select * from report')).toBe('0');
  });
});
