import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { repository, runCli, runProgram, startCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { through, withholdAnswer } from '../../support/listeners.js';

/** Two tables with rows; V2 adds one of them and a column. */
const FILES = {
  'V1.up.sql': 'create table a (id integer primary key, note text); insert into a values (1), (2);',
  'V1.down.sql': 'drop table a;',
  'V2.up.sql': `alter table a add column more text; create table b (id integer primary key);
    update a set more = 'x' where id = 1; insert into b values (7);`,
  'V2.down.sql': 'drop table b; alter table a drop column more;',
};

type Files = Readonly<Record<string, string>>;

async function migrated({ url }: TestDatabase, files: Files = FILES) {
  const directory = await folderWith(files);
  await up({ url, directory });
  return { url, directory, lostFolder: join(await folderWith(), 'lost') };
}

const versions = async ({ rows }: TestDatabase): Promise<unknown[]> =>
  (await rows('select version::integer from voicesurvey_migrations.history order by id')).map(
    ({ version }) => version,
  );

const isThere = async ({ value }: TestDatabase, table: string): Promise<boolean> =>
  (await value('select to_regclass($1)', [table])) !== null;

/** What is left of a run in its folder, without the time in the names. */
const foldersIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).map((name) => name.replace(/^.*-(?=V\d)/, ''));

describe('a down of several steps', () => {
  test('is refused before its first step, and lists what goes in every step', async ({ database }) => {
    const options = await migrated(database, {
      ...FILES,
      'V3.up.sql': '-- migrate: no-transaction\ncreate index concurrently a_by_note on a (note);',
      'V3.down.sql':
        '-- migrate: no-transaction\ncreate index concurrently again on a (note);\n' +
        "comment on index again is 'only where it was built';\ndrop index concurrently a_by_note;",
      'V4.up.sql': 'create table c ();',
      'V4.down.sql': 'drop table c;',
    });
    await expect(down({ ...options, to: '0', lose: ['b'] })).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [
        { version: 'V2', name: 'a.more', count: 1 },
        { version: 'V1', name: 'a', count: 2 },
      ],
      remedy: expect.stringMatching(/^Nothing was rolled back\. .* `lose: \['b', 'a'\]`\. /),
    });
    expect(await versions(database)).toEqual([1, 2, 3, 4]);
    const { losses } = await down({ ...options, to: '0', lose: ['b', 'a'] });
    expect(losses.map(({ version, what, count }) => [version, what, count])).toEqual([
      ['V2', 'column a.more', 1],
      ['V2', 'table b', 1],
      ['V1', 'table a', 2],
    ]);
    expect((await foldersIn(options.lostFolder)).sort()).toEqual(['V1', 'V2']);
  });

  test('looks again in each transaction: rows that came on the way stop it there', async ({ database }) => {
    const options = await migrated(database, {
      'V1.up.sql': 'create table a (id integer);',
      'V1.down.sql': 'drop table a;',
      'V2.up.sql': 'select 1;',
      'V2.down.sql': 'insert into a values (1);',
    });
    await expect(down({ ...options, to: '0' })).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ version: 'V1', what: 'table a', count: 1 }],
      remedy: expect.stringMatching(
        /^V1 was not rolled back\. Migrations that were rolled back before it stay rolled back\./,
      ),
    });
    expect(await versions(database)).toEqual([1]);
    expect(await database.value('select count(*)::integer from a')).toBe(1);
  });

  test('that fails in one of them says so, and takes nothing away on the way there', async ({ database }) => {
    const options = await migrated(database, {
      ...FILES,
      'V1.down.sql': 'drop table wrong;',
      'V3.up.sql': 'create table c ();',
      'V3.down.sql': 'drop table c;',
    });
    await expect(down({ ...options, to: '0' })).rejects.toMatchObject({ code: 'would_lose_data' });
    expect(await versions(database)).toEqual([1, 2, 3]);
    await expect(down({ ...options, to: '0', lose: ['a', 'b'] })).rejects.toMatchObject({
      code: 'migration_failed',
      results: [{ status: 'rolled_back' }, { status: 'rolled_back' }, { status: 'failed' }],
    });
    expect(await versions(database)).toEqual([1]);
  });
});

describe('a down whose doing differs from its rehearsal', () => {
  // What a sequence counts is not rolled back.
  const fickle: Files = {
    ...FILES,
    'V2.up.sql': `create sequence times; alter table a add column more text; update a set more = 'x', note = 'y';`,
    'V2.down.sql': `alter table a drop column more;
      do $$ begin if nextval('times') > 1 then alter table a drop column note; end if; end $$;`,
  };

  test('takes nothing away that was not told', async ({ database }) => {
    const options = await migrated(database, fickle);
    await expect(down({ ...options, lose: ['a.more'] })).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: 'a.note', count: 2 }],
      remedy: expect.stringContaining("lose: ['a.more', 'a.note']"),
    });
    expect(await database.value('select count(note)::integer from a')).toBe(2);
    expect(await versions(database)).toEqual([1, 2]);
  });

  test('keeps what is named all the same', async ({ database }) => {
    const options = await migrated(database, fickle);
    expect(await down({ ...options, lose: ['a'] })).toMatchObject({
      losses: [{ name: 'a.more' }, { name: 'a.note', count: 2 }],
    });
    expect(await versions(database)).toEqual([1]);
  });
});

test('a rehearsal that a reader stands in the way of is tried again, before any step is done', async ({
  database,
}) => {
  const options = await migrated(database, {
    ...FILES,
    'V2.down.sql': `-- migrate: lock-timeout 100ms\n${FILES['V2.down.sql']}`,
    'V3.up.sql': 'create table c ();',
    'V3.down.sql': 'drop table c;',
  });
  await database.client.query('begin; select from b');
  const retried: string[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.kind !== 'retrying') return;
    retried.push(event.name);
    void database.client.query('commit');
  };
  await expect(down({ ...options, to: 'V1', onEvent })).rejects.toMatchObject({ code: 'would_lose_data' });
  expect(retried).toEqual(['V2']);
  expect(await versions(database)).toEqual([1, 2, 3]);
});

describe('--lose', () => {
  test('of what stays is a wrong usage, before anything runs', async ({ database }) => {
    const options = await migrated(database);
    for (const name of ['a.note', 'public.a.id']) {
      await expect(down({ ...options, lose: ['b', 'a.more', name] })).rejects.toMatchObject({
        code: 'nothing_to_lose',
        exitCode: 2,
        message: `This rollback does not delete what was named: ${name}.`,
        remedy: 'Name only data that it deletes: a.more, b.',
      });
    }
    expect(await versions(database)).toEqual([1, 2]);
  });

  test('of what the database does not have is no error, since an earlier run may have taken it', async ({
    database,
  }) => {
    const options = await migrated(database);
    const lose = ['b', 'public.a.more', 'gone', 'mood.odd'];
    expect(await down({ ...options, lose })).toMatchObject({ current: 'V1' });
  });
});

describe('what goes is written first', () => {
  test('with nobody writing to these tables meanwhile, so that no row is lost', async ({ database }) => {
    const options = await migrated(database, {
      ...FILES,
      'V3.up.sql': 'select 1;',
      'V3.down.sql': 'select pg_sleep(1);',
    });
    const late = new pg.Client({ connectionString: database.url });
    await late.connect();
    let written: Promise<unknown> = Promise.resolve();
    const rolledBack = down({
      ...options,
      to: 'V1',
      lose: ['b', 'a.more'],
      // Only when it is meant, and before V2 goes.
      onEvent: (event) => {
        if (event.kind === 'started' && event.name === 'V3')
          written = late.query('begin; insert into b values (8)');
      },
    });
    while (!(await isLocked(database, 'a'))) await sleep(20);
    await written;
    await expect(
      database.client.query("begin; set local lock_timeout = '100ms'; update a set more = 'y'"),
    ).rejects.toMatchObject({ code: '55P03' });
    await database.client.query('rollback');
    expect(await database.value('select count(*)::integer from a')).toBe(2);
    await late.query('commit');
    await late.end();
    const { losses } = await rolledBack;
    expect(losses).toMatchObject([{ name: 'a.more' }, { name: 'b', count: 2 }]);
    expect(await readFile(losses[1]?.file ?? '', 'utf8')).toBe('id\n7\n8\n');
  });

  test('of a table of any size', async ({ database }) => {
    const options = await migrated(database);
    await database.client.query('insert into b select g from generate_series(10, 200000) g');
    const { losses } = await down({ ...options, lose: ['b', 'a.more'] });
    const text = await readFile(losses[1]?.file ?? '', 'utf8');
    const numbers = text.trim().split('\n').slice(1).map(Number);
    expect(numbers.reduce((sum, number) => sum + number, 0)).toBe(((10 + 200_000) * 199_991) / 2 + 7);
  });

  test('also where nobody is told any more that it went', async ({ database }) => {
    const options = await migrated(database);
    await using proxy = await withholdAnswer(
      Number(new URL(database.url).port),
      'deallocate all',
      'COMMIT\0',
    );
    const lost = down({ ...options, url: through(database.url, proxy.port), lose: ['b', 'a.more'] });
    await expect(lost).rejects.toMatchObject({ code: 'connection_lost' });
    expect(await isThere(database, 'b')).toBe(false);
    expect(await foldersIn(options.lostFolder)).toEqual(['V2']);
  });

  test('and where it cannot be, nothing goes', async ({ database }) => {
    const options = await migrated(database);
    const blocked = join(options.directory, 'a_file');
    await writeFile(blocked, '');
    await expect(down({ ...options, lostFolder: blocked, lose: ['b', 'a.more'] })).rejects.toMatchObject({
      code: 'backup_failed',
      exitCode: 1,
      remedy: expect.stringMatching(/^V2 was not rolled back\./),
    });
    expect(await versions(database)).toEqual([1, 2]);
    expect(await isThere(database, 'b')).toBe(true);
  });

  test('and where the disk takes no more of it, nothing goes and nothing is left', async ({ database }) => {
    const { directory } = await migrated(database);
    await database.client.query('insert into b select g from generate_series(10, 200000) g');
    const cwd = await folderWith();
    // A file that may not grow past 64 kB; without the trap the system would end the process.
    const command = `trap '' XFSZ; ulimit -f 128; exec "$@"`;
    const args = ['down', '--dir', directory, '--lose', 'b', '--lose', 'a.more'];
    const program = [process.execPath, join(repository, 'bin/voicesurvey-db'), ...args];
    const { code, stderr } = await runProgram('sh', ['-c', command, 'sh', ...program], {
      env: { DATABASE_URL: database.url },
      cwd,
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('could not be backed up to a folder in')]);
    expect(await database.value('select count(*)::integer from b')).toBe(199_992);
    expect(await readdir(join(cwd, 'voicesurvey-lost'))).toEqual([]);
  });

  test.for([
    ['SIGINT', []],
    ['SIGKILL', ['V2.partial']],
  ] as const)('and where that is ended by %s, nothing goes and nothing is left that looks whole', async ([
    signal,
    left,
  ], { database }) => {
    const { directory } = await migrated(database);
    await database.client.query(`alter table b add pad text default repeat('x', 500);
      insert into b select g from generate_series(10, 400000) g`);
    const cwd = await folderWith();
    const args = ['down', '--dir', directory, '--lose', 'b', '--lose', 'a.more'];
    const { child, result } = startCli(args, { env: { DATABASE_URL: database.url }, cwd });
    const lost = join(cwd, 'voicesurvey-lost');
    while ((await foldersIn(lost)).length === 0 && child.exitCode === null) await sleep(2);
    child.kill(signal);
    expect((await result).code).toBe(signal === 'SIGINT' ? 1 : null);
    expect(await database.value('select count(*)::integer from b')).toBe(399_992);
    expect(await versions(database)).toEqual([1, 2]);
    expect(await foldersIn(lost)).toEqual(left);
  });

  test('whole, or not at all: a policy that hides rows ends it', async ({ database }) => {
    const options = await migrated(database);
    const role = `${database.name}_owner`;
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    await database.client.query(`create role ${role} login password 'secret';
      grant all on schema public, voicesurvey_migrations to ${role};
      alter table voicesurvey_migrations.history owner to ${role};
      alter table a owner to ${role};
      alter table b owner to ${role};
      alter table b enable row level security;
      alter table b force row level security;
      create policy even on b using (id % 2 = 0)`);
    try {
      await expect(down({ ...options, url: url.href, lose: ['b', 'a.more'] })).rejects.toMatchObject({
        code: 'migration_failed',
        message: expect.stringContaining('row-level security'),
      });
      expect(await database.value('select count(*)::integer from b')).toBe(1);
    } finally {
      await database.client.query(
        `reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`,
      );
    }
  });

  test('and a no-transaction file is no exception', async ({ database }) => {
    const options = await migrated(database, {
      ...FILES,
      'V3.up.sql': 'create table c as select 1 as id; create index c_by_id on c (id);',
      'V3.down.sql': '-- migrate: no-transaction\ndrop index concurrently c_by_id;\ndrop table c;',
    });
    await expect(down(options)).rejects.toMatchObject({ code: 'would_lose_data', losses: [{ name: 'c' }] });
    expect(await isThere(database, 'c_by_id')).toBe(true);
    expect(await down({ ...options, lose: ['c'] })).toMatchObject({ losses: [{ name: 'c', count: 1 }] });
    expect(await isThere(database, 'c')).toBe(false);
  });
});

describe('the command', () => {
  test('refuses with exit 4, for people and as a document', async ({ database }) => {
    const { directory } = await migrated(database);
    const env = { DATABASE_URL: database.url };
    const people = await runCli(['down', '--dir', directory], { env });
    expect(people).toMatchObject({ code: 4, stdout: '' });
    expect(people.stderr).toMatch(
      /^error: This would delete data:\n {2}V2 {2}column a\.more: 1 value\n {2}V2 {2}table b: 1 row\n/,
    );
    const { code, stdout } = await runCli(['down', '--dir', directory, '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      4,
      {
        error: { code: 'would_lose_data' },
        losses: [
          { version: 'V2', what: 'column a.more', name: 'a.more', count: 1, unit: 'values', file: null },
          { version: 'V2', what: 'table b', name: 'b', count: 1, unit: 'rows', file: null },
        ],
      },
    ]);
  });

  test('tells with --dry-run what would go, and changes nothing', async ({ database }) => {
    const { directory } = await migrated(database);
    const env = { DATABASE_URL: database.url };
    const { code, stdout, stderr } = await runCli(['down', '--dir', directory, '--dry-run'], { env });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('It would delete data:\n  V2  column a.more: 1 value\n'),
    ]);
    expect(stdout).toContain('drop table b;');
    expect(await versions(database)).toEqual([1, 2]);
  });

  test('reports with --dry-run from which migration on the losses are not known', async ({ database }) => {
    const { directory } = await migrated(database, { ...FILES, 'V1.down.sql': 'drop table wrong;' });
    const { code, stderr } = await runCli(['down', '--dir', directory, '--dry-run', '--to', '0'], {
      env: { DATABASE_URL: database.url },
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^warning: V1 would fail \(SQLSTATE 42P01\), so the data that it and the later ones delete is not known\n.*\n.*\n {2}V2 {2}column a\.more/,
    );
  });

  test('says where it has put what went', async ({ database }) => {
    const { directory } = await migrated(database);
    const cwd = await folderWith();
    const args = ['down', '--dir', directory, '--lose', 'b', '--lose', 'a.more'];
    const { code, stderr } = await runCli(args, { env: { DATABASE_URL: database.url }, cwd });
    expect(code).toBe(0);
    const [folder = ''] = /(?<=backed up to )\S+(?=:\n)/.exec(stderr) ?? [];
    expect(folder.startsWith(join(cwd, 'voicesurvey-lost'))).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['1-a.more.csv', '2-b.csv', 'restore.sql']);
  });
});

async function isLocked({ value }: TestDatabase, table: string): Promise<boolean> {
  const locks = await value(
    `select count(*)::integer from pg_locks where relation = to_regclass($1) and mode = 'ShareLock' and granted`,
    [table],
  );
  return locks !== 0;
}
