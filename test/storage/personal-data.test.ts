import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../src/postgres/embedded.js';
import { migrationsDirectory, seedFile } from '../../src/seed/paths.js';
import { seed } from '../../src/seed/seed.js';
import { runCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { makeServerFolder } from '../support/server-folder.js';

const seedSql = await readFile(seedFile, 'utf8');
const PERSONAL = /\+\d{7}|@example\.com|@voicesurvey\.local|olivia/;

/** What a program logs of the error of a promise, with its causes. */
const logged = (failing: Promise<unknown>): Promise<string> =>
  failing.then(
    () => 'nothing failed',
    (error: unknown) => inspect(error, { depth: null, showHidden: true }),
  );

describe('the library and the command line show only the table, the name and the ids of a broken constraint', () => {
  test('in an error of seed', async ({ migrated }) => {
    await migrated.client.query(
      "alter table contacts add constraint no_such_number check (phone_number <> '+12025550111')",
    );
    const shown = await logged(seed({ url: migrated.url }));
    expect(shown).toContain('table public.contacts, constraint no_such_number, ids 5eed0005-');
    expect(shown).not.toMatch(PERSONAL);
    for (const command of [['seed'], ['seed', '--json'], ['up', '--seed']]) {
      const { code, stdout, stderr } = await runCli(command, { env: { DATABASE_URL: migrated.url } });
      expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('constraint no_such_number')]);
      expect(stdout + stderr).not.toMatch(PERSONAL);
    }
  });

  test.for([
    ['a check', 'alter table contacts add constraint broken check (phone_number is null)'],
    [
      'a unique index',
      'insert into contacts (campaign_id, phone_number) select campaign_id, phone_number from contacts',
    ],
    ['a not-null', 'alter table contacts alter external_contact_id set not null'],
    [
      'a foreign key',
      'alter table contacts add constraint broken foreign key (phone_number) references exclusion_list_entries (phone_number)',
    ],
    [
      'an exclusion constraint',
      'alter table contacts add constraint broken exclude (phone_number with =); insert into contacts (campaign_id, phone_number) select campaign_id, phone_number from contacts',
    ],
    ['a cast', 'select phone_number::uuid from contacts'],
    [
      'a function that quotes',
      "do $$ begin execute format('select %L::uuid', (select phone_number from contacts limit 1)); end $$",
    ],
  ])('in an error of up, for %s', async ([, sql = ''], { migrated }) => {
    await migrated.client.query(seedSql);
    await migrated.client.query('drop schema voicesurvey_migrations cascade').catch(() => {});
    const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
    const shown = await logged(up({ url: migrated.url, directory }));
    expect(shown).toMatch(/SQLSTATE 2/);
    expect(shown).not.toMatch(PERSONAL);
    const { code, stdout, stderr } = await runCli(['up', '--json', '--dir', directory], {
      env: { DATABASE_URL: migrated.url },
    });
    expect(code).toBe(1);
    expect(stdout + stderr).not.toMatch(PERSONAL);
  });
});

test("the server's log contains no values of rows with the settings of docs/rules.md", async () => {
  const directory = await makeServerFolder();
  const server = await startEmbeddedServer({ directory, settings: { fsync: 'off' } });
  try {
    await up({ url: server.url, directory: migrationsDirectory });
    await seed({ url: server.url });
    await breakConstraints(server.url);
    const before = await readFile(join(server.directory, 'log'), 'utf8');
    expect(before).toMatch(PERSONAL);
    const settings = /## Personal data[\s\S]*?```sql\n([\s\S]*?)```/.exec(
      await readFile(new URL('../../docs/rules.md', import.meta.url), 'utf8'),
    )?.[1];
    await onClient(server.url, (client) => client.query(settings ?? ''));
    await breakConstraints(server.url);
    const after = (await readFile(join(server.directory, 'log'), 'utf8')).slice(before.length);
    expect(after.match(/ERROR/g)?.length).toBeGreaterThanOrEqual(5);
    expect(after).not.toMatch(PERSONAL);
  } finally {
    await stopEmbeddedServer({ directory });
    await rm(directory, { recursive: true, force: true });
  }
  await expect(access(server.directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

/** Breaks a unique index, a check with parameters, a foreign key and a trigger, and sends an invalid statement, with literals. */
async function breakConstraints(url: string): Promise<void> {
  const attempts: readonly [string, unknown[]?][] = [
    ["insert into contacts (campaign_id, phone_number) select id, '+12025550111' from campaigns"],
    ['update contacts set email = $1', ['olivia@example.com or another']],
    ["update contacts set phone_number = '+1202555'"],
    ["insert into contacts (campaign_id, phone_number) values (gen_random_uuid(), '+12025550111')"],
    ["update contacts set state = 'completed' where phone_number = '+12025550111'"],
    ["select no_column from contacts where phone_number = '+12025550111'"],
  ];
  await onClient(url, async (client) => {
    for (const [sql, values] of attempts) await expect(client.query(sql, values)).rejects.toThrow();
  });
}

async function onClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
