import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { restore } from '../../../src/migrate/restore.js';
import { up } from '../../../src/migrate/up.js';
import { repository, runProgram, startCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { versionsOf } from '../../support/migrations.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';

const ROWS = 50_000;

/** A database with V1, whose table `t` has rows, and a folder with a V2 that deletes them. */
async function prepare(database: TestDatabase, deletion: string): Promise<string> {
  const directory = await folderWith({
    'V1.up.sql': 'create table t (id integer primary key, pad text);',
    'V1.down.sql': 'drop table t;',
  });
  await up({ url: database.url, directory });
  await database.client.query(
    `insert into t select n, repeat('x', 100) from generate_series(1, ${ROWS}) as n`,
  );
  await addFiles(directory, {
    'V2.up.sql': deletion,
    'V2.down.sql': 'create table if not exists t (id integer primary key, pad text);',
  });
  return directory;
}

const count = ({ value }: TestDatabase): Promise<unknown> => value('select count(*)::integer from t');

/** The names of the backups in a folder, without the time. */
const backupsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => name !== '.gitignore');

const deletionOf = (directory: string): string[] => ['up', '--dir', directory, '--lose', 't'];

describe('an up that deletes data loses none without a backup', { timeout: SLOW }, () => {
  test.for([
    ['drop', 'drop table t;'],
    ['truncate', 'truncate t;'],
    ['delete', 'delete from t;'],
  ] as const)('if it is killed after the backup, during the %s', async ([, statement], { database }) => {
    const directory = await prepare(database, `${statement} select pg_sleep(2);`);
    const cwd = await folderWith();
    const { child, result } = startCli(deletionOf(directory), { env: { DATABASE_URL: database.url }, cwd });
    const parent = join(cwd, 'voicesurvey-backup');
    await until(async () => (await backupsIn(parent)).some((name) => !name.endsWith('.partial')));
    child.kill('SIGKILL');
    expect((await result).code).toBeNull();
    const sessions = `select count(*)::integer from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    await until(async () => (await database.value(sessions)) === 0);
    const [name = ''] = await backupsIn(parent);
    // The server may have received the commit already.
    if ((await versionsOf(database)).length === 1) expect(await count(database)).toBe(ROWS);
    const lines = (await readFile(join(parent, name, '1-t.tsv'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(ROWS + 1);
    expect(existsSync(join(parent, name, 'restore.sql'))).toBe(true);
  });

  test('if it is killed during the backup: it deletes nothing', async ({ database }) => {
    const directory = await prepare(database, 'drop table t;');
    await database.client.query(
      `insert into t select n, repeat('x', 1000) from generate_series(${ROWS + 1}, ${2 * ROWS}) as n`,
    );
    const cwd = await folderWith();
    const { child, result } = startCli(deletionOf(directory), { env: { DATABASE_URL: database.url }, cwd });
    const parent = join(cwd, 'voicesurvey-backup');
    await until(async () => (await backupsIn(parent)).length > 0 || child.exitCode !== null);
    child.kill('SIGKILL');
    await result;
    expect(await backupsIn(parent)).toEqual([expect.stringMatching(/-V2\.partial$/)]);
    expect([await count(database), await versionsOf(database)]).toEqual([2 * ROWS, [1]]);
    const folder = join(parent, (await backupsIn(parent))[0] ?? '');
    await expect(restore({ url: database.url, folder })).rejects.toMatchObject({ code: 'no_backup' });
  });

  test('if the disk of the backup is full: it deletes nothing and leaves no files', async ({ database }) => {
    const directory = await prepare(database, 'drop table t;');
    const cwd = await folderWith();
    const command = `trap '' XFSZ; ulimit -f 128; exec "$@"`;
    const program = [process.execPath, join(repository, 'bin/voicesurvey-db'), ...deletionOf(directory)];
    const { code, stderr } = await runProgram('sh', ['-c', command, 'sh', ...program], {
      env: { DATABASE_URL: database.url },
      cwd,
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /could not be backed up to a folder in[\s\S]*V2 was not applied\. Free space there/,
      ),
    ]);
    expect([await count(database), await versionsOf(database)]).toEqual([ROWS, [1]]);
    expect(await backupsIn(join(cwd, 'voicesurvey-backup'))).toEqual([]);
  });

  test.for([
    ['drops the table', 'drop table t;'],
    ['truncates it', 'truncate t;'],
    ['deletes rows', 'delete from t;'],
    ['drops a column', 'alter table t drop column pad;'],
  ] as const)('if row security hides rows from the role and the file %s: it ends with an error', async ([
    ,
    deletion,
  ], { database }) => {
    const role = `${database.name}_owner`;
    const { client } = database;
    await client.query(`create role ${role} login password 'secret'; grant create on database ${database.name} to ${role};
      grant create, usage on schema public to ${role}`);
    onTestFinished(async () => {
      await client.query(`drop owned by ${role}; drop role ${role}`).catch(() => undefined);
    });
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    const directory = await folderWith({
      'V1.up.sql': 'create table t (id integer primary key, pad text);',
      'V1.down.sql': 'drop table t;',
    });
    await up({ url: url.href, directory });
    await client.query(`insert into t values (1, 'seen'), (2, 'hidden'); alter table t enable row level security;
      alter table t force row level security; create policy only_first on t using (id = 1)`);
    await addFiles(directory, {
      'V2.up.sql': deletion,
      'V2.down.sql': 'select 1;',
    });
    const backupFolder = await folderWith();
    const run = up({ url: url.href, directory, backupFolder, lose: ['t'] });
    await expect(run).rejects.toThrow(/row-level security/);
    expect(await client.query('select from t')).toMatchObject({ rowCount: 2 });
    expect(await backupsIn(backupFolder)).toEqual([]);
  });
});
