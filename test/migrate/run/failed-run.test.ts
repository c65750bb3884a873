import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { redo } from '../../../src/migrate/redo.js';
import { up } from '../../../src/migrate/up.js';
import { upSets } from '../../../src/migrate/up-sets.js';
import { runCli, runJson } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { BILLING, SHOP, twoFolders } from '../sets/sets.js';

const ONE = {
  'V1.up.sql': 'create table one (id integer constraint positive check (id > 0));',
  'V1.down.sql': 'drop table one;',
};
const TWO = { 'V2.up.sql': 'create table two (id integer);', 'V2.down.sql': 'drop table two;' };
const FAILING = { 'V3.up.sql': 'select 1 / 0;', 'V3.down.sql': 'select 1;' };
const DRIFT = [{ object: 'constraint positive on one', difference: 'missing here, in V1' }];
const WARNING =
  'warning: since V1 the schema was changed outside of migrations; drift is now measured from this state:\n' +
  '  constraint positive on one: missing here, in V1\n';
const FORGET_SNAPSHOT = `update voicesurvey_migrations.history
  set snapshot = null, fingerprint = null, snapshot_format = null, snapshot_server_major = null`;

/** Drops a constraint by hand after V1, and returns the folder with its later files. */
async function folderOfDrifted({ url, client }: TestDatabase, later: object): Promise<string> {
  const directory = await folderWith(ONE);
  await up({ url, directory });
  await client.query('alter table one drop constraint positive');
  await addFiles(directory, { ...later });
  return directory;
}

describe('the error of a run that fails part-way has the drift that it made part of the schema', () => {
  test('of an up', async ({ database }) => {
    const directory = await folderOfDrifted(database, { ...TWO, ...FAILING });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'migration_failed',
      results: [{ status: 'applied' }, { status: 'failed' }],
      drift: DRIFT,
      driftUnknown: null,
    });
  });

  test('of an up that is refused because a later file deletes data', async ({ database }) => {
    const deletes = { 'V3.up.sql': 'drop table one;', 'V3.down.sql': 'select 1;' };
    const directory = await folderOfDrifted(database, { ...TWO, ...deletes });
    await database.client.query('insert into one values (1)');
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'would_lose_data',
      drift: DRIFT,
    });
  });

  test('of an up of a catalog that cannot be compared', async ({ database }) => {
    const directory = await folderOfDrifted(database, { ...TWO, ...FAILING });
    await database.client.query(FORGET_SNAPSHOT);
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      drift: [],
      driftUnknown: { state: 'unknown' },
    });
  });

  test('of a down', async ({ database }) => {
    const { url, client } = database;
    const directory = await folderWith({ ...ONE, 'V1.down.sql': 'drop table nothing;', ...TWO });
    await up({ url, directory });
    await client.query('alter table one drop constraint positive');
    await expect(down({ url, directory, to: '0', asFarAsPossible: true })).rejects.toMatchObject({
      code: 'migration_failed',
      drift: [{ object: 'constraint positive on one', difference: 'missing here, in V2' }],
    });
  });

  test('of a redo whose up fails', async ({ database }) => {
    const { url } = database;
    const directory = await folderOfDrifted(database, {});
    await addFiles(directory, { 'V1.up.sql': 'select 1 / 0;' });
    await expect(redo({ url, directory })).rejects.toMatchObject({ code: 'migration_failed', drift: DRIFT });
  });
});

test('the result of a redo has the drift that its down found', async ({ database }) => {
  const directory = await folderOfDrifted(database, {});
  expect(await redo({ url: database.url, directory })).toMatchObject({ drift: DRIFT });
});

describe('up --json that fails part-way', () => {
  test('prints the drift in the document and on standard error', async ({ database }) => {
    const directory = await folderOfDrifted(database, { ...TWO, ...FAILING });
    const env = { DATABASE_URL: database.url };
    expect(await runJson(['up', '--dir', directory], { env })).toMatchObject({
      code: 1,
      stderr: WARNING,
      document: { ok: false, migrations: [{ status: 'applied' }, { status: 'failed' }], drift: DRIFT },
    });
  });

  test('names the command in the remedy of a drift that is unknown', async ({ database }) => {
    const directory = await folderOfDrifted(database, { ...TWO, ...FAILING });
    await database.client.query(FORGET_SNAPSHOT);
    const env = { DATABASE_URL: database.url };
    const { document } = await runJson(['up', '--dir', directory], { env });
    expect(document).toMatchObject({
      driftUnknown: { remedy: expect.stringContaining('`voicesurvey-db verify --dir ') },
    });
  });

  test('of several databases begins each line with the database', async ({ database }) => {
    const directory = await folderOfDrifted(database, { ...TWO, ...FAILING });
    const list = ['up', '--dir', directory, '--databases', '-', '--json'];
    const { stderr, stdout } = await runCli(list, { input: `${database.url}\n` });
    expect(stderr).toMatch(
      /^warning: \S+: since V1 .*\n\S+: {3}constraint positive on one: missing here, in V1\n/,
    );
    expect(JSON.parse(stdout)).toMatchObject({ databases: [{ ok: false, drift: DRIFT }] });
  });
});

describe('an up of several sets that fails', () => {
  const failing = { ...BILLING, 'V1.invoices.up.sql': 'create schema billing; select 1 / 0;' };

  test('has its set and the results of the sets before it in the error', async ({ database }) => {
    const { shop, billing } = await twoFolders(SHOP, failing);
    await expect(upSets({ url: database.url, directories: [shop, billing] })).rejects.toMatchObject({
      set: 'billing',
      results: [{ version: 'V1', status: 'failed' }],
      earlier: [{ set: null, applied: [{ name: 'V1.orders', status: 'applied' }] }],
    });
  });

  test('has no results if it is the first', async ({ database }) => {
    const { shop, billing } = await twoFolders({ ...SHOP, 'V1.orders.up.sql': 'select 1 / 0;' });
    await expect(upSets({ url: database.url, directories: [shop, billing] })).rejects.toMatchObject({
      set: null,
      earlier: [],
    });
  });

  test('prints them in the document', async ({ database }) => {
    const { shop, billing } = await twoFolders(SHOP, failing);
    const env = { DATABASE_URL: database.url };
    expect((await runJson(['up', '--dir', shop, '--and', billing], { env })).document).toMatchObject({
      ok: false,
      set: 'billing',
      migrations: [{ name: 'V1.invoices', status: 'failed' }],
      earlier: [{ set: null, applied: [{ name: 'V1.orders' }], drift: [], losses: [], current: 'V1' }],
    });
  });
});

test('the document of an up --seed whose seed rows fail has what was applied', async ({ database }) => {
  const directory = await folderWith(ONE);
  const env = { DATABASE_URL: database.url };
  const { document } = await runJson(['up', '--dir', directory, '--seed'], { env });
  expect(document).toMatchObject({ ok: false, earlier: [{ applied: [{ name: 'V1' }] }] });
});
