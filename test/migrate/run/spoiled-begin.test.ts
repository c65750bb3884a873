import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { seed } from '../../../src/seed/seed.js';
import { type TestDatabase, test } from '../../support/database.js';
import { runOnce } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { spoilBegin } from '../../support/spoil-begin.js';
import { SLOW } from '../../support/timeouts.js';

/** The second statement of V1 is longer than what the engine sends in one query with others. */
const FILES = {
  'V1.up.sql': `create table t1 (id integer); comment on table t1 is '${'long '.repeat(2000)}'; insert into t1 values (1);`,
  'V1.down.sql': 'drop table t1;',
  'V2.up.sql': 'begin isolation level repeatable read; create table t2 as select 2 as id; commit;',
  'V2.down.sql': 'begin isolation level serializable; drop table t2; commit;',
  'V3.up.sql':
    '-- migrate: no-transaction\ncreate table t3 as select 3 as id; create index concurrently t3_by_id on t3 (id);',
  'V3.down.sql': 'drop table t3;',
  'V4.up.sql': 'create table t4 as select 4 as id;',
  'V4.down.sql': 'drop table t4;',
};
const TABLES = ['t1', 't2', 't3', 't4'];

/** The number of rows of each table that exists. */
async function contentsOf({ client, value }: TestDatabase): Promise<Record<string, unknown>> {
  const names = (
    await client.query("select relname from pg_class where relname = any ($1) and relkind = 'r' order by 1", [
      TABLES,
    ])
  ).rows.map(({ relname }) => relname as string);
  const contents: Record<string, unknown> = {};
  for (const name of names) contents[name] = await value(`select count(*)::integer from ${name}`);
  return contents;
}

/** The versions in the history. */
async function versionsOf({ client, value }: TestDatabase, condition = 'true'): Promise<string[]> {
  if ((await value("select to_regclass('voicesurvey_migrations.history')")) === null) return [];
  const { rows } = await client.query(
    `select 'V' || version as version from voicesurvey_migrations.history where ${condition} order by version`,
  );
  return rows.map(({ version }) => version);
}

/** What the tables must be if the history is true. */
const contentsByHistory = async (database: TestDatabase): Promise<Record<string, unknown>> =>
  Object.fromEntries((await versionsOf(database)).map((version) => [version.replace('V', 't'), 1]));

/** Repeats a call until each `begin` that it sends was refused once. */
async function withEachSpoiled(
  { url }: TestDatabase,
  call: (url: string) => Promise<unknown>,
  check: (error: unknown, which: number) => Promise<void>,
): Promise<number> {
  for (let which = 1; ; which++) {
    await using relay = await spoilBegin(url, which);
    const error = await call(relay.url).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!relay.hasSpoiled()) {
      expect(error).toBeNull();
      return which - 1;
    }
    await check(error, which);
  }
}

describe('if the server refuses a begin, as when a cancel arrives just before it,', { timeout: SLOW }, () => {
  test('up applies nothing without its history, and reports nothing else', async ({ database }) => {
    const directory = await folderWith(FILES);
    const spoiled = await withEachSpoiled(
      database,
      (url) => up({ url, directory }),
      async (error, which) => {
        expect([which, await contentsOf(database)]).toEqual([which, await contentsByHistory(database)]);
        const { results = [] } = error as { results?: { version: string; status: string }[] };
        const applied = results.filter((result) => result.status === 'applied').map(({ version }) => version);
        expect([which, applied]).toEqual([which, await versionsOf(database, 'unfinished is null')]);
        await database.client.query(
          `drop table if exists t1, t2, t3, t4; drop schema if exists voicesurvey_migrations cascade`,
        );
      },
    );
    expect(spoiled).toBeGreaterThan(6);
  });

  test('down drops no table that its history still has, also not while it rehearses', async ({
    database,
  }) => {
    const directory = await folderWith(FILES);
    const backupFolder = await folderWith();
    await up({ url: database.url, directory });
    const spoiled = await withEachSpoiled(
      database,
      (url) => down({ url, directory, to: '0', lose: TABLES, backupFolder }),
      async (_, which) => {
        expect([which, await contentsOf(database)]).toEqual([which, await contentsByHistory(database)]);
        await up({ url: database.url, directory });
      },
    );
    expect(spoiled).toBeGreaterThan(4);
  });

  test('seed adds nothing', async ({ migrated }) => {
    const spoiled = await withEachSpoiled(
      migrated,
      (url) => seed({ url }),
      async () => expect(await migrated.value('select count(*)::integer from users')).toBe(0),
    );
    expect(spoiled).toBe(1);
  });

  test('status does not run a function of the database in place of one of the server', async ({
    database,
  }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table t1 ();',
      'V1.down.sql': 'drop table t1;',
    });
    await up({ url: database.url, directory });
    await runOnce(
      database.url,
      `create schema evil;
       create sequence evil.calls;
       create function evil.equal(text, text) returns boolean language sql
         as $$ select nextval('evil.calls') > 0 $$;
       create operator evil.= (function = evil.equal, leftarg = text, rightarg = text);
       alter database ${database.name} set search_path = evil, pg_catalog, public`,
    );
    await withEachSpoiled(
      database,
      (url) => status({ url, directory }),
      async () => undefined,
    );
    expect(await database.value('select is_called from evil.calls')).toBe(false);
  });
});
