import { join } from 'node:path';
import { type UpOptions, up } from '../../../src/migrate/up.js';
import type { TestDatabase } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

/** The up file of V1. */
export const TABLES = `create type mood as enum ('good', 'bad');
create table "Pet" (id integer primary key, name text, mood mood, code varchar(10), weight numeric(6, 3),
  born timestamptz, size double precision, tags text[], doc json, empty text);
create table visits (id integer primary key, pet integer references "Pet" on delete cascade);
create table nothing (id integer primary key, note text);
alter table "Pet" add third double precision, add long text;
create collation plain from "C";
create view pair as select 1 as one, 2 as two;
create table keyed (id integer primary key, note text collate plain, pair pair);
create function half(integer) returns integer language sql immutable return $1 / 2;
create table parted (id integer) partition by range (half(id));
create table parted_1 partition of parted default;`;

/** The rows that V1 does not have from its file. */
export const ROWS = `insert into "Pet" values
  (1, 'Rex', 'good', 'abcdef', 1.125, '2026-01-01 12:00+00', 0.1, '{ab,cd}', '{"a":  1}'),
  (2, null, 'bad', 'abc', 2.5, '2026-01-02 00:00+00', 0.5, '{}', null);
update "Pet" set third = 0.1::double precision + 0.2, long = repeat('long', 20);
insert into visits values (1, 1);
insert into keyed values (1, 'a', row(1, 2));
insert into parted values (1);`;

/** Applies V1 and adds rows. Returns the options of an up of the other files; a missing down file is added. */
export async function prepare(
  { url, client }: TestDatabase,
  files: Readonly<Record<string, string>>,
): Promise<Pick<UpOptions, 'url' | 'directory'> & { readonly backupFolder: string }> {
  const directory = await folderWith({
    'V1.up.sql': TABLES,
    'V1.down.sql': 'drop table nothing, visits, "Pet", keyed, parted; drop type mood;',
    ...Object.fromEntries(
      Object.keys(files)
        .filter((name) => name.endsWith('.up.sql') && !(name.replace('.up.', '.down.') in files))
        .map((name) => [name.replace('.up.', '.down.'), 'select 1;']),
    ),
    ...files,
  });
  await up({ url, directory, to: 'V1' });
  await client.query(ROWS);
  return { url, directory, backupFolder: join(await folderWith(), 'backup') };
}
