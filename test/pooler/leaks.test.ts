import pg from 'pg';
import { describe, expect, inject } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { poolerMissing, sharedPooler } from '../support/pgbouncer.js';

const POOL_SIZE = 2;

/** State of a session that outlives a transaction. PgBouncer itself resets the settings that it tracks. */
const SESSION = `select session_user as session, current_user as current,
  array(select name || '=' || setting from pg_settings where source = 'session' and setting is distinct from reset_val
    and name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
    and name not like 'transaction\\_%' order by 1) as settings,
  nullif(current_setting('survey.secret', true), '') as own_setting,
  (select count(*)::int from pg_class where relnamespace = pg_my_temp_schema()) as temporary_tables,
  (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as session_locks,
  (select count(*)::int from pg_prepared_statements where name <> '') as prepared_statements,
  (select count(*)::int from pg_cursors where name <> '') as cursors,
  array(select pg_listening_channels()) as channels`;

const USER = decodeURIComponent(new URL(inject('serverUrl')).username);

const CLEAN = {
  session: USER,
  current: USER,
  settings: [],
  own_setting: null,
  temporary_tables: 0,
  session_locks: 0,
  prepared_statements: 0,
  cursors: 0,
  channels: [],
};

const EVERYTHING = `
  set work_mem = '7MB';
  set lock_timeout = '17s';
  set search_path = pg_temp, public;
  set session characteristics as transaction read only;
  set transaction read write;
  select set_config('survey.secret', 'known to the migration alone', false);
  create temporary table leftovers as select 1 as a;
  select pg_advisory_lock(4711), pg_advisory_lock_shared(4712);
  prepare remembered as select 1;
  declare held cursor with hold for select 1;
  listen news;
  set role pg_monitor;
  set session authorization pg_read_all_data;`;

/** The state of every server process of the pool, as another client finds it. An open transaction holds each of them. */
async function seenByOtherClients(url: string): Promise<unknown[]> {
  const clients = Array.from(
    { length: POOL_SIZE },
    () => new pg.Client({ connectionString: url, application_name: 'another client' }),
  );
  const seen: unknown[] = [];
  for (const client of clients) {
    await client.connect();
    await client.query('begin');
    seen.push((await client.query(SESSION)).rows[0]);
  }
  await Promise.all(clients.map((client) => client.end()));
  return seen;
}

describe.skipIf(poolerMissing)(`behind PgBouncer, the next client ${poolerMissing ?? ''}`, () => {
  const pooler = sharedPooler({ default_pool_size: POOL_SIZE });
  const clean = Array.from({ length: POOL_SIZE }, () => CLEAN);

  test('inherits no setting, lock or object of a session from a migration (E4)', async ({ database }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith({ 'V1.up.sql': EVERYTHING, 'V1.down.sql': EVERYTHING });
    expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
    expect(await seenByOtherClients(url)).toEqual(clean);
  });

  test('inherits nothing from a migration in SERIALIZABLE, whether it is applied or fails (E4)', async ({
    database,
  }) => {
    const url = pooler.through(database.url);
    const serializable = `set transaction isolation level serializable; ${EVERYTHING}`;
    const files = { 'V1.up.sql': serializable, 'V1.down.sql': '' };
    expect(await up({ url, directory: await folderWith(files) })).toMatchObject({ current: 'V1' });
    expect(await seenByOtherClients(url)).toEqual(clean);
    const failing = { ...files, 'V2.up.sql': `${serializable} select 1 / 0;`, 'V2.down.sql': '' };
    await expect(up({ url, directory: await folderWith(failing) })).rejects.toMatchObject({
      server: { sqlState: '22012' },
    });
    expect(await seenByOtherClients(url)).toEqual(clean);
  });

  test('inherits nothing from a migration that failed (E4)', async ({ database }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith({
      'V1.up.sql': `${EVERYTHING} select 1 / 0;`,
      'V1.down.sql': '',
      'V2.up.sql': 'select 2;',
      'V2.down.sql': '',
    });
    await expect(up({ url, directory })).rejects.toMatchObject({ server: { sqlState: '22012' } });
    expect(await seenByOtherClients(url)).toEqual(clean);
  });

  test('inherits nothing from a migration whose deferred constraint fails at its end (E4)', async ({
    database,
  }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith({
      'V1.up.sql': `create table t (a integer unique deferrable initially deferred); insert into t values (1), (1); ${EVERYTHING}`,
      'V1.down.sql': 'drop table t;',
    });
    await expect(up({ url, directory })).rejects.toMatchObject({ server: { sqlState: '23505' } });
    expect(await seenByOtherClients(url)).toEqual(clean);
  });
});
