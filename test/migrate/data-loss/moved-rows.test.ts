import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { type UpOptions, up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const V1 = `create table log (day integer, part integer, note text) partition by list (day);
create table log_1 partition of log for values in (1);
create table log_2 partition of log for values in (2) partition by list (part);
create table log_2_1 partition of log_2 for values in (1);
create table log_2_2 partition of log_2 for values in (2);
create table log_rest partition of log default;
insert into log values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (9, 1, 'd');
create table nothing (id integer);`;

async function prepare(
  { url }: TestDatabase,
  files: { readonly up: string; readonly down?: string },
): Promise<UpOptions> {
  const directory = await folderWith({
    'V1.up.sql': V1,
    'V1.down.sql': 'drop table log, nothing;',
    'V2.up.sql': files.up,
    'V2.down.sql': files.down ?? 'select 1;',
  });
  await up({ url, directory, to: 'V1' });
  return { url, directory, backupFolder: join(await folderWith(), 'backup') };
}

const MOVES = [
  ['an update moves to another partition', 'update log set day = 2 where day = 1'],
  ['an update moves to the default partition', 'update log set day = 7'],
  ['an update moves between subpartitions', 'update log_2 set part = 2'],
  [
    'an update moves to a new partition',
    'create table log_7 partition of log for values in (7); update log set day = 7 where day = 1',
  ],
  [
    'a merge moves',
    'merge into log using (values (1)) as v (day) on log.day = v.day when matched then update set day = 2',
  ],
] as const;

describe('an up that deletes nothing needs no option for rows that', () => {
  test.for(MOVES)('%s', async ([, sql], { database }) => {
    const options = await prepare(database, { up: `${sql}; drop table nothing;` });
    expect(await up(options)).toMatchObject({ current: 'V2', losses: [] });
    expect(await database.value('select count(*)::integer from log')).toBe(4);
  });
});

test('a down needs no option for rows that an update moves to another partition', async ({ database }) => {
  const options = await prepare(database, {
    up: 'update log set day = 2 where day = 1',
    down: 'update log set day = 1 where day = 2',
  });
  await up(options);
  expect(await down(options)).toMatchObject({ losses: [] });
});

describe('an up is refused for rows that', () => {
  test.for([
    ['a delete deletes', 'delete from log where day = 1', ['rows of table log_1']],
    [
      'a delete deletes after an update has moved others',
      'update log set day = 2 where day = 9; delete from log where day = 1',
      ['rows of table log_1', 'rows of table log_rest'],
    ],
    [
      'a delete deletes before an insert of as many',
      "delete from log where day = 1; insert into log values (2, 1, 'x'), (2, 1, 'y'); update log set part = 1",
      ['rows of table log_1'],
    ],
    [
      'a trigger of an update deletes',
      `create function purge() returns trigger language plpgsql as $$ begin delete from log where day = 9; return null; end $$;
       create trigger purge after update on log for each statement execute function purge();
       update log set part = 1 where day = 1; drop table nothing`,
      ['rows of table log_rest'],
    ],
  ] as const)('%s', async ([, sql, what], { database }) => {
    const options = await prepare(database, { up: sql });
    const refused = await up(options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'would_lose_data' });
    const { losses } = refused as { losses: readonly { what: string }[] };
    expect(losses.map((loss) => loss.what)).toEqual(what);
  });
});
