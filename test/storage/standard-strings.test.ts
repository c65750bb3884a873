import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { hasPsql, runPsql } from '../support/psql.js';
import { SLOW } from '../support/timeouts.js';

const definitions = ({ rows }: TestDatabase): Promise<unknown[]> =>
  rows(`
    select conname::text as name, pg_get_constraintdef(oid) as definition from pg_constraint
      where contype = 'c' and connamespace::regnamespace::text in ('public', 'voicesurvey', 'voicesurvey_rules')
    union all
    select oid::regprocedure::text, coalesce(pg_get_function_sqlbody(oid), prosrc) from pg_proc
      where pronamespace::regnamespace::text in ('voicesurvey', 'voicesurvey_rules')
    order by 1, 2`);

test(
  'psql makes the same constraints and functions in a database with standard_conforming_strings = off',
  async ({ database, migrated, skip }) => {
    if (!hasPsql) return skip('no psql on this machine');
    await database.client.query(
      `alter database ${database.name} set standard_conforming_strings = off; alter database ${database.name} set escape_string_warning = off`,
    );
    const files = (await readdir(migrationsDirectory)).filter((name) => name.endsWith('.up.sql')).sort();
    const folder = await folderWith({
      'all.sql': [
        '\\set ON_ERROR_STOP on',
        ...files.map((name) => `\\i ${join(migrationsDirectory, name)}`),
      ].join('\n'),
    });
    await runPsql(database.url, folder, 'all.sql');
    expect(await definitions(database)).toEqual(await definitions(migrated));
  },
  SLOW,
);
