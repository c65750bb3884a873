import { describe, expect } from 'vitest';
import { baseline } from '../../../src/inspect/baseline.js';
import { countContents } from '../../../src/inspect/contents.js';
import { readTableSizes } from '../../../src/inspect/locks/sizes.js';
import { verify } from '../../../src/inspect/verify.js';
import { down } from '../../../src/migrate/down.js';
import { repair } from '../../../src/migrate/repair.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { seed } from '../../../src/seed/seed.js';
import { test } from '../../support/database.js';
import { addEvilSchema, evilCalls } from '../../support/evil-schema.js';
import { addFiles, folderWith } from '../../support/folder.js';

const EVERY_TABLE = [
  ...['users', 'email_templates', 'campaigns', 'contacts', 'exclusion_list_entries', 'call_attempts'],
  ...['survey_responses', 'events', 'email_notifications', 'provider_configs', 'transcript_snippets'],
  'voicesurvey.audit_log',
];

describe('a schema before pg_catalog in the search path of the database', () => {
  test('is not used by up, seed, status, verify and down of the product', { timeout: 120_000 }, async ({
    database,
  }) => {
    await addEvilSchema(database);
    const { url } = database;
    const directory = migrationsDirectory;
    await up({ url, directory, dryRun: true });
    await up({ url, directory });
    await seed({ url });
    await status({ url, directory });
    await verify({ url, directory });
    await countContents({ url });
    await readTableSizes(url, [{ schema: 'public', name: 'contacts' }]);
    await down({ url, directory, to: '0', dryRun: true });
    await down({ url, directory, to: '0', lose: EVERY_TABLE, backupFolder: await folderWith() });
    expect(await evilCalls(database)).toEqual([]);
  });

  test('is not used by baseline, repair, no-transaction files and failed runs of any folder', {
    timeout: 120_000,
  }, async ({ database }) => {
    await database.client.query(`create table one (id uuid primary key, note varchar(9));
create table other (id integer); insert into one values (gen_random_uuid(), 'a');`);
    await addEvilSchema(database);
    const { url } = database;
    const directory = await folderWith({
      'V1.up.sql':
        'create table public.one (id uuid primary key, note varchar(9)); create table public.other (id integer);',
      'V1.down.sql': 'drop table public.one; drop table public.other;',
    });
    await baseline({ url, directory, version: 'V1' });
    await addFiles(directory, { 'V1.down.sql': 'drop table public.other; drop table public.one;' });
    await repair({ url, directory, version: 'V1', reason: 'the order' });
    await addFiles(directory, {
      'V2.up.sql':
        '-- migrate: no-transaction\ncreate index concurrently other_by_id on public.other (id);\ninsert into public.other values (1);',
      'V2.down.sql':
        '-- migrate: no-transaction\ndrop index concurrently public.other_by_id;\ndelete from public.other;',
    });
    await up({ url, directory });
    await addFiles(directory, {
      'V3.up.sql': 'alter table public.one add constraint notes_are_short check (false);',
      'V3.down.sql': 'select 1;',
    });
    await expect(up({ url, directory })).rejects.toMatchObject({ code: 'migration_failed' });
    await addFiles(directory, { 'V3.up.sql': 'select 1;' });
    await up({ url, directory });
    await down({ url, directory, to: 'V1', lose: ['other'], backupFolder: await folderWith() });
    expect(await evilCalls(database)).toEqual([]);
  });

  test('is the search path of the files, and the history records it', async ({ database }) => {
    await database.client.query(
      `create schema app; alter database ${database.name} set search_path = app, public`,
    );
    const { url } = database;
    const directory = await folderWith({
      'V1.up.sql': 'create table things (id integer);',
      'V1.down.sql': 'drop table things;',
      'V2.up.sql':
        '-- migrate: no-transaction\nset search_path = public;\ncreate index concurrently by_id on app.things (id);\ncreate table other (id integer);',
      'V2.down.sql': 'drop table public.other; drop index by_id',
    });
    await up({ url, directory });
    expect(
      await database.rows(
        `select version::int, search_path, to_regclass('app.things') is not null as app, to_regclass('public.other') is not null as public
         from voicesurvey_migrations.history order by id`,
      ),
    ).toEqual([
      { version: 1, search_path: 'app, public', app: true, public: true },
      { version: 2, search_path: 'app, public', app: true, public: true },
    ]);
    await down({ url, directory, to: '0', lose: ['app.things', 'other'], backupFolder: await folderWith() });
    expect(await database.value("select to_regclass('app.things')")).toBeNull();
  });
});

test('a dry run prints the names of the settings of the engine, also for a no-transaction file', async ({
  database: { url },
}) => {
  const directory = await folderWith({
    'V1.up.sql': '-- migrate: no-transaction\ncreate table public.one (id integer);',
    'V1.down.sql': 'drop table public.one;',
  });
  const { sql } = await up({ url, directory, dryRun: true, verbose: true });
  expect(sql).toContain("set_config('voicesurvey_migrations.search_path'");
  expect(sql).not.toContain('***');
});
