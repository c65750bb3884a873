import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { type AcceptOptions, type AcceptResult, accept } from '../../src/inspect/accept.js';
import { verify } from '../../src/inspect/verify.js';
import { down } from '../../src/migrate/down.js';
import { repair } from '../../src/migrate/repair.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { type TestDatabase, test } from '../support/database.js';
import { session } from '../support/databases.js';
import { addFiles, folderWith } from '../support/folder.js';
import { until } from '../support/until.js';

const files = {
  'V1.up.sql': 'create table one (id integer primary key, note text);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create index one_by_note on one (note);',
  'V2.down.sql': 'drop index one_by_note;',
};

const FORGET =
  'update voicesurvey_migrations.history set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null';

/** Applies the files and deletes the recorded snapshot, as after a run that could not read the catalog. */
async function unknownState({ url, client }: TestDatabase): Promise<string> {
  const directory = await folderWith(files);
  await up({ url, directory });
  await client.query(FORGET);
  return directory;
}

const acceptIn = (
  { url }: Pick<TestDatabase, 'url'>,
  directory: string,
  options: Partial<AcceptOptions> = {},
): Promise<AcceptResult> => accept({ url, directory, reason: 'restored from a dump', ...options });

const newestRow = ({ rows }: TestDatabase): Promise<Record<string, unknown>[]> =>
  rows('select version, origin, reason from voicesurvey_migrations.history order by id desc limit 1');

describe('accept', () => {
  test('compares a catalog without a snapshot with what the migrations make, and records its snapshot', async ({
    database,
  }) => {
    const directory = await unknownState(database);
    await database.client.query('drop index one_by_note');
    const difference = { object: 'index one_by_note on one', difference: 'missing here, in V2' };
    expect(await acceptIn(database, directory)).toMatchObject({
      accepted: 'V2',
      reason: 'restored from a dump',
      comparedWith: 'migrations',
      notCompared: null,
      differences: [difference],
    });
    const reason =
      /^restored from a dump\n1 difference from what the migrations make\nindex one_by_note on one: missing here, in V2\nby \S+, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    expect(await newestRow(database)).toEqual([
      { version: '2', origin: 'accepted', reason: expect.stringMatching(reason) },
    ]);
    expect((await status({ url: database.url, directory })).drift).toMatchObject({
      state: 'none',
      since: 'V2',
    });
    expect(await verify({ url: database.url, directory, rules: false })).toMatchObject({ findings: [] });
  });

  test('compares a drifted catalog with the snapshot of the last run, and later drift starts from there', async ({
    database,
  }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await database.client.query('alter table one add by_hand text');
    expect(await acceptIn(database, directory)).toMatchObject({
      comparedWith: 'snapshot',
      differences: [{ object: 'column one.by_hand', difference: 'here, not in V2' }],
    });
    await database.client.query('alter table one drop by_hand');
    const { findings } = await verify({ url: database.url, directory, rules: false });
    expect(findings).toMatchObject([{ kind: 'drift', object: 'column one.by_hand' }]);
  });

  test.for([
    ['a snapshot of another format', 'set snapshot_format = 0'],
    ['a snapshot of another major version of the server', 'set snapshot_server_major = 14'],
  ])('replaces %s', async ([, change = ''], { database }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await database.client.query(`update voicesurvey_migrations.history ${change} where version = 2`);
    expect(await acceptIn(database, directory)).toMatchObject({
      comparedWith: 'migrations',
      differences: [],
    });
    expect((await status({ url: database.url, directory })).drift.state).toBe('none');
  });

  test('records why the catalog could not be compared if the role may not create a database', async ({
    database,
  }) => {
    const directory = await unknownState(database);
    const role = `voicesurvey_test_deploy_${randomBytes(4).toString('hex')}`;
    await database.client.query(
      `create role ${role} login password 'secret'; grant usage on schema voicesurvey_migrations to ${role};
       grant select, update on voicesurvey_migrations.history to ${role}`,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    try {
      const { comparedWith, notCompared } = await acceptIn({ url: url.href }, directory);
      expect(comparedWith).toBe('nothing');
      expect(notCompared).toMatch(/^This role may not create a throw-away database/);
    } finally {
      await database.client.query(`drop owned by ${role}; drop role ${role}`);
    }
    expect(await newestRow(database)).toMatchObject([
      { reason: expect.stringMatching(/^restored from a dump\nnot compared: This role may not/) },
    ]);
  });

  test('compares nothing if the files are not those that were applied', async ({ database }) => {
    const directory = await unknownState(database);
    await addFiles(directory, { 'V1.up.sql': 'create table one (id integer primary key);' });
    expect(await acceptIn(database, directory)).toMatchObject({
      comparedWith: 'nothing',
      notCompared: 'V1 is changed',
    });
  });

  test('retains the reason of an earlier repair, and a repair that of an acceptance', async ({
    database,
  }) => {
    const directory = await unknownState(database);
    await addFiles(directory, { 'V2.up.sql': `${files['V2.up.sql']} -- a remark` });
    await repair({ url: database.url, directory, version: 'V2', reason: 'only a remark' });
    await acceptIn(database, directory);
    expect(await newestRow(database)).toMatchObject([
      { origin: 'accepted', reason: expect.stringMatching(/\nbefore, repaired: only a remark$/) },
    ]);
    await addFiles(directory, files);
    await repair({ url: database.url, directory, version: 'V2', reason: 'without the remark' });
    expect(await newestRow(database)).toMatchObject([
      {
        origin: 'repaired',
        reason: expect.stringMatching(/^without the remark\nbefore, accepted: restored from a dump\n/),
      },
    ]);
  });

  test('accepts only the named objects, and the others remain drift until they are undone', async ({
    database,
  }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await database.client.query(
      'alter table one add by_hand text; create index note_by_hand on one (id, note); create sequence big; drop index one_by_note',
    );
    const wanted = ['index note_by_hand on one', 'sequence big'];
    const { differences } = await acceptIn(database, directory, { objects: wanted });
    expect(differences.map(({ object }) => object).sort()).toEqual(wanted);
    const found = await verify({ url: database.url, directory, rules: false });
    expect(found.findings.map(({ object }) => object)).toEqual([
      'column one.by_hand',
      'index one_by_note on one',
    ]);
    await database.client.query('alter table one drop by_hand; create index one_by_note on one (note)');
    expect((await status({ url: database.url, directory })).drift.state).toBe('none');
    const replayed = await verify({ url: database.url, directory, rules: false, replay: true });
    expect(replayed.findings).toEqual([]);
    expect(await newestRow(database)).toMatchObject([
      {
        reason: expect.stringMatching(/\n2 differences from the last snapshot\nsequence big: here/),
      },
    ]);
  });

  test('keeps what was accepted in the snapshots of later runs, up and down', async ({ database }) => {
    const directory = await folderWith(files);
    const { url, client } = database;
    await up({ url, directory, to: 'V1' });
    await client.query('alter table one add by_hand text');
    await acceptIn(database, directory);
    await up({ url, directory });
    await down({ url, directory });
    expect((await status({ url, directory })).drift.state).toBe('none');
    const { findings } = await verify({ url, directory, rules: false, replay: true });
    expect(findings.map(({ kind }) => kind)).toEqual(['migration']);
  });

  test('keeps what was accepted if a later run recorded no snapshot', async ({ database }) => {
    const directory = await folderWith(files);
    const { url, client } = database;
    await up({ url, directory, to: 'V1' });
    await client.query('alter table one add by_hand text');
    await acceptIn(database, directory, { reason: 'ticket A', partitions: ['calls_*'] });
    await acceptIn(database, directory, { reason: 'ticket B', objects: ['column one.by_hand'] });
    await up({ url, directory });
    await client.query(`${FORGET} where version = 2`);
    await client.query('alter table one add later text');
    const { findings } = await verify({ url, directory, rules: false });
    expect(findings.map(({ object }) => object)).toEqual(['the catalog', 'column one.later']);
    await client.query("alter table one alter by_hand set default 'x'");
    const changed = await verify({ url, directory, rules: false });
    expect(changed.findings.map(({ object }) => object)).toContain('column one.by_hand');
    await client.query('alter table one alter by_hand drop default');
    expect(await acceptIn(database, directory, { reason: 'ticket C' })).toMatchObject({
      comparedWith: 'migrations',
      differences: [{ object: 'column one.later' }],
    });
    expect(
      await database.value(
        "select snapshot::json -> 'accepted' from voicesurvey_migrations.history where version = 2",
      ),
    ).toEqual([
      { object: 'partitions public.calls_*', reason: 'ticket A' },
      { object: 'column one.by_hand', reason: 'ticket B' },
      { object: 'column one.later', reason: 'ticket C' },
    ]);
  });

  test('fails if another acceptance or a repair has recorded a snapshot meanwhile, and helps when it is run again', async ({
    database,
  }) => {
    const directory = await folderWith(files);
    const { url, client } = database;
    await up({ url, directory });
    await client.query('alter table one add a text; alter table one add b text');
    const holder = await session(url);
    await holder.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    const names = ['a', 'b'].map((column) => ({ reason: column, objects: [`column one.${column}`] }));
    const both = Promise.allSettled(names.map((options) => acceptIn(database, directory, options)));
    const waiting =
      "select count(*)::integer from pg_stat_activity where query ilike '%pg_try_advisory_xact_lock%'";
    await until(async () => Number(await database.value(waiting)) >= 2);
    await holder.end();
    const refused = (await both).filter(({ status: outcome }) => outcome === 'rejected');
    expect(refused).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'history_changed' }) },
    ]);
    await acceptIn(database, directory);
    expect((await status({ url, directory })).drift.state).toBe('none');
  });

  test('refuses an object that does not differ, and names those that do', async ({ database }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await database.client.query('alter table one add by_hand text');
    await expect(acceptIn(database, directory, { objects: ['column one.note'] })).rejects.toMatchObject({
      code: 'unknown_object',
      exitCode: 2,
      remedy: expect.stringContaining('The differences are: column one.by_hand.'),
    });
  });

  test('leaves out the partitions of a pattern from then on, whatever a job does to them', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith({
      'V1.up.sql': `create table calls (day date) partition by range (day);
        create table calls_1 partition of calls for values from ('2026-01-01') to ('2026-02-01');
        create table calls_x_1 partition of calls for values from ('2025-01-01') to ('2025-02-01');
        create table calls_other (day date);`,
      'V1.down.sql': 'drop table calls; drop table calls_other;',
      'V2.up.sql': 'create table two (id integer);',
      'V2.down.sql': 'drop table two;',
    });
    await up({ url, directory, to: 'V1' });
    const result = await acceptIn(database, directory, { partitions: ['calls_?', 'calls_1*'] });
    expect(result).toMatchObject({ differences: [], partitions: ['public.calls_?', 'public.calls_1*'] });
    await client.query('create index by_job on calls_1 (day)');
    expect((await status({ url, directory })).drift.state).toBe('none');
    await up({ url, directory });
    await client.query('drop index by_job; alter table calls_1 alter day set default now()');
    expect((await status({ url, directory })).drift.state).toBe('none');
    await client.query('create index by_job on calls_x_1 (day); create index by_hand on calls_other (day)');
    const { findings } = await verify({ url, directory, rules: false });
    expect(findings.map(({ object }) => object)).toEqual([
      'index by_hand on calls_other',
      'index by_job on calls_x_1',
    ]);
    expect(
      await database.value('select reason from voicesurvey_migrations.history where version = 1'),
    ).toMatch(/\npartitions public\.calls_1\*: not compared\n/);
  });

  test('works on a history that a release without accept created', async ({ database }) => {
    const directory = await unknownState(database);
    await database.client.query(`alter table voicesurvey_migrations.history
      drop constraint origin_is_known,
      add constraint origin_is_known check (origin in ('applied', 'baseline', 'repaired'))`);
    expect(await acceptIn(database, directory)).toMatchObject({ accepted: 'V2' });
  });

  test('refuses a blank reason, a known catalog, and a database without a history, and records nothing', async ({
    database,
  }) => {
    const directory = await folderWith(files);
    await expect(acceptIn(database, directory)).rejects.toMatchObject({
      code: 'nothing_to_accept',
      remedy: expect.stringContaining("`baseline({ version: '<version>' })`"),
    });
    await up({ url: database.url, directory });
    await expect(acceptIn(database, directory)).rejects.toMatchObject({ code: 'nothing_to_accept' });
    await expect(acceptIn(database, directory, { reason: ' ' })).rejects.toMatchObject({
      code: 'no_reason',
      exitCode: 2,
    });
    expect(await newestRow(database)).toMatchObject([{ origin: 'applied', reason: null }]);
  });

  test('waits for a run that holds the lock, and records nothing if that run changes the history', async ({
    database,
  }) => {
    const directory = await folderWith({
      ...files,
      'V3.up.sql': 'create table three (id integer); select pg_advisory_xact_lock(3);',
      'V3.down.sql': 'drop table three;',
    });
    await up({ url: database.url, directory, to: 'V2' });
    await database.client.query(FORGET);
    const other = await session(database.url);
    await other.query('select pg_advisory_lock(3)');
    const running = up({ url: database.url, directory });
    const waits: string[] = [];
    const migrates = async (): Promise<boolean> =>
      (await status({ url: database.url, directory })).migratingNow !== null;
    await until(migrates);
    const accepting = acceptIn(database, directory, { onEvent: ({ kind }) => waits.push(kind) });
    accepting.catch(() => {});
    await until(async () => waits.includes('waiting'));
    await other.end();
    await expect(accepting).rejects.toMatchObject({ code: 'history_changed' });
    await running;
    expect(await newestRow(database)).toMatchObject([{ version: '3', origin: 'applied' }]);
    await down({ url: database.url, directory });
  });
});
