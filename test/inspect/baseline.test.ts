import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { type BaselineOptions, type BaselineResult, baseline } from '../../src/inspect/baseline.js';
import { verify } from '../../src/inspect/verify.js';
import { down } from '../../src/migrate/down.js';
import { CREATE_HISTORY } from '../../src/migrate/history/table.js';
import { LOCK_KEY } from '../../src/migrate/script/guard.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const FILES = {
  'V1.up.sql': 'create table one (id integer, name text);',
  'V1.down.sql': 'drop table one;',
  'V2.two.up.sql': 'create table two (id integer);',
  'V2.two.down.sql': 'drop table two;',
};
const BY_HAND = 'create table one (id integer, name text)';

/** The row of another run. */
const APPLIED = `insert into voicesurvey_migrations.history
  (version, name, checksum_up, irreversible, origin, applied_by, applied_with, applied_at, duration_ms, run_id)
  values (1, 'V1', '', 'no', 'applied', '', '', now(), 0, gen_random_uuid())`;

async function hasHistory({ value }: TestDatabase): Promise<boolean> {
  const exists = await value("select to_regclass('voicesurvey_migrations.history') is not null");
  return exists === true && (await value('select count(*) > 0 from voicesurvey_migrations.history')) === true;
}

/** Baselines at `V1` of two files, unless told otherwise. */
async function adopt(
  { url }: { url: string },
  options: Partial<BaselineOptions> = {},
): Promise<BaselineResult> {
  return baseline({ url, directory: await folderWith(FILES), version: 'V1', ...options });
}

describe('baseline', () => {
  test("adopts the product's own database, which then is like any other", async ({ migrated }) => {
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

  test('leaves what is behind its version to up', async ({ database }) => {
    await database.client.query(BY_HAND);
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

  test('refuses a database that differs, says how, and writes nothing', async ({ database }) => {
    await database.client.query('create table one (id integer not null, name text); create table another ()');
    await expect(adopt(database)).rejects.toMatchObject({
      code: 'not_the_same',
      exitCode: 4,
      message: 'The database is not what V1 makes: 2 differences. Nothing was changed.',
      differences: [
        { object: 'table another', difference: 'here, not in V1' },
        { object: 'column one.id', difference: 'null allowed in V1, not here' },
      ],
    });
    expect(await database.value("select to_regnamespace('voicesurvey_migrations') is null")).toBe(true);
  });

  test('keeps what was accepted, and is silent about it from then on', async ({ database }) => {
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

  test('accepts nothing where nothing differs', async ({ database }) => {
    await database.client.query(BY_HAND);
    expect(await adopt(database, { acceptDifferences: true })).toMatchObject({ differences: [] });
    expect(await database.value('select reason from voicesurvey_migrations.history')).toBeNull();
  });

  test("looks into the migrations' schemas and no others", async ({ database }) => {
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

  test('refuses a version that there is not', async ({ database }) => {
    await expect(adopt(database, { version: 'V3' })).rejects.toMatchObject({
      code: 'unknown_version',
      exitCode: 2,
    });
    await expect(adopt(database, { version: 'latest' })).rejects.toMatchObject({ code: 'unknown_version' });
  });

  test('refuses a database that has a history, but not one whose history is empty', async ({ database }) => {
    const directory = await folderWith(FILES);
    const { url } = database;
    await up({ url, directory });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      code: 'history_not_empty',
      message: 'This database has a history already: the newest migration in it is V2.two, applied.',
    });
    await down({ url, directory, to: '0' });
    await database.client.query(BY_HAND);
    expect(await adopt(database, { directory })).toMatchObject({ current: 'V1' });
  });

  test('says what is wrong with a migration that does not run', async ({ database }) => {
    const directory = await folderWith({ ...FILES, 'V1.up.sql': 'create table one (id nothing);' });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      code: 'reference_failed',
      message: expect.stringMatching(/V1\.up\.sql:1:22: type "nothing" does not exist/),
    });
    expect(await hasHistory(database)).toBe(false);
  });
});

describe('a down that cannot be parsed', () => {
  test('is refused as a file, before anything is compared', async ({ database }) => {
    const directory = await folderWith({ ...FILES, 'V1.down.sql': 'drop tabel one;' });
    await expect(adopt(database, { directory })).rejects.toMatchObject({
      code: 'syntax_error',
      location: { line: 1, column: 6 },
    });
    expect(await hasHistory(database)).toBe(false);
  });
});

describe('of two at once', () => {
  test('one baseline is written, and the other refused', async ({ database }) => {
    await database.client.query(BY_HAND);
    const results = await Promise.allSettled([adopt(database), adopt(database), adopt(database)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'history_not_empty' });
    }
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(1);
  });

  test('a baseline waits for an up, and does not write behind it', async ({ database }) => {
    await database.client.query(BY_HAND);
    await database.client.query(`begin; select pg_advisory_xact_lock(${LOCK_KEY})`);
    const { waiting, adopted } = await adoptAndWait(database);
    const refused = expect(adopted).rejects.toMatchObject({ code: 'history_not_empty' });
    await waiting;
    await database.client.query(`${CREATE_HISTORY}; ${APPLIED}; commit`);
    await refused;
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(1);
  });

  test('what a killed run has left in the server is waited for, and comes first', async ({ database }) => {
    await database.client.query(`${BY_HAND}; ${CREATE_HISTORY}`);
    await database.client.query(`begin; ${APPLIED}`);
    const refused = expect(adopt(database)).rejects.toMatchObject({ code: 'history_not_empty' });
    const isWaiting =
      "select exists (select from pg_locks where relation = 'voicesurvey_migrations.history'::regclass and not granted)";
    await expect.poll(() => database.value(isWaiting), { timeout: 10_000 }).toBe(true);
    await database.client.query('commit');
    await refused;
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(1);
  });

  test('an up that comes while it compares is not told as a difference', async ({ database }) => {
    const { url, role } = await asRole(database, 'nocreatedb');
    const elsewhere = async (): Promise<string> => {
      await database.client.query('drop table one');
      await up({ url, directory: await folderWith(FILES) });
      return database.url;
    };
    await expect(adopt({ url }, { elsewhere })).rejects.toMatchObject({ code: 'history_not_empty' });
    await dropRole(database, role);
  });

  test('it gives up waiting when it is told how long', async ({ database }) => {
    await database.client.query(BY_HAND);
    await database.client.query(`begin; select pg_advisory_xact_lock(${LOCK_KEY})`);
    await expect(adopt(database, { lockWaitMs: 100 })).rejects.toMatchObject({ code: 'lock_wait_over' });
  });

  test('what is changed behind the comparison is drift', async ({ database }) => {
    await database.client.query(BY_HAND);
    await database.client.query(`begin; select pg_advisory_xact_lock(${LOCK_KEY})`);
    const directory = await folderWith(FILES);
    const { waiting, adopted } = await adoptAndWait(database, directory);
    await waiting;
    await database.client.query('alter table one add column late integer; commit');
    await adopted;
    expect(await status({ url: database.url, directory })).toMatchObject({ drift: { state: 'drifted' } });
  });
});

describe('the throw-away database', () => {
  test('is on the same server, and is gone afterwards', async ({ database }) => {
    const { url, role } = await asRole(database, 'createdb');
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

  test('is elsewhere where the migrations change what belongs to the whole server', async ({ database }) => {
    await database.client.query(BY_HAND);
    const change = `alter database ${database.name} set work_mem = '5MB'`;
    const directory = await folderWith({
      ...FILES,
      'V1.up.sql': `${FILES['V1.up.sql']} do $$ begin ${change}; end $$;`,
    });
    await expect(adopt(database, { directory })).rejects.toMatchObject({ code: 'reference_elsewhere' });
    const settings =
      'select count(*)::integer from pg_db_role_setting join pg_database on oid = setdatabase where datname = current_database()';
    expect(await database.value(settings)).toBe(0);
    let asked = 0;
    const elsewhere = async (): Promise<string> => {
      asked++;
      return database.url;
    };
    expect(await adopt(database, { directory, elsewhere })).toMatchObject({ current: 'V1' });
    expect(asked).toBe(1);
  });

  test('is elsewhere where the role may not create one; who owns what makes no difference then', async ({
    database,
  }) => {
    const { url, role } = await asRole(database, 'nocreatedb');
    await expect(adopt({ url })).rejects.toMatchObject({ code: 'create_database_forbidden' });
    const result = await adopt({ url }, { elsewhere: async () => database.url });
    expect(result).toMatchObject({ current: 'V1', differences: [] });
    await dropRole(database, role);
  });
});

/** Baselines while somebody holds the lock; `waiting` is when it has seen that. */
async function adoptAndWait(
  database: TestDatabase,
  directory?: string,
): Promise<{ waiting: Promise<void>; adopted: Promise<BaselineResult> }> {
  let waits = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    waits = resolve;
  });
  const onEvent: BaselineOptions['onEvent'] = ({ kind }) => kind === 'waiting' && waits();
  return { waiting, adopted: adopt(database, { onEvent, ...(directory && { directory }) }) };
}

/** A role that owns the database and has made the table by hand. */
async function asRole(
  { client, url, name }: TestDatabase,
  right: string,
): Promise<{ url: string; role: string }> {
  const role = `adopter_${randomBytes(4).toString('hex')}`;
  await client.query(
    `create role ${role} login password 'secret' ${right}; alter database ${name} owner to ${role}`,
  );
  await client.query(`set role ${role}; ${BY_HAND}; reset role`);
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
