import { describe, expect, inject } from 'vitest';
import { type SeedContactsResult, seedContacts } from '../../src/seed/seed-contacts.js';
import { repository, runCli, runJson } from '../support/cli.js';
import { type TestDatabase, test, withDatabase } from '../support/database.js';
import { session } from '../support/databases.js';
import { hasTerminal, runOnTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';
import { untilWaiting } from '../support/until-waiting.js';

const UNTIL = new Date('2026-11-01T12:00:00Z');

/** Every table with synthetic rows, and its columns that the rules let the database write by its own clock. */
const TABLES = {
  'public.users': ['created_at', 'updated_at'],
  'public.email_templates': ['created_at', 'updated_at'],
  'public.campaigns': ['updated_at'],
  'public.contacts': ['updated_at'],
  'public.exclusion_list_entries': [],
  'public.call_attempts': [],
  'public.survey_responses': [],
  'public.events': [],
  'public.email_notifications': [],
  'public.transcript_snippets': [],
  'voicesurvey.campaign_settings': [],
  'voicesurvey.event_deliveries': [],
  'voicesurvey.email_queue': [],
} as const;

/** A hash of the rows of each table. The seed rows are created now, so their times are left out. */
async function hashes(database: TestDatabase): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [table, columns] of Object.entries(TABLES)) {
    const row = `(to_jsonb(t) - array[${columns.map((name) => `'${name}'`).join(', ')}]::text[])`;
    const text = `case when t::text like '(5eed%' then (${row} - 'created_at')::text else ${row}::text end`;
    result[table] = await database.value(
      `select md5(string_agg(${text}, E'\\n' order by ${text} collate "C")) from ${table} as t`,
    );
  }
  return result;
}

/** Uses another database with the product's schema. */
async function withOther<Result>(use: (other: TestDatabase) => Promise<Result>): Promise<Result> {
  let result: Result | undefined;
  await withDatabase(`${inject('runName')}_schema`, async (other) => {
    result = await use(other);
  });
  return result as Result;
}

const numbersOf = (database: TestDatabase): Promise<{ phone_number: string }[]> =>
  database.rows('select phone_number from contacts union select phone_number from exclusion_list_entries');

/** Ofcom's numbers for drama, 555-0100 to 555-0199, and the first digit 6 that Italy has reserved. */
const RESERVED =
  /^\+(44(11[3-8]496|121496|131496|141496|151496|161496|207946|191498|289018|292018|163296|770090)0\d{3}|1[2-9]\d{2}55501\d{2}|396\d{9})$/;

describe('seedContacts', () => {
  test('adds every state, status and outcome, breaks no rule and leaves statistics', async ({ migrated }) => {
    // The two sessions wait for each other, whatever lock_timeout the role has.
    const url = `${migrated.url}?options=${encodeURIComponent('-c lock_timeout=1')}`;
    const result = await seedContacts({ url, contacts: 600, until: UNTIL });
    expect(result).toMatchObject({ seed: 1, until: UNTIL, inserted: 18, campaigns: 12, notices: [] });
    const { contacts, call_attempts: calls } = result.added;
    expect(await migrated.rows('select count(*)::integer as contacts from contacts')).toEqual([
      { contacts: contacts + 5 },
    ]);
    expect(await migrated.value('select count(*)::integer from call_attempts')).toBe(calls);
    for (const [column, table] of [
      ['state', 'contacts'],
      ['status', 'campaigns'],
      ['last_outcome', 'contacts'],
      ['event_type', 'events'],
      ['status', 'email_notifications'],
      ['source', 'exclusion_list_entries'],
      ['language', 'transcript_snippets'],
    ]) {
      const missing = await migrated.rows(
        `select label from unnest(enum_range(null::${await migrated.value(
          `select atttypid::regtype from pg_attribute where attrelid = 'public.${table}'::regclass and attname = '${column}'`,
        )})) as label where not exists (select from ${table} where ${column} = label)`,
      );
      expect([table, column, missing]).toEqual([table, column, []]);
    }
    const reachable = (await numbersOf(migrated)).filter(
      ({ phone_number: number }) => !RESERVED.test(number),
    );
    expect(reachable).toEqual([]);
    expect(
      await migrated.rows("select email from contacts where email !~ '@example[.](com|net|org)$'"),
    ).toEqual([]);
    expect(
      await migrated.value("select reltuples::integer from pg_class where oid = 'contacts'::regclass"),
    ).toBe(605);
    const verified = await runCli(['verify', '--data'], { env: { DATABASE_URL: migrated.url } });
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing is wrong/) });
  });

  test('makes the same rows from the same seed, also after an interrupt that left whole campaigns', async ({
    migrated,
  }) => {
    const wanted = { contacts: 120, seed: 7, until: UNTIL };
    const expected = await withOther(async (other) => {
      await seedContacts({ url: other.url, ...wanted });
      return hashes(other);
    });
    // Sessions that begin now.
    await migrated.client.query(
      `alter database ${migrated.name} set timezone = 'Asia/Tokyo'; alter database ${migrated.name} set datestyle = 'German'`,
    );
    const controller = new AbortController();
    const interrupted = seedContacts({
      url: migrated.url,
      ...wanted,
      signal: controller.signal,
      onProgress: ({ contacts }) => contacts >= 40 && controller.abort(),
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
    const left = await migrated.rows<{ contacts: number }>(
      `select count(contact.id)::integer as contacts
       from campaigns as campaign join contacts as contact on contact.campaign_id = campaign.id
       where description like 'Synthetic%' group by campaign.id`,
    );
    expect(left.length).toBeGreaterThanOrEqual(4);
    expect(left.length).toBeLessThan(12);
    expect(new Set(left.map(({ contacts }) => contacts))).toEqual(new Set([10]));
    // Without a time, the second call takes that of the interrupted one.
    const rest = await seedContacts({ url: migrated.url, contacts: 120, seed: 7 });
    expect(rest).toMatchObject({ until: UNTIL, campaigns: 12 - left.length });
    expect(await hashes(migrated)).toEqual(expected);
    expect(await seedContacts({ url: migrated.url, ...wanted })).toMatchObject({ campaigns: 0, inserted: 0 });
    expect(await hashes(migrated)).toEqual(expected);
  });

  test('adds what an interrupt after the last campaign has left out, when it is called again', async ({
    migrated,
  }) => {
    const wanted = { url: migrated.url, contacts: 24, seed: 7, until: UNTIL };
    const blocker = await session(migrated.url);
    await blocker.query('begin; lock table users in share update exclusive mode');
    const controller = new AbortController();
    let added = 0;
    const interrupted = seedContacts({
      ...wanted,
      signal: controller.signal,
      onProgress: ({ contacts }) => {
        added = contacts;
      },
    });
    // Two campaigns may wait for each other before.
    await until(() => added === wanted.contacts);
    await untilWaiting(migrated);
    controller.abort();
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
    await blocker.end();
    const consumers = 'select count(*)::integer from voicesurvey.consumers';
    expect(await migrated.value(consumers)).toBe(0);
    expect(await seedContacts(wanted)).toMatchObject({ campaigns: 0 });
    expect(await migrated.value(consumers)).toBe(1);
  });

  test('fails while another call adds contacts to the database, and leaves that one undisturbed', async ({
    migrated,
  }) => {
    const wanted = { url: migrated.url, contacts: 120, seed: 7, until: UNTIL };
    let second: Promise<unknown> | undefined;
    const first = await seedContacts({
      ...wanted,
      onProgress: () => {
        second ??= seedContacts(wanted).catch((error: unknown) => error);
      },
    });
    expect(await second).toMatchObject({
      code: 'seed_running',
      message: expect.stringMatching(
        /^Another session \(server process \d+\) adds synthetic contacts to this database, so nothing was added\.$/,
      ),
    });
    expect(first).toMatchObject({ campaigns: 12, inserted: 18 });
    expect(await migrated.value('select count(*)::integer from contacts')).toBe(125);
    expect(await seedContacts(wanted)).toMatchObject({ campaigns: 0, inserted: 0 });
  });

  test('says that earlier campaigns stay if the server refuses a later one, and adds the rest when it is run again', async ({
    migrated: { client, url, value },
  }) => {
    await client.query(`create function public.reject_fourth() returns trigger language plpgsql as $$
      begin
        if (select count(*) from public.campaigns where description like 'Synthetic%') >= 3 then
          raise check_violation using message = 'three are enough';
        end if;
        return new;
      end $$;
      create trigger reject_fourth before insert on campaigns for each row execute function public.reject_fourth()`);
    const run = () => seedContacts({ url, contacts: 60, until: UNTIL });
    await expect(run()).rejects.toMatchObject({
      code: 'seed_failed',
      remedy: expect.stringMatching(/^The campaigns that were added before stay\. /),
    });
    const campaigns = "select count(*)::integer from campaigns where description like 'Synthetic%'";
    expect(await value(campaigns)).toBeGreaterThanOrEqual(3);
    await client.query('drop trigger reject_fourth on campaigns');
    await run();
    expect(await value(campaigns)).toBe(12);
  });

  test('refuses a database that is in use, and adds to it if told', async ({ migrated }) => {
    const run = (options: object = {}): Promise<SeedContactsResult> =>
      seedContacts({ url: migrated.url, contacts: 12, until: UNTIL, ...options });
    await migrated.client.query(
      "insert into users (oidc_sub, email, name) values ('ann', 'ann@example.com', 'Ann')",
    );
    await expect(run()).rejects.toMatchObject({
      code: 'database_in_use',
      exitCode: 4,
      message: expect.stringMatching(/ it has users\. Nothing was added\.$/),
    });
    expect(await migrated.value('select count(*)::integer from campaigns')).toBe(0);
    expect(await run({ add: true })).toMatchObject({ campaigns: 12 });
    await expect(run({ seed: 2 })).rejects.toMatchObject({
      message: expect.stringContaining('another seed'),
    });
    expect(await run({ seed: 2, add: true })).toMatchObject({ campaigns: 12 });
    const { code } = await runCli(['verify', '--data'], { env: { DATABASE_URL: migrated.url } });
    expect(code).toBe(0);
  });

  test.for([1, 7])('adds %i contacts, each in its own campaign', async (contacts, { migrated }) => {
    const { campaigns, added } = await seedContacts({ url: migrated.url, contacts, until: UNTIL });
    expect([campaigns, added.contacts]).toEqual([contacts, contacts]);
  });

  test('refuses a number or a time that is out of range before it connects', async () => {
    const tomorrow = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
    for (const options of [
      { contacts: 0 },
      { contacts: 1.5 },
      { contacts: 10_000_001 },
      { contacts: 1, seed: -1 },
      { contacts: 1, seed: Number.NaN },
      { contacts: 1, until: tomorrow },
      { contacts: 1, until: new Date('nonsense') },
      { contacts: 1, until: new Date(0) },
    ]) {
      await expect(
        seedContacts({ url: 'postgresql://nobody@127.0.0.1:1/none', ...options }),
      ).rejects.toMatchObject({ code: 'bad_argument', exitCode: 2 });
    }
  });

  test('adds nothing to a read-only database, and asks for the schema in an empty one', async ({
    database,
    migrated,
  }) => {
    await migrated.client.query(`alter database ${migrated.name} set default_transaction_read_only = on`);
    await expect(seedContacts({ url: migrated.url, contacts: 1 })).rejects.toMatchObject({
      code: 'read_only',
    });
    await expect(seedContacts({ url: database.url, contacts: 1 })).rejects.toMatchObject({
      code: 'no_schema',
    });
  });
});

describe('the command seed', () => {
  test('adds contacts and prints one document', async ({ migrated }) => {
    const env = { DATABASE_URL: migrated.url };
    const words = ['seed', '--contacts', '24', '--seed', '7', '--until', '2026-11-01'];
    expect((await runJson(words, { env })).document).toMatchObject({
      ok: true,
      seed: 7,
      until: '2026-11-01T00:00:00.000Z',
      campaigns: 12,
      added: { contacts: 24 },
    });
    expect(await runCli(words, { env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Nothing to add: the contacts of seed 7 until 2026-11-01T00:00:00Z are there/,
      ),
    });
    expect(await runCli(['seed', '--contacts', '25'], { env })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('`--add`'),
    });
  });

  test.skipIf(!hasTerminal)('shows on a terminal of 80 columns how far it is', async ({ migrated }) => {
    const { stdout } = await runOnTerminal(
      [process.execPath, `${repository}bin/voicesurvey-db`, 'seed', '--contacts', '24'],
      { env: { DATABASE_URL: migrated.url } },
    );
    expect(stdout).toMatch(/\r\S*24 of 24 contacts, \d+ rows, [\d,]+\/s, 0 s left/);
  });

  test.for([
    ['--contacts 0', 'Give a whole number of 1 or more.'],
    ['--contacts many', 'Give a whole number of 1 or more.'],
    ['--contacts 1 --until yesterday', 'Give a date or a time, such as 2026-11-01 or 2026-11-01T12:00Z.'],
    [
      '--contacts 1 --until 2026-02-31T25:00',
      'Give a date or a time, such as 2026-11-01 or 2026-11-01T12:00Z.',
    ],
    ['--add', 'have an effect only with --contacts'],
  ] as const)('refuses %s', async ([words, message]) => {
    const env = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
    expect(await runCli(['seed', ...words.split(' ')], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
