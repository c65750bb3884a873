import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { type BaselineOptions, type BaselineResult, baseline } from '../../src/inspect/baseline.js';
import { verify } from '../../src/inspect/verify.js';
import { down } from '../../src/migrate/down.js';
import { createHistory } from '../../src/migrate/history/table.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { untilWaiting } from '../support/until-waiting.js';

const FILES = {
  'V1.up.sql': 'create table one (id integer, name text);',
  'V1.down.sql': 'drop table one;',
  'V2.two.up.sql': 'create table two (id integer);',
  'V2.two.down.sql': 'drop table two;',
};
const TABLE_BY_HAND = 'create table one (id integer, name text)';

/** Adds the history row of another run. */
const APPLIED = `insert into voicesurvey_migrations.history
  (version, name, checksum_up, irreversible, origin, applied_by, applied_with, applied_at, duration_ms, run_id)
  values (1, 'V1', '', 'no', 'applied', '', '', now(), 0, gen_random_uuid())`;

async function hasHistory({ value }: TestDatabase): Promise<boolean> {
  const exists = await value("select to_regclass('voicesurvey_migrations.history') is not null");
  return exists === true && (await value('select count(*) > 0 from voicesurvey_migrations.history')) === true;
}

/** Runs baseline at V1, by default with a folder of two migrations. */
async function adopt(
  { url }: { url: string },
  options: Partial<BaselineOptions> = {},
): Promise<BaselineResult> {
  return baseline({ url, directory: await folderWith(FILES), version: 'V1', ...options });
}

describe('baseline', () => {
  test("adopts the product's database, which up, down, status and verify then accept", async ({
    migrated,
  }) => {
    const history =
      'select version, name, checksum_up, checksum_down, down_sql, irreversible from voicesurvey_migrations.history order by id';
    const before = await migrated.rows(history);
    await migrated.client.query('drop schema voicesurvey_migrations cascade');
    const directory = migrationsDirectory;
    const version = String(before.at(-1)?.version);
    const result = await baseline({ url: migrated.url, directory, version });
    expect(result.differences).toEqual([]);
    expect(result.baselined).toEqual(before.map(({ name }) => name));
    expect(await migrated.rows(history)).toEqual(before);
    expect(
      await migrated.value(
        "select bool_and(origin = 'baseline' and reason is null) from voicesurvey_migrations.history",
      ),
    ).toBe(true);
    expect(await status({ url: migrated.url, directory })).toMatchObject({
      upToDate: true,
      drift: { state: 'none' },
    });
    expect(await verify({ url: migrated.url, directory })).toMatchObject({ findings: [] });
    expect(await up({ url: migrated.url, directory })).toMatchObject({ applied: [] });
    expect((await down({ url: migrated.url, directory, to: '0' })).rolledBack).toHaveLength(before.length);
  });

  test('leaves later migrations to up', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    const directory = await folderWith(FILES);
    expect(await adopt(database, { directory, version: '1' })).toMatchObject({
      current: 'V1',
      baselined: ['V1'],
    });
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [{ version: 'V2' }] });
    expect(await status({ url: database.url, directory })).toMatchObject({
      upToDate: true,
      drift: { state: 'none' },
    });
  });

  test('refuses a database that differs, lists the differences, and writes nothing', async ({ database }) => {
    await database.client.query('create table one (id integer not null, name text); create table another ()');
    await expect(adopt(database)).rejects.toMatchObject({
      code: 'not_the_same',
      exitCode: 4,
      message: 'The database is not what the migrations to V1 create: 2 differences. Nothing was changed.',
      differences: [
        { object: 'table another', difference: 'here, not in V1' },
        { object: 'column one.id', difference: 'null allowed in V1, not here' },
      ],
    });
    expect(await database.value("select to_regnamespace('voicesurvey_migrations') is null")).toBe(true);
  });

  test('records accepted differences, which are then not reported as drift', async ({ database }) => {
    await database.client.query('create table one (id integer not null, name text)');
    const directory = await folderWith(FILES);
    const result = await adopt(database, { directory, acceptDifferences: true });
    expect(result.differences).toHaveLength(1);
    const { url } = database;
    expect(await status({ url, directory })).toMatchObject({
      drift: { state: 'none' },
      migrations: [
        { origin: 'baseline', reason: 'accepted 1 difference\ncolumn one.id: null allowed in V1, not here' },
        { origin: null },
      ],
    });
    await database.client.query('alter table one alter name set not null');
    expect(await status({ url, directory })).toMatchObject({ drift: { state: 'drifted' } });
  });

  test('records no reason if nothing differs', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    expect(await adopt(database, { acceptDifferences: true })).toMatchObject({ differences: [] });
    expect(await database.value('select reason from voicesurvey_migrations.history')).toBeNull();
  });

  test('compares only the schemas of the migrations', async ({ database }) => {
    await database.client.query(
      'create schema app; create table app.one (); create schema theirs; create table theirs.two ()',
    );
    const directory = await folderWith({
      'V1.up.sql': 'create schema app; create table app.one (id integer);',
      'V1.down.sql': 'drop schema app cascade;',
    });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      differences: [{ object: 'column app.one.id', difference: 'missing here, in V1' }],
    });
  });

  test('refuses a version that the folder does not have', async ({ database }) => {
    await expect(adopt(database, { version: 'V3' })).rejects.toMatchObject({
      code: 'unknown_version',
      exitCode: 2,
    });
    await expect(adopt(database, { version: 'latest' })).rejects.toMatchObject({ code: 'unknown_version' });
  });

  test('refuses a database with a history, unless the history is empty', async ({ database }) => {
    const directory = await folderWith(FILES);
    const { url } = database;
    await up({ url, directory });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      code: 'history_not_empty',
      message: 'This database has a history already: the newest migration in it is V2.two, applied.',
    });
    await down({ url, directory, to: '0' });
    await database.client.query(TABLE_BY_HAND);
    expect(await adopt(database, { directory })).toMatchObject({ current: 'V1' });
  });

  test('reports why a migration fails in the throw-away database', async ({ database }) => {
    const directory = await folderWith({ ...FILES, 'V1.up.sql': 'create table one (id nothing);' });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      code: 'reference_failed',
      message: expect.stringMatching(/V1\.up\.sql:1:22: type "nothing" does not exist/),
    });
    expect(await hasHistory(database)).toBe(false);
  });
});

describe('a down file that cannot be parsed', () => {
  test('is refused before the catalogs are compared', async ({ database }) => {
    const directory = await folderWith({ ...FILES, 'V1.down.sql': 'drop tabel one;' });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      code: 'syntax_error',
      location: { line: 1, column: 6 },
    });
    expect(await hasHistory(database)).toBe(false);
  });
});

describe('a baseline beside other runs', () => {
  test('is recorded once, and refused to concurrent callers', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    const results = await Promise.allSettled([adopt(database), adopt(database), adopt(database)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'history_not_empty' });
    }
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(1);
  });

  test('waits for an up, and is refused after it', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    await database.client.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    const { waiting, adopted } = await adoptAndWait(database);
    const refused = expect(adopted).rejects.toMatchObject({ code: 'history_not_empty' });
    await waiting;
    await database.client.query(`${createHistory(DEFAULT_SET)}; ${APPLIED}; commit`);
    await refused;
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(1);
  });

  test('waits for a transaction that a killed run has left in the server, and is refused after it', async ({
    database,
  }) => {
    await database.client.query(`${TABLE_BY_HAND}; ${createHistory(DEFAULT_SET)}`);
    await database.client.query(`begin; ${APPLIED}`);
    const refused = expect(adopt(database)).rejects.toMatchObject({ code: 'history_not_empty' });
    await untilWaiting(database);
    await database.client.query('commit');
    await refused;
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(1);
  });

  test('reports an up that ran during the comparison as a history, not as differences', async ({
    database,
  }) => {
    const { url, role } = await createOwner(database, 'nocreatedb');
    const otherServerUrl = async (): Promise<string> => {
      await database.client.query('drop table one');
      await up({ url, directory: await folderWith(FILES) });
      return database.url;
    };
    await expect(adopt({ url }, { otherServerUrl })).rejects.toMatchObject({ code: 'history_not_empty' });
    await dropRole(database, role);
  });

  test('gives up after lockWaitMs', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    await database.client.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    await expect(adopt(database, { lockWaitMs: 100 })).rejects.toMatchObject({ code: 'lock_wait_over' });
  });

  test('reports a change after the comparison as drift', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    await database.client.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    const directory = await folderWith(FILES);
    const { waiting, adopted } = await adoptAndWait(database, directory);
    await waiting;
    await database.client.query('alter table one add column late integer; commit');
    await adopted;
    expect(await status({ url: database.url, directory })).toMatchObject({ drift: { state: 'drifted' } });
  });
});

describe('the throw-away database of a baseline', () => {
  test('is on the same server, and is dropped afterwards', async ({ database }) => {
    const { url, role } = await createOwner(database, 'createdb');
    const { server, comparedOn } = await adopt({ url });
    expect(new URL(comparedOn.address).host).toBe(new URL(server.address).host);
    expect(
      await database.value(
        "select count(*)::integer from pg_database where datname like 'voicesurvey_throwaway_%' and pg_get_userbyid(datdba) = $1",
        [role],
      ),
    ).toBe(0);
    await dropRole(database, role);
  });

  test('is on the other server if the migrations change the whole server', async ({ database }) => {
    await database.client.query(TABLE_BY_HAND);
    const change = `alter database ${database.name} set work_mem = '5MB'`;
    const directory = await folderWith({
      ...FILES,
      'V1.up.sql': `${FILES['V1.up.sql']} do $$ begin ${change}; end $$;`,
    });
    await expect(adopt(database, { directory })).rejects.toMatchObject({ code: 'reference_elsewhere' });
    const settings =
      'select count(*)::integer from pg_db_role_setting join pg_database on oid = setdatabase where datname = current_database()';
    expect(await database.value(settings)).toBe(0);
    let calls = 0;
    const otherServerUrl = async (): Promise<string> => {
      calls++;
      return database.url;
    };
    expect(await adopt(database, { directory, otherServerUrl })).toMatchObject({ current: 'V1' });
    expect(calls).toBe(1);
  });

  test('is on the other server if the role may not create one, and another owner is then not a difference', async ({
    database,
  }) => {
    const { url, role } = await createOwner(database, 'nocreatedb');
    await expect(adopt({ url })).rejects.toMatchObject({ code: 'create_database_forbidden' });
    const result = await adopt({ url }, { otherServerUrl: async () => database.url });
    expect(result).toMatchObject({ current: 'V1', differences: [] });
    await dropRole(database, role);
  });
});

/** Starts a baseline while another session holds the lock. `waiting` resolves when the baseline reports that it waits. */
async function adoptAndWait(
  database: TestDatabase,
  directory?: string,
): Promise<{ waiting: Promise<void>; adopted: Promise<BaselineResult> }> {
  let resolveWaiting = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    resolveWaiting = resolve;
  });
  const onEvent: BaselineOptions['onEvent'] = ({ kind }) => kind === 'waiting' && resolveWaiting();
  return { waiting, adopted: adopt(database, { onEvent, ...(directory && { directory }) }) };
}

/** Creates a role that owns the database and the table. */
async function createOwner(
  { client, url, name }: TestDatabase,
  right: string,
): Promise<{ url: string; role: string }> {
  const role = `adopter_${randomBytes(4).toString('hex')}`;
  await client.query(
    `create role ${role} login password 'secret' ${right}; alter database ${name} owner to ${role}`,
  );
  await client.query(`set role ${role}; ${TABLE_BY_HAND}; reset role`);
  const address = new URL(url);
  address.username = role;
  address.password = 'secret';
  return { url: address.href, role };
}

async function dropRole({ client, name }: TestDatabase, role: string): Promise<void> {
  await client.query(
    `alter database ${name} owner to current_user; drop owned by ${role} cascade; drop role ${role}`,
  );
}
