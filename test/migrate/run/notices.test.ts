import { describe, expect } from 'vitest';
import { MigrationFailedError } from '../../../src/migrate/failure/errors.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { type CliResult, runCli, runJson } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const ID = '5eed0001-0000-4000-8000-000000000001';

/** Creates a table with a person whose values no output may show. */
async function addPerson({ client }: TestDatabase): Promise<void> {
  await client.query(`create table people (id uuid, name text, email text, phone text);
insert into people values ('${ID}', 'Ann Secret', 'ann+survey@example.com', '+49 (0)151 234 567-8')`);
}

/** Applies a file and returns the texts of its notices, which are the same in the events and in the result. */
async function noticesOf({ url }: TestDatabase, sql: string): Promise<readonly string[]> {
  const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
  const events: RunEvent[] = [];
  const { notices } = await up({ url, directory, onEvent: (event) => events.push(event) });
  const reported = events.filter(({ kind }) => kind === 'notice');
  expect(reported).toEqual(notices.map((notice) => ({ kind: 'notice', ...notice })));
  return notices.map(({ severity, ...texts }) =>
    [severity, ...Object.values(texts).filter(Boolean)].join(' | '),
  );
}

describe('a notice shows no value of a row', () => {
  test.for(['notice', 'info', 'warning'])('if a block raises it with the level %s', async (level, {
    database,
  }) => {
    await addPerson(database);
    const [notice, ...others] = await noticesOf(
      database,
      `do $$ declare p record; begin
  select * into p from people;
  raise ${level} 'person % is %, % and %; row % of %', p.id, p.name, p.email, p.phone, 3, 12345
    using detail = p.name, hint = 'ask ' || p.email;
end $$;`,
    );
    expect(notice).toBe(
      `${level.toUpperCase()} | person ${ID} is … …, … and +… (… … …; row 3 of 12345 | … … | ask …`,
    );
    expect(others).toEqual([]);
  });

  test('that a trigger function of the database raises, and shows the words of that function', async ({
    database,
  }) => {
    await addPerson(database);
    await database.client.query(`create function announce() returns trigger language plpgsql as $$
begin
  raise notice 'the address of % changes to %', new.id, new.email;
  return new;
end $$;
create trigger announces before update on people for each row execute function announce()`);
    expect(
      await noticesOf(
        database,
        "do $$ begin raise notice 'first'; end $$;\nupdate people set email = 'x' || email;\ndo $$ begin raise notice 'last'; end $$;",
      ),
    ).toEqual(['NOTICE | first', `NOTICE | the address of ${ID} changes to …`, 'NOTICE | last']);
  });

  test.for([
    "using errcode = '23505', message = v, table = v, constraint = v",
    "using errcode = '01000', message = v",
    "'%', v using errcode = '57P01'",
    "'%', v using errcode = '40P01', detail = v",
  ])('that is raised %s', async (options, { database }) => {
    await addPerson(database);
    const sql = `do $$ declare v text := (select name || email || phone from people); begin raise warning ${options}; end $$;`;
    const [notice] = await noticesOf(database, sql);
    expect(notice).toMatch(/^WARNING \| [… (]+(?:\| [… (]+)?$/);
  });

  test('that is a secret of the file', async ({ database }) => {
    const sql = "do $$ begin\n  raise notice 'the password is %', 'Geh3im';\nend $$;";
    expect((await noticesOf(database, sql)).join()).toMatch(/^NOTICE \| (?!.*Geh3im).*\*{3}$/);
  });
});

test('a warning of the server itself is shown with its hint', async ({ database }) => {
  expect(await noticesOf(database, 'create publication everything for all tables;')).toEqual([
    expect.stringMatching(
      /^WARNING \| "?wal_level"? is insufficient to publish logical changes \| Set "?wal_level/,
    ),
  ]);
});

test('a run that fails has its notices in the error', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': "do $$ begin raise notice 'step one'; end $$;\nselect 1 / 0;",
    'V1.down.sql': '',
  });
  const error = await up({ url: database.url, directory }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MigrationFailedError);
  expect(error).toMatchObject({
    notices: [{ severity: 'NOTICE', text: 'step one', detail: null, hint: null }],
  });
});

test('a loop that raises many notices adds at most 1000 to the result', async ({ database }) => {
  const sql = "do $$ begin for i in 1 .. 3000 loop raise notice 'step %', i; end loop; end $$;";
  const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
  let events = 0;
  const { notices } = await up({
    url: database.url,
    directory,
    onEvent: ({ kind }) => {
      if (kind === 'notice') events++;
    },
  });
  expect([events, notices.length]).toEqual([3000, 1000]);
});

test('notices of a function of the database need one search of the catalog, or at most 50 if each has another name', async ({
  database,
}) => {
  await database.client.query(`create function noisy(name text) returns void language plpgsql as
$$ begin for i in 1 .. 60 loop raise notice 'step' using table = name || case when name = 'x' then i end; end loop; end $$`);
  const searches = async (sql: string): Promise<number | undefined> => {
    const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
    const args = ['up', '--verbose', '--dir', directory];
    const { stderr } = await runCli(args, { env: { DATABASE_URL: database.url } });
    await database.client.query('drop schema voicesurvey_migrations cascade');
    return stderr.match(/select left\(prosrc/g)?.length;
  };
  expect(await searches("select noisy('y')")).toBe(1);
  expect(await searches("select noisy('x')")).toBe(50);
});

describe('with --json, notices and warnings are in the document', () => {
  const run = ({ url }: TestDatabase, ...args: string[]): Promise<CliResult & { document: object }> =>
    runJson(args, { env: { DATABASE_URL: url } });
  const step = { severity: 'NOTICE', text: 'step one', detail: null, hint: null };

  test('of up and down', async ({ database }) => {
    const sql = "do $$ begin raise notice 'step one'; end $$;";
    const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': sql });
    expect((await run(database, 'up', '--dir', directory)).document).toMatchObject({ notices: [step] });
    const down = await run(database, 'down', '--dir', directory);
    expect(down).toMatchObject({ stderr: '', document: { notices: [step] } });
  });

  test('of an up that fails', async ({ database }) => {
    const sql = "do $$ begin raise notice 'step one'; end $$;\nselect 1 / 0;";
    const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
    const { document } = await run(database, 'up', '--dir', directory);
    expect(document).toMatchObject({ ok: false, notices: [step] });
  });

  test('of a dry run of down that would fail', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table one ();',
      'V1.down.sql': 'drop table two;',
    });
    await run(database, 'up', '--dir', directory);
    const { document } = await run(database, 'down', '--dry-run', '--dir', directory);
    expect(document).toMatchObject({
      notices: [{ severity: 'WARNING', text: expect.stringContaining('V1 would fail (SQLSTATE 42P01)') }],
    });
  });
});

test('up prints a notice with its detail and its hint', async ({ database }) => {
  const sql =
    "do $$ begin raise warning 'step one' using detail = 'it is slow', hint = 'be patient'; end $$;";
  const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
  const { stderr } = await runCli(['up', '--dir', directory], { env: { DATABASE_URL: database.url } });
  expect(stderr).toMatch(/^warning: step one\ndetail: it is slow\nhint: be patient\n/);
});
