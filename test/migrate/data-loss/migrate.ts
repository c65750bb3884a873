import { join } from 'node:path';
import { up } from '../../../src/migrate/up.js';
import type { TestDatabase } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

/** Two tables with rows. V2 adds the table `b` and the column `a.more`. */
export const FILES = {
  'V1.up.sql': 'create table a (id integer primary key, note text); insert into a values (1), (2);',
  'V1.down.sql': 'drop table a;',
  'V2.up.sql': `alter table a add column more text; create table b (id integer primary key);
    update a set more = 'x' where id = 1; insert into b values (7);`,
  'V2.down.sql': 'drop table b; alter table a drop column more;',
} as const;

/** Applies a folder, and returns the options of a down. */
export async function migrate(
  { url }: TestDatabase,
  files: Readonly<Record<string, string>> = FILES,
): Promise<{ readonly url: string; readonly directory: string; readonly backupFolder: string }> {
  const directory = await folderWith(files);
  await up({ url, directory });
  return { url, directory, backupFolder: join(await folderWith(), 'lost') };
}
