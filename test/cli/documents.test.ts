import { describe, expect } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';

// `toEqual` fails on an unexpected key, so these tests hold every key that programs read.

const number = expect.any(Number);
const text = expect.stringMatching(/./);
const isoDate = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const two = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.add_two.up.sql': 'create table two (id integer);',
  'V2.add_two.down.sql': 'drop table two;',
};

/** Runs a command on a database and returns its document; anything else in the output but a warning of drift fails the test. */
async function documentOf(
  { url }: Pick<TestDatabase, 'url'>,
  ...args: string[]
): Promise<{ document: Record<string, unknown>; head: unknown }> {
  const { code, stderr, document } = await runJson(args, { env: { DATABASE_URL: url } });
  expect(stderr).toMatch(document.driftUnknown ? /^warning: changes outside of migrations / : /^$/);
  expect(document).toMatchObject({ command: args[0], ok: code === 0 || code === 3, exitCode: code });
  const { hostname, port, pathname, username } = new URL(url);
  return {
    document,
    head: {
      command: args[0],
      ok: true,
      exitCode: 0,
      server: {
        address: `postgresql://${username}@${hostname}:${port}${pathname}`,
        version: expect.stringMatching(/^\d+\.\d+$/),
      },
      embedded: false,
      addressSource: 'DATABASE_URL',
    },
  };
}

const result = (version: string, name: string, status: string): unknown => ({
  version,
  name,
  status,
  durationMs: number,
});

describe('--json', () => {
  test('up and down print the results per migration, the current version and drift', async ({ database }) => {
    const dir = await folderWith(two);
    const up = await documentOf(database, 'up', '--dir', dir);
    expect(up.document).toEqual({
      ...(up.head as object),
      set: null,
      created: false,
      sql: null,
      applied: [result('V1', 'V1', 'applied'), result('V2', 'V2.add_two', 'applied')],
      losses: [],
      current: 'V2',
      drift: [],
      driftUnknown: null,
      snapshotMissing: null,
      notices: [],
    });
    const again = await documentOf(database, 'up', '--dir', dir);
    expect(again.document).toEqual({
      ...(up.head as object),
      set: null,
      created: false,
      sql: null,
      applied: [],
      losses: [],
      current: 'V2',
      drift: [],
      driftUnknown: null,
      snapshotMissing: null,
      notices: [],
    });
    const down = await documentOf(database, 'down', '--dir', dir, '--to=0');
    expect(down.document).toEqual({
      ...(down.head as object),
      sql: null,
      rolledBack: [result('V2', 'V2.add_two', 'rolled_back'), result('V1', 'V1', 'rolled_back')],
      losses: [],
      leftoversAreDrift: null,
      current: null,
      drift: [],
      driftUnknown: null,
      snapshotMissing: null,
      notices: [],
    });
  });

  test('status prints every migration with its state, and ends with 3 while one is pending', async ({
    database,
  }) => {
    const dir = await folderWith(two);
    await documentOf(database, 'up', '--dir', dir, '--to', 'V1');
    const status = await documentOf(database, 'status', '--dir', dir);
    const unknown = { origin: null, reason: null, irreversible: null };
    const applied = {
      appliedAt: isoDate,
      appliedBy: text,
      appliedWith: expect.stringMatching(/^voicesurvey-db \d/),
      appliedOn: text,
      durationMs: number,
    };
    const pending = {
      appliedAt: null,
      appliedName: null,
      appliedBy: null,
      appliedWith: null,
      appliedOn: null,
      durationMs: null,
    };
    expect(status.document).toEqual({
      ...(status.head as object),
      set: null,
      exitCode: 3,
      migrations: [
        {
          version: 'V1',
          name: 'V1',
          state: 'applied',
          ...applied,
          appliedName: 'V1',
          ...unknown,
          origin: 'applied',
        },
        { version: 'V2', name: 'V2.add_two', state: 'pending', ...pending, ...unknown },
      ],
      current: 'V1',
      otherFolder: null,
      upToDate: false,
      migratingNow: null,
      drift: { state: 'none', since: 'V1', cause: null, reason: null, remedy: null },
    });
    await documentOf(database, 'up', '--dir', dir);
    expect((await documentOf(database, 'status', '--dir', dir)).document).toMatchObject({
      exitCode: 0,
      otherFolder: null,
      upToDate: true,
    });
  });

  test('status and verify end with 3 for an unknown state, up reports it, and accept makes it known', {
    timeout: SLOW,
  }, async ({ database }) => {
    const dir = await folderWith(two);
    const forget = `update voicesurvey_migrations.history
      set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null`;
    const env = { DATABASE_URL: database.url };
    const accept = ['accept', '--reason', 'restored'];
    await documentOf(database, 'up', '--dir', dir);
    await database.client.query(forget);
    const status = await documentOf(database, 'status', '--dir', dir);
    const drift = {
      state: 'unknown',
      since: 'V2.add_two',
      cause: 'no_snapshot',
      reason: 'no snapshot was recorded with V2.add_two',
      remedy: `To compare the catalog with what the migrations make, run \`voicesurvey-db verify --dir ${dir}\`. If it is right, record its snapshot with \`voicesurvey-db accept --dir ${dir} --reason '<why>'\`.`,
    };
    expect(status.document).toMatchObject({ exitCode: 3, upToDate: true, drift });
    const record = `Undo by hand what differs and is wrong. Then record the snapshot of the catalog with \`voicesurvey-db accept --dir ${dir} --reason '<why>'\`.`;
    const verify = await documentOf(database, 'verify', '--no-rules', '--dir', dir);
    expect(verify.document).toEqual({
      ...(verify.head as object),
      exitCode: 3,
      drift: { ...drift, remedy: record },
      comparedWith: 'migrations',
      bodiesCheckedBy: null,
      rowsChecked: false,
      grants: [],
      findings: [
        {
          kind: 'unknown',
          object: 'the catalog',
          finding: expect.stringMatching(
            /^not comparable: no snapshot was recorded with V2\.add_two; .*: no difference$/,
          ),
          rows: null,
          ids: [],
        },
      ],
    });
    for (const [command, advice] of [
      ['status', drift.remedy],
      ['verify', record],
    ] as const) {
      const { code, stdout } = await runCli([command, '--dir', dir], { env });
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`Drift is unknown: ${drift.reason}. ${advice}`);
      expect(code).toBe(3);
    }
    const accepted = await documentOf(database, ...accept, '--dir', dir);
    expect(accepted.document).toEqual({
      ...(accepted.head as object),
      accepted: 'V2.add_two',
      reason: 'restored',
      comparedWith: 'migrations',
      notCompared: null,
      differences: [],
      partitions: [],
    });
    expect((await documentOf(database, 'status', '--dir', dir)).document.exitCode).toBe(0);
    await documentOf(database, 'down', '--dir', dir);
    await database.client.query(forget);
    const { document } = await documentOf(database, 'up', '--dir', dir);
    expect(document).toMatchObject({ drift: [], driftUnknown: { state: 'unknown', since: 'V1' } });
    await database.client.query(`${forget}; drop table two`);
    const { code, stdout } = await runCli([...accept, '--dir', dir], { env });
    expect(stdout).toMatch(
      /^Done: the catalog is accepted as it is, after V2\.add_two\.\nAccepted 1 difference from what the migrations make, and recorded them in the history\.\non .*\n\n {2}table two: missing here, in V2\.add_two\n$/,
    );
    expect(code).toBe(0);
  });

  test('seed and up --seed print the number of inserted rows', async ({ migrated }) => {
    const seed = await documentOf(migrated, 'seed');
    expect(seed.document).toEqual({ ...(seed.head as object), inserted: 18, notices: [] });
    const up = await documentOf(migrated, 'up', '--seed');
    expect(up.document).toEqual({
      ...(up.head as object),
      set: null,
      created: false,
      sql: null,
      applied: [],
      losses: [],
      current: text,
      drift: [],
      driftUnknown: null,
      snapshotMissing: null,
      notices: [],
      seeded: 0,
    });
  });

  test('url prints the address without its password', async ({ database }) => {
    const url = new URL(database.url);
    url.password = 'Geh3im';
    const { document, head } = await documentOf({ url: url.href }, 'url');
    const { server, ...rest } = head as { server: { address: string } };
    expect(document).toEqual({ ...rest, url: server.address });
    const { stdout, stderr } = await runCli(['url'], { env: { DATABASE_URL: url.href } });
    expect([stdout, stderr]).toEqual([`${server.address}\n`, '']);
  });

  test('up that fails prints the location, the report of the server and the result of every migration', async ({
    database,
  }) => {
    const dir = await folderWith({
      ...two,
      'V1.up.sql': 'create table one (id integer check (id > 1));\ninsert into one values (1);',
    });
    const { document } = await documentOf(database, 'up', '--dir', dir);
    const failed = (version: string, name: string, status: string): unknown => ({
      version,
      name,
      status,
      durationMs: null,
    });
    expect(document).toEqual({
      command: 'up',
      ok: false,
      exitCode: 1,
      server: { address: text },
      error: {
        code: 'migration_failed',
        message: expect.stringContaining(`${dir}/V1.up.sql:2:1: `),
        remedy: text,
        location: { file: `${dir}/V1.up.sql`, line: 2, column: 1, excerpt: expect.stringContaining('^') },
        server: {
          sqlState: '23514',
          detail: expect.stringContaining('one_id_check'),
          hint: null,
          context: null,
          definition: 'create table one (id integer check (id > 1));',
        },
      },
      migrations: [failed('V1', 'V1', 'failed'), failed('V2', 'V2.add_two', 'not_reached')],
      drift: [],
      driftUnknown: null,
      notices: [],
    });
  });
});
