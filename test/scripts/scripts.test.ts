import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type CliResult, repository, runProgram } from '../support/cli.js';
import { clone } from '../support/clone.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { hasTerminal, runOnTerminal } from '../support/terminal.js';

const script = (name: string): string => join(repository, 'scripts', name);

const run = ({ url }: TestDatabase, name: string, ...args: string[]): Promise<CliResult> =>
  runProgram(script(name), args, { env: { DATABASE_URL: url }, cwd: '/' });

const countTables = ({ value }: TestDatabase): Promise<unknown> =>
  value("select count(*)::integer from pg_tables where schemaname = 'public'");

describe('db_upgrade.sh and db_seed.sh', () => {
  test('db_upgrade.sh and db_seed.sh work from any folder and pass their arguments on', async ({
    database,
  }) => {
    const upgrade = await run(database, 'db_upgrade.sh', '--json');
    expect(upgrade).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(upgrade.stdout)).toMatchObject({ command: 'up', ok: true, embedded: false });
    expect(await countTables(database)).toBe(11);

    const seed = await run(database, 'db_seed.sh');
    expect(seed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Added 18 seed rows\.\n/),
      stderr: '',
    });
  });

  test('db_upgrade.sh and db_seed.sh pass the exit code on', async ({ database }) => {
    expect((await run(database, 'db_upgrade.sh', '--to', '777')).code).toBe(2);
    expect((await run(database, 'db_seed.sh')).code).toBe(1);
  });

  test('db_seed.sh and db_downgrade.sh work in a folder with spaces and quotes in its name', async ({
    migrated,
  }) => {
    const { root } = await clone({ built: true, name: `a "clone" of Ann's` });
    const options = { env: { DATABASE_URL: migrated.url }, cwd: join(root, 'src') };
    expect(await runProgram('sh', ['../scripts/db_seed.sh'], options)).toMatchObject({ code: 0 });
    expect(await runProgram('../scripts/db_downgrade.sh', ['--yes'], options)).toMatchObject({ code: 0 });
    expect(await countTables(migrated)).toBe(0);
  });
});

describe('db_downgrade.sh', () => {
  test('--yes backs up the rows of every table and drops the tables', async ({ migrated }) => {
    const options = { env: { DATABASE_URL: migrated.url }, cwd: await folderWith() };
    await runProgram(script('db_seed.sh'), [], options);
    const logged = Number(await migrated.value('select count(*) from voicesurvey.audit_log'));
    const down = await runProgram(script('db_downgrade.sh'), ['--yes', '--json'], options);
    expect(down).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^backed up to voicesurvey-backup\//),
    });
    const { losses } = JSON.parse(down.stdout) as { losses: { count: number; file: string }[] };
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(18 + logged);
    for (const { file } of losses) expect(existsSync(file)).toBe(true);
    expect(await countTables(migrated)).toBe(0);
    expect(await runProgram(script('db_downgrade.sh'), ['--yes'], options)).toMatchObject({ code: 0 });
  });

  test('--to and --steps delete no data that --lose does not name', async ({ migrated }) => {
    await run(migrated, 'db_seed.sh');
    expect(await run(migrated, 'db_downgrade.sh', '--yes', '--to', '0')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('  V0001  table contacts: 5 rows\n'),
    });
    expect(await countTables(migrated)).toBe(11);
  });

  test('drops nothing without a terminal and without --yes', async ({ migrated }) => {
    const refused = await runProgram(script('db_downgrade.sh'), [], {
      env: { DATABASE_URL: migrated.url },
      input: 'y\n',
    });
    expect(refused).toEqual({
      code: 4,
      stdout: '',
      stderr:
        'error: This drops tables with their rows, and there is no terminal to ask on.\nTo confirm, run it with --yes.\n',
    });
    expect(await countTables(migrated)).toBe(11);
    const agreed = await run(migrated, 'db_downgrade.sh', '--yes', '--json');
    expect(JSON.parse(agreed.stdout)).toMatchObject({ command: 'down', current: null });
    expect(await countTables(migrated)).toBe(0);
  });

  test('rolls back as far as --steps or --to say, and everything without them', async ({ migrated }) => {
    const newest = String(
      await migrated.value('select max(version)::text from voicesurvey_migrations.history'),
    );
    expect(await run(migrated, 'db_downgrade.sh', '--yes', '--to', newest)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing to do: /),
    });
    expect(await run(migrated, 'db_downgrade.sh', '--yes', '--steps=1')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Done: 1 rolled back'),
    });
    expect(await run(migrated, 'db_downgrade.sh', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the database has no migration'),
    });
  });

  test('--dry-run does not ask', async ({ migrated }) => {
    const { code, stdout } = await run(migrated, 'db_downgrade.sh', '--dry-run');
    expect([code, stdout]).toEqual([0, expect.stringContaining('drop table')]);
    expect(await countTables(migrated)).toBe(11);
  });

  test('--help lists --yes and the options of down', async () => {
    const { code, stdout } = await runProgram(script('db_downgrade.sh'), ['--help']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^db_downgrade\.sh \[--yes\] [\s\S]*--steps/)]);
  });

  describe.skipIf(!hasTerminal)('on a terminal', () => {
    const onTerminal = ({ url }: TestDatabase, input: string, ...args: string[]): Promise<CliResult> =>
      runOnTerminal([script('db_downgrade.sh'), ...args], { env: { DATABASE_URL: url }, input });

    test.for(['\n', '\u0004', 'yesterday\n'])('drops nothing if the answer is %j', async (answer, {
      migrated,
    }) => {
      const { code, stdout } = await onTerminal(migrated, answer);
      expect([code, stdout]).toEqual([4, expect.stringContaining('Nothing was done.')]);
      expect(await countTables(migrated)).toBe(11);
    });

    test.for([
      'Yes\n',
    ])('prints the address without its password, asks, and drops if the answer is %j', async (answer, {
      migrated,
    }) => {
      const { code, stdout } = await onTerminal(migrated, answer);
      const { username, password, host, pathname } = new URL(migrated.url);
      expect(code).toBe(0);
      expect(stdout).toContain(
        `postgresql://${username}@${host}${pathname}\nRoll back every migration? This drops`,
      );
      if (password !== '') expect(stdout).not.toContain(password);
      expect(await countTables(migrated)).toBe(0);
    });

    test('--yes does not ask', async ({ migrated }) => {
      const { code, stdout } = await onTerminal(migrated, '', '--yes');
      expect([code, stdout]).toEqual([0, expect.not.stringContaining('[y/N]')]);
    });
  });
});
