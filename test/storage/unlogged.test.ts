import { expect } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory as directory } from '../../src/seed/paths.js';
import { test } from '../support/database.js';

test.for([
  [
    'of V0001',
    'alter table transcript_snippets set unlogged; alter table events add column note text',
    'public.transcript_snippets',
    'public.transcript_snippets',
  ],
  [
    'of the mutex rows',
    `create schema voicesurvey_rules;
     create unlogged table voicesurvey_rules.mutex_rows (
       id integer constraint mutex_rows_have_unique_ids primary key, lock_count bigint not null default 1)`,
    'voicesurvey_rules.mutex_rows',
    // The text of the file does not have this name.
    '…',
  ],
] as const)('a table %s that is unlogged, and so would be empty after a crash, is not adopted', async ([
  ,
  sql,
  table,
  shown,
], { database: { url, client } }) => {
  await up({ url, directory, to: 'V0001' });
  await client.query(sql);
  await expect(up({ url, directory })).rejects.toThrow(
    `These tables are unlogged and would lose their rows after a crash: ${shown}`,
  );
  await client.query(`alter table ${table} set logged`);
  expect(await up({ url, directory })).toMatchObject({ current: 'V0029' });
});
