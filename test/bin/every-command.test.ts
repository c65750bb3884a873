import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliResult, runCli, runProgram } from '../support/cli.js';
import { sharedProject } from '../support/clone.js';
import { addFiles } from '../support/folder.js';
import { blocksOf } from '../support/page.js';
import { hasPython, PYTHON } from '../support/python.js';
import { SLOW } from '../support/timeouts.js';

const FILES = {
  'V1.people.up.sql': 'create table if not exists public.people (id integer primary key, name text);',
  'V1.people.down.sql': 'drop table if exists public.people;',
};

// A user's first hour: the commands run one after the other, on one embedded server.
describe.sequential('from the tarball, in an empty project,', { timeout: SLOW }, () => {
  const project = sharedProject();
  /** The address of the embedded server's database. */
  let address = '';
  let campaign = '';
  const ran = new Set<string>();

  async function run(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CliResult> {
    const result = await runCli(words, { root: project.packageRoot, cwd: project.root, env });
    const { code, stderr } = result;
    expect([words, code, stderr]).toEqual([words, 0, expect.not.stringContaining('error: ')]);
    ran.add(words[0] ?? '');
    return result;
  }

  const embedded = async (...words: readonly string[]): Promise<string> =>
    (await run([...words, '--embedded'])).stdout;

  /** Runs a command with the user's folder of migrations, on another database of the same server. */
  const mine = async (...words: readonly string[]): Promise<CliResult> => {
    const url = Object.assign(new URL(address), { pathname: '/mine' });
    return run(words, { DATABASE_URL: url.href });
  };

  test('start and url give the address of the embedded server', async () => {
    expect(await embedded('start')).toContain('postgresql://');
    address = (await embedded('url')).trim();
  });

  test('up creates the schema, and status and verify find nothing wrong', async () => {
    expect(await embedded('up')).toContain('Done: ');
    expect(await embedded('status')).toContain('V0001');
    expect(await embedded('verify', '--data')).toContain('on postgresql://');
  });

  test('seed, import and export work on rows', async () => {
    expect(await embedded('seed')).toContain('Added 18 seed rows.');
    campaign = (await embedded('sql', '--csv', 'select id from campaigns')).split('\n')[1]?.trim() ?? '';
    await writeFile(
      join(project.root, 'contacts.csv'),
      'Phone number;E-mail\n333 123 4567;ann@example.com\n',
    );
    expect(await embedded('import', 'contacts.csv', '--campaign', campaign, '--country', 'IT')).toContain(
      'Read 1 line: 1 accepted',
    );
    expect(await embedded('export', '--campaign', campaign)).toContain('campaign_id,contact_id');
  });

  test('roles creates the roles of the services', async () => {
    expect(await embedded('roles')).toContain('voicesurvey_');
  });

  test('down, up and redo work on the newest migration', async () => {
    expect(await embedded('down')).toContain('Done: ');
    expect(await embedded('up')).toContain('Done: ');
    expect(await embedded('redo')).toContain('rolled back and applied again');
  });

  test('docs and types describe the schema', async () => {
    expect(await embedded('docs', '--out', 'docs')).toContain('Wrote docs/schema.md.');
    expect(await embedded('docs', '--html', '--out', 'docs')).toContain('Wrote docs/schema.html.');
    expect(await embedded('types')).toContain('ContactsRow');
  });

  test('test-database creates a database for a test and drops it', async () => {
    const url = await embedded('test-database', '--keep');
    const name = new URL(url).pathname.slice(1);
    expect(await embedded('test-database', '--drop', name)).toContain(`Dropped ${name}.`);
  });

  test('test-database creates and drops a database in a shell as docs/testing.md does', async () => {
    const code = blocksOf('testing.md', 'A shell, and any other language')[0]?.code ?? '';
    const script = code
      .replaceAll('npx voicesurvey-db', '"$NODE" "$PROGRAM"')
      .replace('npm test', 'printenv DATABASE_URL');
    const env = { NODE: process.execPath, PROGRAM: join(project.packageRoot, 'bin/voicesurvey-db') };
    const {
      code: exit,
      stdout,
      stderr,
    } = await runProgram('bash', ['-ec', script], { cwd: project.root, env });
    expect([exit, stderr]).toEqual([0, expect.not.stringContaining('error: ')]);
    expect(stdout).toMatch(/^postgresql:.*\/(voicesurvey_test_\w+)\?.*\nDropped \1\.\n/);
  });

  test.skipIf(!hasPython('pytest', 'psycopg'))(
    'the fixture of docs/testing.md gives a test the privileges of a role',
    async () => {
      const program = [process.execPath, join(project.packageRoot, 'bin/voicesurvey-db')]
        .map((word) => JSON.stringify(word))
        .join(', ');
      const codeOf = (heading: string): string[] =>
        blocksOf('testing.md', heading).map(({ code }) => code.replace('"npx", "voicesurvey-db"', program));
      const [database = ''] = codeOf('pytest');
      const [role = '', example = ''] = codeOf('The roles of the services');
      await addFiles(project.root, { 'conftest.py': `${database}\n${role}`, 'test_example.py': example });
      const words = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
      const { code, stdout } = await runProgram(PYTHON, words, { cwd: project.root });
      expect([code, stdout]).toEqual([0, expect.stringContaining('1 passed')]);
    },
  );

  test('rehearse finds no broken rule', async () => {
    expect(await embedded('rehearse', '--contacts', '4', '--campaigns', '1', '--attempts', '1')).toContain(
      'Every rule held.',
    );
  });

  test('new, check and up work on a folder of the user', async () => {
    await mkdir(join(project.root, 'mine'));
    expect((await run(['new', 'people', '--dir', 'mine'])).stdout).toContain('V0001.people.up.sql');
    await addFiles(
      join(project.root, 'mine'),
      Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name.replace('V1', 'V0001'), text])),
    );
    expect(await embedded('check', '--dir', 'mine', '--no-lints')).toContain('1 migration');
    expect((await mine('up', '--create', '--dir', 'mine')).stdout).toContain('Done: ');
  });

  test('restore restores what a down deleted', async () => {
    await mine('sql', "insert into people values (1, 'Ann')");
    const { stdout } = await mine('down', '--dir', 'mine', '--lose', 'people');
    const [folder = ''] = /voicesurvey-backup\/[^\s`]+/.exec(stdout) ?? [];
    await mine('up', '--dir', 'mine');
    expect((await mine('restore', folder)).stdout).toContain('1 restored');
  });

  test('repair, accept and baseline adopt what is there', async () => {
    await writeFile(join(project.root, 'mine/V0001.people.down.sql'), 'drop table public.people;');
    await mine('repair', 'V0001', '--reason', 'the table is always there', '--dir', 'mine');
    await mine('sql', 'create index people_by_name on people (name)');
    await mine('accept', '--reason', 'a slow query', '--dir', 'mine');
    await mine('sql', 'drop index people_by_name');
    await mine('sql', 'drop schema voicesurvey_migrations cascade');
    await mine('baseline', 'V0001', '--dir', 'mine');
    expect((await mine('status', '--dir', 'mine')).stdout).toContain('V0001');
  });

  test('stop and reset end the embedded server', async () => {
    expect(await embedded('stop')).toContain('Stopped');
    expect(await embedded('reset', '--yes')).toContain('Deleted');
  });

  test('these are all commands of --help', async () => {
    const { stdout } = await run(['--help']);
    const commands = Array.from(stdout.matchAll(/^ {2}([a-z-]+)(?: <[^>]+>)? {2,}\S/gm), ([, name]) => name);
    expect(commands.length).toBeGreaterThan(20);
    expect(commands.filter((name = '') => !ran.has(name))).toEqual([]);
  });
});
