import pg from 'pg';
import { describe, expect } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import { knownTextOf, NOTHING_KNOWN, searchedText } from '../../../src/postgres/redaction/known-text.js';
import { redactCause, redactText } from '../../../src/postgres/redaction/redact.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { type TestDatabase, test } from '../../support/database.js';
import { growthOf, LINEAR, REPEATED_UNITS } from '../../support/growth.js';

const ID = '5eed0001-0000-4000-8000-000000000001';

/** Runs SQL that fails on a table with one row, and returns the error. */
async function errorOf({ client }: TestDatabase, sql: string): Promise<pg.DatabaseError> {
  await client.query('create table people (id uuid, email text constraint one_address unique, age integer)');
  await client.query(`insert into people values ('${ID}', 'ann@example.com', 1)`);
  const error: unknown = await client.query(sql).catch((caught: unknown) => caught);
  if (!(error instanceof pg.DatabaseError)) throw new Error('The SQL did not fail.');
  return error;
}

test('redactText shows table, constraint and ids of a broken constraint, and no other value', async ({
  database,
}) => {
  const error = await errorOf(database, 'alter table people add constraint of_age check (age > 17)');
  expect(redactText(error, NOTHING_KNOWN).detail).toBe(
    'table public.people, constraint of_age; the other values of the row are not shown',
  );
  const row = await database.client
    .query(`alter table people add constraint of_age check (age > 17) not valid; update people set age = 2`)
    .catch((caught: unknown) => caught);
  expect(redactText(row as pg.DatabaseError, NOTHING_KNOWN).detail).toContain(`ids ${ID};`);
});

test('redactText shows the detail of an error that contains no value', async ({ database }) => {
  const error = await errorOf(database, 'create view names as select id from people; drop table people');
  expect(redactText(error, NOTHING_KNOWN).detail).toBe('view names depends on table people');
});

test('redactCause copies the error without its values and leaves the original unchanged', async ({
  database,
}) => {
  const error = await errorOf(database, "insert into people values (null, 'ann@example.com')");
  const cause = redactCause(error, redactText(error, NOTHING_KNOWN));
  expect(cause).toBeInstanceOf(pg.DatabaseError);
  expect(cause).toMatchObject({ code: '23505', constraint: 'one_address', message: error.message });
  expect(cause.detail).not.toContain('ann@example.com');
  expect(error.detail).toContain('ann@example.com');
});

describe('redactText redacts everywhere', () => {
  test.for([
    'ann@example.com',
    'ann.lee+survey@mail.example.com',
    'ann＠example.com',
    '+4915112345678',
    '+49 (0)151 234 567-8',
    '0049 151 2345678',
    '(0151) 2345678',
    '0151/234 5678',
    '06.12.34.56.78',
    '0151–2345678',
    '＋４９１５１２３４５６７８',
    '٠١٥١٢٣٤٥٦٧٨',
    '123456',
  ])('the contact %s', (contact) => {
    const text = {
      code: '42501',
      message: `permission denied for table ${contact}`,
      hint: `Ask ${contact}.`,
    };
    const shown = redactText(text, NOTHING_KNOWN);
    expect(shown.message).toMatch(/^permission denied for table …$/);
    expect(shown.hint).toMatch(/^Ask …\.?$/);
    expect(redactText(text, knownTextOf(`drop table ${contact}`)).message).toBe(text.message);
  });
});

test.for([
  '2704',
  '15',
  '42P01',
  'calls_20261128',
  '20261128_calls',
  ID,
])('redactText leaves %s, which identifies no person', (harmless) => {
  const message = `the object ${harmless} is too large`;
  expect(redactText({ code: '54000', message }, NOTHING_KNOWN).message).toBe(message);
});

test('redactText masks a secret of the file wherever the server repeats it', () => {
  const known = knownTextOf(
    "alter role ann pasword 'Geh3im'; -- the role ann\nalter role ann password 'Geh3im'",
  );
  const text = { code: '42601', position: '4', message: 'syntax error at or near "\'Geh3im\'"' };
  expect(redactText(text, known).message).toBe('syntax error at or near "\'***\'"');
});

test('redactText leaves the numbers of processes in the detail of a deadlock', () => {
  const detail = 'Process 1234567 waits for ShareLock on transaction 7654321; blocked by process 1234568.';
  expect(redactText({ code: '40P01', message: 'deadlock detected', detail }, NOTHING_KNOWN).detail).toBe(
    detail,
  );
});

test('redactText masks a secret as a whole if a part of it looks like a telephone number', () => {
  const known = knownTextOf("alter role ann password 'Geh3im-0151 2345678'");
  const text = { code: '42501', message: 'no role has the password Geh3im-0151 2345678' };
  expect(redactText(text, known).message).toBe('no role has the password ***');
});

describe('a text of the server is redacted in linear time if it repeats', () => {
  test.for(REPEATED_UNITS)('%j', (unit) => {
    const textOf = (code: string, part: string): Parameters<typeof redactText>[0] => ({
      code,
      message: `invalid "${part}`,
      detail: part,
      hint: part,
      where: `SQL function ${part}`,
      table: part,
    });
    for (const code of ['22P02', '23505', '42P01', '42501', 'P0001']) {
      const redact = (part: string): unknown => {
        const text = textOf(code, part);
        return [redactText(text, NOTHING_KNOWN), searchedText(text)];
      };
      expect(growthOf(redact, unit), code).toBeLessThan(LINEAR);
    }
  });
});

/** Raises an error whose message continues after what is processed of it, and returns what is shown. */
async function shownOf(
  { url }: TestDatabase,
  raised: string,
  known = NOTHING_KNOWN,
  code = '22023',
): Promise<string> {
  const connection = await connect(parseDatabaseUrl(url));
  try {
    const error: unknown = await connection.client
      .query(`do $$ begin raise exception using errcode = '${code}', message = ${raised}; end $$`)
      .catch((caught: unknown) => caught);
    if (!(error instanceof pg.DatabaseError)) throw new Error('The SQL did not fail.', { cause: error });
    expect(error.message.length).toBeLessThan(10_100);
    // As if the message were one of the server, whose words are shown.
    return redactText({ ...error, message: error.message, routine: undefined }, known).message;
  } finally {
    await connection.close();
  }
}

test('an error of 15 MiB arrives as its beginning', async ({ database }) => {
  expect(await shownOf(database, "'it is said: ' || repeat('aB3/+', 3 * 1024 * 1024)")).toBe('it is said:…"');
});

test('a value whose end is cut off is redacted as a value', async ({ database }) => {
  const message = `'invalid input: "Ann Lee' || repeat(' Ann Lee', 5000) || '" is no number'`;
  expect(await shownOf(database, message)).toBe('invalid input: "…"');
});

test.for([
  ['a word', 'Annabelle', /Ann/],
  ['an address', 'ann.lee@example.com', /ann/],
  ['a telephone number', '+49 151 2345678', /49|151|23/],
  ['a secret', 'Geh3im und Geheimer', /Geh/],
] as const)('no part of %s at the cut of a text is shown', async ([, value, part], { database }) => {
  // A long secret before it is shown as a few characters, so that what is near the cut is shown, too.
  const long = 'x'.repeat(9960);
  const known = knownTextOf(
    `alter role ann password '${long}'; alter role ann password 'Geh3im und Geheimer'`,
  );
  for (let length = 1; length < value.length; length += 1) {
    const message = `'from: ${long}${' '.repeat(10_000 - 6 - long.length - length)}${value} is here'`;
    const shown = await shownOf(database, message, known, '42501');
    expect(shown).toMatch(/^from: \*\*\*/);
    expect(shown).not.toMatch(part);
  }
});
