import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { serverError } from '../../postgres/connection/hostile-server.js';
import { repository, runProgram, startCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { through, withholdAnswer } from '../../support/listeners.js';
import { versionsOf } from '../../support/migrations.js';
import { until } from '../../support/until.js';
import { FILES, migrate } from './migrate.js';

const exists = async ({ value }: TestDatabase, table: string): Promise<boolean> =>
  (await value('select to_regclass($1)', [table])) !== null;

/** The names of the backups in a folder, without the time. */
const backupsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => []))
    .filter((name) => name !== '.gitignore')
    .map((name) => name.replace(/^.*-(?=V\d)/, ''));

async function isShareLocked({ value }: TestDatabase, table: string): Promise<boolean> {
  const locks = await value(
    `select count(*)::integer from pg_locks where relation = to_regclass($1) and mode = 'ShareLock' and granted`,
    [table],
  );
  return locks !== 0;
}

describe('a down that deletes data', () => {
  test('blocks writers of its tables during the backup, so that no row is lost', async ({ database }) => {
    const options = await migrate(database, {
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
      // The rehearsal reports no start, so this is after it, and before V2 is rolled back.
      onEvent: (event) => {
        if (event.kind === 'started' && event.name === 'V3')
          written = late.query('begin; insert into b values (8)');
      },
    });
    await until(() => isShareLocked(database, 'a'));
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

  test('makes git ignore a folder of backups that it creates, and leaves a folder with other files as it is', async ({
    database,
  }) => {
    const options = await migrate(database);
    const project = await folderWith({ 'README.md': '' });
    const git = (...args: readonly string[]) => runProgram('git', ['-C', project, ...args]);
    await git('init', '--quiet');
    await down({ ...options, backupFolder: join(project, 'backup'), lose: ['b', 'a.more'] });
    expect((await git('status', '--porcelain', '--untracked-files=all')).stdout).toBe('?? README.md\n');
    await up(options);
    await down({ ...options, backupFolder: project, lose: ['b', 'a.more'] });
    expect(await readdir(project)).not.toContain('.gitignore');
  });

  test('backs up a table of 200,000 rows whole', async ({ database }) => {
    const options = await migrate(database);
    await database.client.query('insert into b select g from generate_series(10, 200000) g');
    const { losses } = await down({ ...options, lose: ['b', 'a.more'] });
    const text = await readFile(losses[1]?.file ?? '', 'utf8');
    const numbers = text.trim().split('\n').slice(1).map(Number);
    expect(numbers.reduce((sum, number) => sum + number, 0)).toBe(((10 + 200_000) * 199_991) / 2 + 7);
  });

  test('backs up data whose names are as long as PostgreSQL allows, each in its own file', async ({
    database,
  }) => {
    const name = (text: string): string => `"${text.padEnd(63, 'x')}"`;
    const [schema, table, column, type] = ['Schema', 'Table', 'Column', 'Type'].map(name);
    // Two labels that differ only in their last letter.
    const labels = ['y', 'z'].map((last) => `'${'label'.padEnd(62, 'x')}${last}'`);
    const version = `V${'2'.padStart(200, '0')}`;
    const options = await migrate(database, {
      'V1.up.sql': `create schema ${schema};
        create type ${schema}.${type} as enum ('good');
        create table ${schema}.${table} (id integer primary key, ${column} ${schema}.${type});`,
      'V1.down.sql': `drop schema ${schema} cascade;`,
      [`${version}.up.sql`]: labels
        .map((label) => `alter type ${schema}.${type} add value ${label};`)
        .join('\n'),
      [`${version}.down.sql`]: `alter type ${schema}.${type} rename to old_type;
        create type ${schema}.${type} as enum ('good');
        alter table ${schema}.${table} alter ${column} type ${schema}.${type}
          using nullif(nullif(${column}::text, ${labels[0]}), ${labels[1]})::${schema}.${type};
        drop type ${schema}.old_type;`,
    });
    const rows = labels.map((label, index) => `(${index}, ${label})`).join(', ');
    await database.client.query(`insert into ${schema}.${table} values ${rows}`);
    const lose = labels.map((label) => `${schema}.${type}.${label.slice(1, -1)}`);
    const { losses } = await down({ ...options, lose });
    const files = losses.map(({ file }) => file ?? '');
    expect(new Set(files).size).toBe(2);
    for (const [index, file] of files.entries()) {
      expect(basename(file).length).toBeLessThanOrEqual(110);
      expect(await readFile(file, 'utf8')).toContain(labels[index]?.slice(1, -1));
      const restore = await readFile(join(dirname(file), 'restore.sql'), 'utf8');
      expect(restore).toContain(`from '${basename(file)}'`);
      expect(restore).toContain(`label ${schema}.${type} ${labels[index]}`);
    }
  });

  test.for([
    ['', undefined],
    [', as a pooler says that has lost the server', serverError('FATAL', '08P01', 'server conn crashed?')],
  ] as const)('retains the backup if the answer to its commit is lost%s, and advises no second step', async ([
    ,
    farewell,
  ], { database }) => {
    const options = await migrate(database);
    await using proxy = await withholdAnswer(
      Number(new URL(database.url).port),
      'deallocate all',
      'COMMIT\0',
      () => undefined,
      farewell,
    );
    const lost = down({ ...options, url: through(database.url, proxy.port), lose: ['b', 'a.more'] });
    await expect(lost).rejects.toMatchObject({
      code: 'connection_lost',
      results: [{ version: 'V2', status: 'unconfirmed' }],
      remedy: expect.stringContaining("Give `to: 'V1'` then"),
    });
    expect(await exists(database, 'b')).toBe(false);
    expect(await backupsIn(options.backupFolder)).toEqual(['V2']);
  });

  test('deletes nothing if the folder of the backup cannot be created', async ({ database }) => {
    const options = await migrate(database);
    const blocked = join(options.directory, 'a_file');
    await writeFile(blocked, '');
    await expect(down({ ...options, backupFolder: blocked, lose: ['b', 'a.more'] })).rejects.toMatchObject({
      code: 'backup_failed',
      exitCode: 1,
      remedy: expect.stringMatching(/^V2 was not rolled back\./),
    });
    expect(await versionsOf(database)).toEqual([1, 2]);
    expect(await exists(database, 'b')).toBe(true);
  });

  test('deletes nothing and leaves no files if the disk is full', async ({ database }) => {
    const { directory } = await migrate(database);
    await database.client.query('insert into b select g from generate_series(10, 200000) g');
    const cwd = await folderWith();
    // A file may not grow past 64 kB. Without the trap the system would end the process.
    const command = `trap '' XFSZ; ulimit -f 128; exec "$@"`;
    const args = ['down', '--dir', directory, '--lose', 'b', '--lose', 'a.more'];
    const program = [process.execPath, join(repository, 'bin/voicesurvey-db'), ...args];
    const { code, stderr } = await runProgram('sh', ['-c', command, 'sh', ...program], {
      env: { DATABASE_URL: database.url },
      cwd,
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('could not be backed up to a folder in')]);
    expect(await database.value('select count(*)::integer from b')).toBe(199_992);
    expect(await backupsIn(join(cwd, 'voicesurvey-backup'))).toEqual([]);
  });

  test.for([
    ['SIGINT', []],
    ['SIGKILL', ['V2.partial']],
  ] as const)('deletes nothing and leaves no finished backup if %s ends it during the backup', async ([
    signal,
    left,
  ], { database }) => {
    const { directory } = await migrate(database);
    await database.client.query(`alter table b add pad text default repeat('x', 500);
      insert into b select g from generate_series(10, 400000) g`);
    const cwd = await folderWith();
    const args = ['down', '--dir', directory, '--lose', 'b', '--lose', 'a.more'];
    const { child, result } = startCli(args, { env: { DATABASE_URL: database.url }, cwd });
    const lost = join(cwd, 'voicesurvey-backup');
    await until(async () => (await backupsIn(lost)).length > 0 || child.exitCode !== null);
    child.kill(signal);
    expect((await result).code).toBe(signal === 'SIGINT' ? 1 : null);
    expect(await database.value('select count(*)::integer from b')).toBe(399_992);
    expect(await versionsOf(database)).toEqual([1, 2]);
    expect(await backupsIn(lost)).toEqual(left);
  });

  test('fails, and deletes nothing, if a row-level security policy hides rows from the backup', async ({
    database,
  }) => {
    const options = await migrate(database);
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

  test('backs it up in a no-transaction file as well', async ({ database }) => {
    const options = await migrate(database, {
      ...FILES,
      'V3.up.sql': 'create table c as select 1 as id; create index c_by_id on c (id);',
      'V3.down.sql': '-- migrate: no-transaction\ndrop index concurrently c_by_id;\ndrop table c;',
    });
    await expect(down(options)).rejects.toMatchObject({ code: 'would_lose_data', losses: [{ name: 'c' }] });
    expect(await exists(database, 'c_by_id')).toBe(true);
    expect(await down({ ...options, lose: ['c'] })).toMatchObject({ losses: [{ name: 'c', count: 1 }] });
    expect(await exists(database, 'c')).toBe(false);
  });
});
