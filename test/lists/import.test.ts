import { appendFileSync } from 'node:fs';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect } from 'vitest';
import {
  ExplainedError,
  exportCampaign,
  type ImportResult,
  importContacts,
  importExclusions,
  type ListOptions,
} from '../../src/index.js';
import { openList, readLines } from '../../src/lists/import/list-file.js';
import { idOf } from '../storage/rules/names.js';
import { startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { campaignOfDocuments } from '../support/documents.js';
import { folderWith } from '../support/folder.js';
import { until } from '../support/until.js';

const campaign = idOf('campaign');

/** Imports a file into a campaign that has the contacts +4920000001 and +4920000002. */
async function importText(
  { url, client }: TestDatabase,
  content: string | Uint8Array,
  options: Partial<ListOptions & { campaign: string }> = {},
): Promise<ImportResult> {
  const folder = await folderWith({ 'contacts.csv': content });
  await client.query(campaignOfDocuments);
  return importContacts({ url, campaign, file: join(folder, 'contacts.csv'), country: 'IT', ...options });
}

async function refusal(database: TestDatabase, content: string | Uint8Array): Promise<ExplainedError> {
  const error = await importText(database, content).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ExplainedError)) throw new Error('The import was not refused.', { cause: error });
  expect(await database.value('select count(*)::integer from contacts')).toBe(2);
  return error;
}

const numbers = ({ rows }: TestDatabase): Promise<unknown[]> =>
  rows('select phone_number from contacts order by phone_number').then((all) =>
    all.map(({ phone_number }) => phone_number).slice(0, -2),
  );

const utf16 = (text: string, order: 'le' | 'be'): Uint8Array => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
};

describe('importContacts', () => {
  test('keeps the rules in a database with session_replication_role = replica, and is refused if its role may not', async ({
    migrated,
  }) => {
    const { client, name, url } = migrated;
    await client.query(`insert into exclusion_list_entries (phone_number) values ('+393331234567');
      alter database ${name} set session_replication_role = replica`);
    const { verdicts } = await importText(migrated, 'phone_number\n+393331234567\n');
    expect(verdicts).toEqual({ excluded: 1 });
    const role = `${name}_importer`;
    await client.query(`create role ${role} login password 'secret';
      grant usage on schema voicesurvey to ${role}; grant execute on function voicesurvey.import_contacts to ${role}`);
    try {
      const own = new URL(url);
      own.username = role;
      own.password = 'secret';
      const folder = await folderWith({ 'a.csv': 'phone_number\n+393331234568\n' });
      await expect(
        importContacts({ url: own.href, campaign, file: join(folder, 'a.csv') }),
      ).rejects.toMatchObject({
        code: 'triggers_off',
      });
    } finally {
      await client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test('reads a byte order mark, CR LF, semicolons, quotes, other columns, other names, blank lines and other spellings', async ({
    migrated,
  }) => {
    const text = [
      '\uFEFFE-mail;Phone Number;Name;PREFERRED-LANGUAGE;Do not call',
      'ann@example.com;333 123 4567;"Ann ""A; B""";IT;',
      ';+39 06 1234 5678;"two\r\nlines";;no',
      '',
      ';;;;',
      ' ben@example.com ;0039 333 1234568;;en;yes;;',
      '',
    ].join('\r\n');
    expect(await importText(migrated, text)).toEqual({
      server: { address: expect.any(String), version: expect.any(String) },
      dryRun: false,
      lines: 3,
      verdicts: { accepted: 2, excluded: 1 },
      rejected: 0,
      firstRejected: [],
      rejectedFile: null,
      ignoredColumns: ['Name'],
    });
    expect(
      await migrated.rows(
        "select phone_number, email, preferred_language as language, do_not_call from contacts where phone_number like '+39%' order by 1",
      ),
    ).toEqual([
      { phone_number: '+390612345678', email: null, language: 'auto', do_not_call: false },
      { phone_number: '+393331234567', email: 'ann@example.com', language: 'it', do_not_call: false },
      { phone_number: '+393331234568', email: 'ben@example.com', language: 'en', do_not_call: true },
    ]);
  });

  test.for([
    ['commas and LF', 'phone_number,name\n333 1234567,a\n'],
    ['tabs and a line end that is missing', 'name\tphone_number\na\t333 1234567'],
    ['one column and CR', 'PhoneNumber\r333 1234567\r'],
    ['UTF-16, little endian', utf16('phone_number;name\r\n333 1234567;è\r\n', 'le')],
    ['UTF-16, big endian', utf16('phone_number;name\r\n333 1234567;è\r\n', 'be')],
  ] as const)('reads a file with %s', async ([, content], { migrated }) => {
    expect(await importText(migrated, content)).toMatchObject({ lines: 1, verdicts: { accepted: 1 } });
    expect(await numbers(migrated)).toContain('+393331234567');
  });

  test('writes rejected lines to a file with line numbers and reasons, which can be corrected and imported', async ({
    migrated,
  }) => {
    const folder = await folderWith();
    const rejectedFile = join(folder, 'new', 'rejected.csv');
    const result = await importText(
      migrated,
      'phone_number,email,note\n+4920000001,,\n"call, me",,"a\nb"\nragged\n333 1234567 ext. 5,,\n333,,\n+39 333 1234567,no address,\n+4920000009,,\n',
      { rejectedFile },
    );
    expect(result).toMatchObject({
      lines: 7,
      rejected: 5,
      rejectedFile,
      verdicts: { already_there: 1, accepted: 1, bad_number: 3, bad_field_count: 1, bad_email: 1 },
    });
    expect(result.firstRejected.map(({ line, verdict }) => [line, verdict])).toEqual([
      [3, 'bad_number'],
      [5, 'bad_field_count'],
      [6, 'bad_number'],
      [7, 'bad_number'],
      [8, 'bad_email'],
    ]);
    expect(JSON.stringify(result)).not.toMatch(/call, me|1234567|no address/);
    const text = await readFile(rejectedFile, 'utf8');
    expect(text.split('\n').slice(0, 3)).toEqual([
      'rejected_line,rejected_verdict,rejected_because,rejected_suggestion,phone_number,email,note',
      expect.stringMatching(/^3,bad_number,"?phone_number is not in E\.164.*,"call, me",,"a$/),
      'b"',
    ]);
    const corrected = await folderWith({ 'c.csv': text.replace('no address', 'ann@example.com') });
    expect(
      await importContacts({ url: migrated.url, campaign, file: join(corrected, 'c.csv'), country: 'IT' }),
    ).toMatchObject({ verdicts: { accepted: 1 }, rejected: 4 });
  });

  test('does not overwrite the file for rejected lines, and writes none without a rejected line', async ({
    migrated,
  }) => {
    const folder = await folderWith({ 'rejected.csv': 'mine' });
    const rejectedFile = join(folder, 'rejected.csv');
    await expect(importText(migrated, 'phone_number\n1\n', { rejectedFile })).rejects.toMatchObject({
      code: 'file_exists',
      exitCode: 2,
    });
    expect(await readFile(rejectedFile, 'utf8')).toBe('mine');
    const file = join(await folderWith({ 'a.csv': 'phone_number\n+4920000009\n' }), 'a.csv');
    const other = join(folder, 'other.csv');
    const { rejectedFile: none } = await importContacts({
      url: migrated.url,
      campaign,
      file,
      rejectedFile: other,
    });
    expect(none).toBeNull();
    await expect(readFile(other)).rejects.toThrow('ENOENT');
  });

  test.for([
    [
      'a Latin-1 file',
      'list_not_text',
      'line 3',
      Buffer.from('phone_number,name\n+391,a\n+392,\xe8\n', 'latin1'),
    ],
    ['UTF-16 without a byte order mark', 'list_not_text', 'line 1', Buffer.from('phone_number\n', 'utf16le')],
    ['a null character', 'list_not_text', 'line 2', 'phone_number\n+39333\0\n'],
    [
      'a quote that is not closed',
      'list_quotes',
      'line 4',
      'phone_number,name\r\n1,"a\r\nb"\r\n2,"b\r\n3,c\r\n',
    ],
    ['a quote in a field', 'list_quotes', 'line 2', 'phone_number,name\n1,Ann "A"\n'],
    ['no header', 'list_without_column', 'phone_number', '+393331234567,Ann\n'],
    ['a quote in the header that is not closed', 'list_without_column', 'phone_number', '"phone_number,a\n'],
    ['no content', 'list_without_column', 'phone_number', ''],
    ['a column twice', 'list_column_twice', 'email', 'phone_number,email,E-Mail\n'],
  ] as const)('refuses %s before it imports a line', async ([, code, where, content], { migrated }) => {
    const error = await refusal(migrated, content);
    expect(error).toMatchObject({ code, message: expect.stringContaining(where) });
    expect(`${error.message} ${error.remedy} ${error.cause}`).not.toMatch(/Ann|333123/);
  });

  test.for([
    ['an unknown campaign', { campaign: '018f3b6e-8c1a-7000-8000-000000000000' }, 'unknown_campaign', 2],
    ['an id that is not a UUID', { campaign: "x'" }, 'unknown_campaign', 2],
    ['an unknown country', { country: 'Italy' }, 'unknown_country', 2],
    ['a file that does not exist', { file: '/nowhere/contacts.csv' }, 'list_unreadable', 1],
    ['a folder', { file: '/tmp' }, 'list_unreadable', 1],
  ] as const)('refuses %s', async ([, options, code, exitCode], { migrated }) => {
    await expect(importText(migrated, 'phone_number\n', options)).rejects.toMatchObject({ code, exitCode });
  });

  test('refuses a file that is changed while it is read', async ({ migrated }) => {
    const lines = Array.from({ length: 5000 }, (_, index) => `+49200${10000 + index}\n`).join('');
    const folder = await folderWith({ 'a.csv': `phone_number\n${lines}` });
    const file = join(folder, 'a.csv');
    await migrated.client.query(campaignOfDocuments);
    const importing = importContacts({
      url: migrated.url,
      campaign,
      file,
      onProgress: ({ lines: done }) => {
        if (done === 2000) appendFileSync(file, '"not closed');
      },
    });
    await expect(importing).rejects.toMatchObject({
      code: 'list_unreadable',
      message: `${file} was changed or replaced while it was read.`,
      remedy: expect.not.stringContaining('Nothing was imported'),
    });
  });

  test('refuses lines whose columns are not those of the header that was read', async () => {
    const folder = await folderWith({
      'a.csv': 'phone_number,do_not_call,has_prior_consent\n',
      'b.csv': 'phone_number,has_prior_consent,do_not_call\n+390612345678,yes,no\n',
    });
    const list = await openList(join(folder, 'a.csv'), ['phone_number', 'has_prior_consent', 'do_not_call']);
    await rename(join(folder, 'b.csv'), join(folder, 'a.csv'));
    await expect(readLines(list, undefined).next()).rejects.toMatchObject({ code: 'list_unreadable' });
  });

  test('refuses a database without the API, and a campaign that has ended', async ({
    migrated,
    database,
  }) => {
    const file = join(await folderWith({ 'a.csv': 'phone_number\n' }), 'a.csv');
    await expect(importContacts({ url: database.url, campaign, file })).rejects.toMatchObject({
      code: 'no_schema',
    });
    await migrated.client.query(campaignOfDocuments);
    await migrated.client.query(`select voicesurvey.cancel_campaign('${campaign}')`);
    await expect(importContacts({ url: migrated.url, campaign, file })).rejects.toMatchObject({
      code: 'campaign_ended',
    });
  });

  test('with dryRun returns the verdicts and imports nothing', async ({ migrated }) => {
    const text = 'phone_number\n+4920000001\n+4920000009\nx\n';
    expect(await importText(migrated, text, { dryRun: true })).toMatchObject({
      dryRun: true,
      verdicts: { already_there: 1, accepted: 1, bad_number: 1 },
    });
    expect(await numbers(migrated)).toEqual([]);
  });

  test('reports its progress and is interrupted between two batches, whose lines stay imported', async ({
    migrated,
  }) => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const text = `phone_number\n${Array.from({ length: 5000 }, (_, index) => `+49200${10000 + index}\n`).join('')}`;
    const interrupted = importText(migrated, text, {
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        controller.abort();
      },
    });
    await expect(interrupted).rejects.toMatchObject({
      code: 'interrupted',
      remedy: expect.stringContaining('The first 2000 lines of the list are done.'),
    });
    expect(seen).toEqual([{ lines: 2000, total: 5000 }]);
    expect(await migrated.value('select count(*)::integer from contacts')).toBe(2002);
  });

  test('that was killed is repeated with nothing imported twice and nothing lost', async ({ migrated }) => {
    await migrated.client.query(campaignOfDocuments);
    const count = 20_000;
    const text = `phone_number\n${Array.from({ length: count }, (_, index) => `+492${1_000_000 + index}\n`).join('')}`;
    const folder = await folderWith({ 'contacts.csv': text });
    const args = ['import', join(folder, 'contacts.csv'), '--campaign', campaign, '--json'];
    const { child, result } = startCli(args, { env: { DATABASE_URL: migrated.url } });
    await until(async () => Number(await migrated.value('select count(*) from contacts')) > 2);
    child.kill('SIGKILL');
    expect((await result).code).toBeNull();
    const imported = Number(await migrated.value('select count(*) from contacts')) - 2;
    expect(imported).toBeLessThan(count);
    const again = await importContacts({ url: migrated.url, campaign, file: join(folder, 'contacts.csv') });
    expect((again.verdicts.accepted ?? 0) + (again.verdicts.already_there ?? 0)).toBe(count);
    expect(await migrated.value('select count(*)::integer from contacts')).toBe(count + 2);
  });
});

describe('with a client of the caller', () => {
  test('importContacts works on a client or a pool, which stay open, and explains what it refuses', async ({
    migrated,
  }) => {
    await migrated.client.query(campaignOfDocuments);
    const file = join(await folderWith({ 'a.csv': 'phone_number\n+4920000009\nx\n' }), 'a.csv');
    const first = await importContacts({ client: migrated.client, campaign, file });
    const { username, host, pathname } = new URL(migrated.url);
    expect(first).toMatchObject({
      server: { address: `postgresql://${username}@${host}${pathname}` },
      verdicts: { accepted: 1, bad_number: 1 },
    });
    const pool = new pg.Pool({ connectionString: migrated.url, max: 1 });
    try {
      const again = await importContacts({ client: pool, campaign, file, dryRun: true });
      expect(again.verdicts).toEqual({ already_there: 1, bad_number: 1 });
      const unknown = idOf('no campaign');
      await expect(importContacts({ client: pool, campaign: unknown, file })).rejects.toMatchObject({
        code: 'unknown_campaign',
      });
      const parts: string[] = [];
      await exportCampaign({ client: pool, campaign, to: (csv) => void parts.push(csv) });
      expect(parts.join('')).toMatch(/^campaign_id,/);
      expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    } finally {
      await pool.end();
    }
    const wrong = { client: {}, campaign, file } as unknown as Parameters<typeof importContacts>[0];
    await expect(importContacts(wrong)).rejects.toMatchObject({ code: 'bad_argument' });
  });
});

describe('with a pool of the caller', () => {
  test('a dry run that is interrupted returns the client when its transaction is over, and leaves no file', async ({
    migrated,
  }) => {
    await migrated.client.query(campaignOfDocuments);
    const lines = Array.from({ length: 5000 }, (_, index) => `+39333${1000000 + index}\nx`);
    const folder = await folderWith({ 'a.csv': `phone_number\n${lines.join('\n')}\n` });
    const controller = new AbortController();
    const pool = new pg.Pool({ connectionString: migrated.url, max: 1 });
    let transactions = 0;
    pool.on('connect', (client) => {
      const send = client.query.bind(client) as (...all: unknown[]) => unknown;
      Object.assign(client, {
        query: (...all: unknown[]) => {
          // The first one has no lines. Of the second, the file has further lines.
          if (String(all[0]).startsWith('begin')) transactions += 1;
          if (transactions === 2) controller.abort();
          return send(...all);
        },
      });
    });
    try {
      const [file, rejectedFile] = [join(folder, 'a.csv'), join(folder, 'rejected.csv')];
      const { signal } = controller;
      const options = { client: pool, campaign, file, rejectedFile, dryRun: true, signal };
      await expect(importContacts(options)).rejects.toMatchObject({ code: 'interrupted' });
      await pool.query("insert into exclusion_list_entries (phone_number) values ('+4920000077')");
    } finally {
      await pool.end();
    }
    expect(await migrated.rows('select phone_number from exclusion_list_entries')).toEqual([
      { phone_number: '+4920000077' },
    ]);
    expect(await readdir(folder)).toEqual(['a.csv']);
  });

  test('an import whose connection is lost is rejected, and the process goes on', async ({ migrated }) => {
    await migrated.client.query(campaignOfDocuments);
    const lines = Array.from({ length: 5000 }, (_, index) => `+39333${1000000 + index}`);
    const file = join(await folderWith({ 'a.csv': `phone_number\n${lines.join('\n')}\n` }), 'a.csv');
    const pool = new pg.Pool({ connectionString: migrated.url, max: 1 });
    const terminations: Promise<unknown>[] = [];
    const onProgress = (): void => {
      terminations.push(
        migrated.client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        ),
      );
    };
    await expect(importContacts({ client: pool, campaign, file, onProgress })).rejects.toMatchObject({
      code: 'connection_lost',
    });
    await Promise.all(terminations);
    expect(pool.totalCount).toBe(0);
    await pool.end();
  });
});

test('importExclusions lists numbers with a reason, and excludes their contacts', async ({ migrated }) => {
  await migrated.client.query(campaignOfDocuments);
  const folder = await folderWith({
    'a.csv': 'Reason;Phone number\nAsked for it;+49 20 000001\n;333 1234567\n;x\n',
  });
  const result = await importExclusions({ url: migrated.url, file: join(folder, 'a.csv'), country: 'IT' });
  expect(result).toMatchObject({ lines: 3, verdicts: { accepted: 2, bad_number: 1 } });
  expect(
    await migrated.rows(
      'select phone_number, reason, source from exclusion_list_entries order by phone_number',
    ),
  ).toEqual([
    { phone_number: '+393331234567', reason: null, source: 'import' },
    { phone_number: '+4920000001', reason: 'Asked for it', source: 'import' },
  ]);
  expect(await migrated.value("select state from contacts where phone_number = '+4920000001'")).toBe(
    'excluded',
  );
});

test('an overload with other types of arguments is not called in place of a function of the API', async ({
  migrated,
}) => {
  const { url, client } = migrated;
  await client.query(campaignOfDocuments);
  const body = `returns table (line_number integer, verdict text, reason text, suggestion text, contact_id uuid)
    language plpgsql as $$ begin raise 'the overload was called'; end $$`;
  await client.query(`create function voicesurvey.import_contacts(text, text) ${body};
    create function voicesurvey.import_exclusions(text) ${body};
    create function voicesurvey.contacts_page(text, text, integer) ${body}`);
  const file = join(await folderWith({ 'list.csv': 'phone_number\n+393331234567\n' }), 'list.csv');
  const { verdicts } = await importContacts({ url, campaign, file });
  expect([verdicts, (await importExclusions({ url, file })).verdicts]).toEqual([
    { accepted: 1 },
    { accepted: 1 },
  ]);
  await exportCampaign({ url, campaign, to: async () => {} });
});
