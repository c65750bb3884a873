import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { describe, expect } from 'vitest';
import { test } from '../../support/database.js';
import { campaignOfDocuments } from '../../support/documents.js';
import { blocksOf } from '../../support/page.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { PHONES } from '../rules/history.js';
import { idOf } from '../rules/names.js';
import { attemptOf, endCall } from '../rules/steps.js';
import { invalidInput, query, withSession, writeHistory } from './calls.js';

const IMPORT = 'select * from voicesurvey.import_contacts(:draft, $1)';
const verdicts = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ verdict }) => verdict);
const lines = (...numbers: readonly unknown[]): string =>
  JSON.stringify(numbers.map((phone_number) => ({ phone_number })));

describe('import_contacts', () => {
  test('imports the good lines and returns a verdict for each line, with the state of its contact', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    const batch = [
      {
        phone_number: '+4920009001',
        external_contact_id: 'A-1',
        email: 'a@example.com',
        preferred_language: 'it',
        has_prior_consent: 'true',
      },
      { phone_number: PHONES.ines },
      { phone_number: '+4920009002', do_not_call: true },
      { phone_number: '+4920009001', email: 'b@example.com' },
      { phone_number: '+4920000101' },
      { phone_number: '0049 20 009003' },
      { phone_number: '+4920009004', email: 'not an address' },
      { phone_number: '+4920009005', preferred_language: 'IT' },
      { phone_number: '+4920009006', has_prior_consent: 'perhaps' },
      { phone_number: '+4920009007', do_not_call: 'perhaps' },
      { phone_number: '+4920009008', external_contact_id: { a: 1 } },
      'no object',
      { phone_number: '+4920009009', external_contact_id: 7, email: '', preferred_language: '', column: 'x' },
    ];
    const rows = await query(migrated, IMPORT, [JSON.stringify(batch)]);
    expect(rows.map(({ line_number, verdict, state }) => [line_number, verdict, state])).toEqual([
      [1, 'accepted', 'pending'],
      [2, 'excluded', 'excluded'],
      [3, 'excluded', 'excluded'],
      [4, 'duplicate_in_batch', 'pending'],
      [5, 'already_there', 'pending'],
      [6, 'bad_number', null],
      [7, 'bad_email', null],
      [8, 'bad_language', null],
      [9, 'bad_prior_consent', null],
      [10, 'bad_do_not_call', null],
      [11, 'bad_external_contact_id', null],
      [12, 'bad_line', null],
      [13, 'accepted', 'pending'],
    ]);
    expect(rows[3]?.contact_id).toBe(rows[0]?.contact_id);
    expect(rows[4]?.contact_id).toBe(idOf('one_of_draft'));
    expect(rows.map(({ reason }) => reason === null)).toEqual(
      rows.map(({ verdict }) => verdict === 'accepted'),
    );
    expect(
      await query(
        migrated,
        `select external_contact_id, phone_number, email, preferred_language, has_prior_consent, do_not_call, state
         from contacts where campaign_id = :draft and id <> :one_of_draft order by phone_number`,
      ),
    ).toMatchObject([
      { phone_number: PHONES.ines, state: 'excluded' },
      {
        external_contact_id: 'A-1',
        phone_number: '+4920009001',
        email: 'a@example.com',
        preferred_language: 'it',
        has_prior_consent: true,
        do_not_call: false,
      },
      { phone_number: '+4920009002', do_not_call: true, state: 'excluded' },
      { external_contact_id: '7', phone_number: '+4920009009', email: null, preferred_language: 'auto' },
    ]);
  });

  test('changes nothing when it is repeated, and finds the contacts there', async ({ migrated }) => {
    await writeHistory(migrated);
    const batch = lines('+4920009001', PHONES.ines, '+4920009002', 'x');
    const first = await query(migrated, IMPORT, [batch]);
    const again = await query(migrated, IMPORT, [batch]);
    expect(verdicts(again)).toEqual(['already_there', 'already_there', 'already_there', 'bad_number']);
    expect(again.map(({ contact_id, state }) => [contact_id, state])).toEqual(
      first.map(({ contact_id, state }) => [contact_id, state]),
    );
    expect(
      await migrated.value(
        "select count(*)::integer from contacts where updated_at > created_at + interval '1 h'",
      ),
    ).toBe(0);
  });

  test('excludes a contact that is there already, or earlier in the batch, if a line has do_not_call', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    const batch = JSON.stringify([
      { phone_number: PHONES.ada, do_not_call: true },
      { phone_number: PHONES.cleo, do_not_call: 'yes' },
      { phone_number: PHONES.dora, do_not_call: 1 },
      { phone_number: '+4920009001' },
      { phone_number: '+4920009001', do_not_call: 'TRUE' },
    ]);
    const rows = await query(migrated, IMPORT.replace(':draft', ':survey'), [batch]);
    expect(rows.map(({ verdict, state }) => [verdict, state])).toEqual([
      ['already_there', 'excluded'],
      ['already_there', 'excluded'],
      ['already_there', 'completed'],
      ['excluded', 'excluded'],
      ['duplicate_in_batch', 'excluded'],
    ]);
    expect(
      await query(migrated, 'select id from contacts where not do_not_call and id in (:ada, :cleo, :dora)'),
    ).toEqual([]);
    const again = await query(migrated, IMPORT.replace(':draft', ':survey'), [batch]);
    expect(verdicts(again).slice(2)).toEqual(['already_there', 'already_there', 'duplicate_in_batch']);
  });

  test('names the fix of an unusual number, and repeats no part of the number', async ({ migrated }) => {
    await writeHistory(migrated);
    const cases: readonly (readonly [string, unknown, RegExp])[] = [
      ['spaces', '+49 20 009001', /^Remove the spaces\.$/],
      ['no-break spaces', '+49\u00a020\u202f009001', /^Remove the spaces\.$/],
      ['00 for the plus', '004920009001', /^Write a plus in place of the leading 00\.$/],
      [
        'a trunk zero',
        '+49 (0) 20/009001',
        /^Remove "\(0\)": the trunk zero is not dialled after a country code\. Remove the spaces\. Remove the punctuation\.$/,
      ],
      ['punctuation', "'+49-(20)-009.001", /^Remove the punctuation\.$/],
      ['a URL', 'tel:+4920009001', /^Remove the prefix before the number\.$/],
      ['full-width characters', '＋4920009001', /^Write the plus and the digits in ASCII\.$/],
      ['an invisible character', '\u202a+4920009001', /^Remove the invisible characters\.$/],
      ['a tabulator', '+4920009001\t', /^Remove the invisible characters\.$/],
      ['no plus', '4920009001', /^Write a plus before the country code/],
      ['national format', '020 009001', /national format: write a plus and the country code/],
      ['a number that a spreadsheet has rounded', '4.92E+10', /^Import the column as text/],
      ['a JSON number', 4920009001, /^Write the number as text/],
      ['a huge JSON number', 1e300, /only one number|as text/],
      ['an extension', '+4920009001 ext. 5', /^Remove everything but the plus/],
      ['too many digits', '+4920009001123456', /more than 15 digits/],
      ['too few digits', '+4920', /fewer than 7 digits/],
      ['a country code of 0', '+0920009001', /does not begin with 0/],
      ['two numbers', '+4920009001, +4920009002', /^Write a plus, the country code/],
      ['a long text', '1'.repeat(100_000), /only one number/],
      ['nothing', '', /^Add the number/],
      ['null', null, /^Add the number/],
      ['an object', { number: '+4920009001' }, /./],
      ['true', true, /./],
    ];
    const rows = await query(migrated, IMPORT, [lines(...cases.map(([, number]) => number))]);
    for (const [i, [spelling, , suggestion]] of cases.entries()) {
      expect(rows[i], spelling).toMatchObject({
        verdict: 'bad_number',
        suggestion: expect.stringMatching(suggestion),
      });
      expect(rows[i]?.suggestion, spelling).not.toMatch(/[0-9]{3}/);
    }
  });

  test('names the fix of an address with spaces around it and of a language in capitals', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    const batch = [
      { phone_number: '+4920009001', email: ' a@example.com ' },
      { phone_number: '+4920009001', email: 'a@example.com\u0001' },
      { phone_number: '+4920009001', preferred_language: 'En ' },
      { phone_number: '+4920009001', preferred_language: 'fr' },
      { phone_number: '+4920009001', external_contact_id: 'a\u0007' },
      { phone_number: '+4920009001', external_contact_id: 1e300 },
    ];
    const rows = await query(migrated, IMPORT, [JSON.stringify(batch)]);
    expect(rows.map(({ verdict, suggestion }) => [verdict, suggestion])).toEqual([
      ['bad_email', 'Remove the spaces around the address.'],
      ['bad_email', null],
      ['bad_language', 'Write the language in lower case and without spaces.'],
      ['bad_language', null],
      ['bad_external_contact_id', null],
      ['bad_external_contact_id', null],
    ]);
  });

  test.for([
    '1e131071',
    '-1e131071',
    '1e-16383',
    '0e-16383',
    '[{"a": 1e131071}]',
    '[{"a": 0e-16383}]',
  ])('imports write no digits of a long JSON number: %s', async (number, { migrated }) => {
    await writeHistory(migrated);
    const fields = ['external_contact_id', 'email', 'preferred_language', 'has_prior_consent', 'do_not_call'];
    const lines = [...fields, 'reason', 'source'].map(
      (field) => `{"phone_number": "+4920009001", "${field}": ${number}}`,
    );
    const batch = `[${[`{"phone_number": ${number}}`, ...lines].join()}]`;
    const many = `[${Array.from({ length: 500 }, () => batch.slice(1, -1)).join()}]`;
    // The limit ends a statement that writes more.
    await query(migrated, "set temp_file_limit = '20MB'");
    const verdicts = 'array(select distinct verdict from voicesurvey';
    expect(
      await query(
        migrated,
        `select ${verdicts}.import_contacts(:draft, $1) order by 1) as contacts,
           ${verdicts}.import_exclusions($1) order by 1) as exclusions`,
        [many],
      ),
    ).toEqual([
      {
        contacts: [
          'accepted',
          'bad_do_not_call',
          'bad_email',
          'bad_external_contact_id',
          'bad_language',
          'bad_number',
          'bad_prior_consent',
          'duplicate_in_batch',
        ],
        exclusions: ['accepted', 'bad_number', 'bad_reason', 'bad_source', 'duplicate_in_batch'],
      },
    ]);
  });

  test.for([
    ['no lines', 'import_contacts(:draft, null)', 'lines_are_given'],
    ['a JSON object', "import_contacts(:draft, '{}')", 'lines_are_an_array'],
    ['a JSON null', "import_contacts(:draft, 'null')", 'lines_are_an_array'],
    ['no campaign', "import_contacts(null, '[]')", 'campaign_is_given'],
    ['an unknown campaign', "import_contacts(:new, '[]')", 'campaign_is_known'],
    ['a completed campaign', "import_contacts(:completed, '[]')", 'campaign_has_not_ended'],
    ['a cancelled campaign', "import_contacts(:cancelled, '[]')", 'campaign_has_not_ended'],
    ['no exclusions', 'import_exclusions(null)', 'lines_are_given'],
    ['exclusions that are a JSON text', `import_exclusions('"+4920009001"')`, 'lines_are_an_array'],
  ] as const)('an import refuses %s', async ([, call, constraint], { migrated }) => {
    await writeHistory(migrated);
    await expect(query(migrated, `select * from voicesurvey.${call}`)).rejects.toMatchObject({
      ...invalidInput(constraint),
      hint: expect.stringMatching(/\.$/),
    });
  });

  test('imports nothing from an empty array, and into each campaign that has not ended', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    expect(await query(migrated, IMPORT, ['[]'])).toEqual([]);
    for (const campaign of ['draft', 'scheduled', 'survey', 'paused']) {
      const rows = await query(migrated, IMPORT.replace(':draft', `:${campaign}`), [lines('+4920009001')]);
      expect(verdicts(rows)).toEqual(['accepted']);
    }
  });

  test('imports 100,000 lines in one call', async ({ migrated }) => {
    await writeHistory(migrated);
    const rows = await query(
      migrated,
      `select verdict, count(*)::integer, bool_and(line_number = position) as in_order
       from (select jsonb_agg(jsonb_build_object('phone_number', '+49300' || (1000000 + 7919 * n % 99999))) as lines
             from generate_series(1, 100000) as n) as batch,
         voicesurvey.import_contacts(:draft, lines) with ordinality as line (line_number, verdict, c, s, r, a, position)
       group by verdict order by verdict`,
    );
    expect(rows).toEqual([
      { verdict: 'accepted', count: 99_999, in_order: true },
      { verdict: 'duplicate_in_batch', count: 1, in_order: true },
    ]);
  });

  test('imports a file from a staging table in batches, as docs/api.md describes', async ({ migrated }) => {
    await writeHistory(migrated);
    const page = blocksOf('api.md', 'Import contacts');
    const [, tables = '', batch = ''] = page
      .filter(({ language }) => language === 'sql')
      .map(({ code }) => code);
    await migrated.client.query(tables);
    const copy = page.find(({ language }) => language === 'text')?.code ?? '';
    const target = /^\\copy (staging \(.*?\)) from '.*?' (with .*)$/m.exec(copy);
    await pipeline(
      [
        'phone_number,external_contact_id,email,preferred_language,has_prior_consent,do_not_call\n',
        '+4920009001,A-1,a@example.com,it,true,false\n+4920009002,,,,,true\n020 9003,,,,,\n',
      ],
      migrated.client.query(copyFrom(`copy ${target?.[1]} from stdin ${target?.[2]}`)),
    );
    await query(migrated, batch.replace(':campaign', ':draft'));
    expect(await query(migrated, 'select line_number, verdict from verdicts order by 1')).toEqual([
      { line_number: '1', verdict: 'accepted' },
      { line_number: '2', verdict: 'excluded' },
      { line_number: '3', verdict: 'bad_number' },
    ]);
  });

  test('returns the same verdicts after ten calls in a session', async ({ migrated }) => {
    await writeHistory(migrated);
    for (let call = 0; call < 12; call++) {
      const rows = await query(migrated, IMPORT, [lines(`+49200090${10 + call}`, PHONES.ines, 'x')]);
      expect(verdicts(rows)).toEqual(['accepted', call === 0 ? 'excluded' : 'already_there', 'bad_number']);
    }
  });

  test('waits for an import of the same numbers in another order, without a deadlock', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    const numbers = Array.from({ length: 200 }, (_, n) => `+492000${9000 + n}`);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, IMPORT, [lines(...numbers)]);
      const second = query(migrated, IMPORT, [lines(...numbers.toReversed())]);
      await untilWaiting(migrated);
      await query(other, 'commit');
      expect(new Set(verdicts(await second))).toEqual(new Set(['already_there']));
    });
  });

  test('reports a number excluded that another session lists concurrently', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, "select * from voicesurvey.exclude_number('+4920009001')");
      const imported = query(migrated, IMPORT, [lines('+4920009000', '+4920009001', '+4920009002')]);
      await untilWaiting(migrated);
      await query(other, 'commit');
      expect(verdicts(await imported)).toEqual(['accepted', 'excluded', 'accepted']);
    });
  });

  test('does not make a pause of its campaign wait', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, IMPORT.replace(':draft', ':survey'), [lines('+4920009001')]);
      await query(
        migrated,
        "set lock_timeout = '10s'; update campaigns set status = 'paused' where id = :survey",
      );
      await query(other, 'commit');
    });
  });
});

describe('import_exclusions', () => {
  test('lists the good lines, excludes their contacts, and returns a verdict for each line', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    const batch = JSON.stringify([
      { phone_number: PHONES.ada, reason: 'Asked for it' },
      { phone_number: PHONES.ines },
      { phone_number: PHONES.ada },
      { phone_number: '0049 20' },
      { phone_number: '+4920009001', source: 'api' },
      { phone_number: '+4920009002', source: 'fax' },
      { phone_number: '+4920009002', reason: [] },
      null,
    ]);
    const sql = 'select * from voicesurvey.import_exclusions($1)';
    const rows = await query(migrated, sql, [batch]);
    expect(verdicts(rows)).toEqual([
      'accepted',
      'already_listed',
      'duplicate_in_batch',
      'bad_number',
      'accepted',
      'bad_source',
      'bad_reason',
      'bad_line',
    ]);
    expect(rows[1]?.entry_id).toBe(idOf('entry'));
    expect(rows[2]?.entry_id).toBe(rows[0]?.entry_id);
    expect(
      await query(migrated, 'select phone_number, reason, source from exclusion_list_entries order by 1'),
    ).toEqual([
      { phone_number: PHONES.ada, reason: 'Asked for it', source: 'import' },
      { phone_number: PHONES.ines, reason: 'Asked for it', source: 'manual' },
      { phone_number: '+4920009001', reason: null, source: 'api' },
    ]);
    expect(await query(migrated, 'select state from contacts where id = :ada')).toEqual([
      { state: 'excluded' },
    ]);
    expect(verdicts(await query(migrated, sql, [batch])).slice(0, 3)).toEqual([
      'already_listed',
      'already_listed',
      'duplicate_in_batch',
    ]);
    expect(await query(migrated, sql, ['[]'])).toEqual([]);
  });

  test('waits for another of the same numbers in another order, without a deadlock', async ({ migrated }) => {
    await writeHistory(migrated);
    const numbers = Array.from({ length: 200 }, (_, n) => `+492000${9000 + n}`);
    const sql = 'select * from voicesurvey.import_exclusions($1)';
    await withSession(migrated, async (other) => {
      const results = await Promise.all([
        query(other, sql, [lines(...numbers)]),
        query(migrated, sql, [lines(...numbers.toReversed())]),
      ]);
      expect(results.flatMap(verdicts).filter((verdict) => verdict === 'accepted')).toHaveLength(200);
    });
  });
});

const EXCLUDE = 'select verdict, contacts_excluded::integer from voicesurvey.exclude_number($1)';

describe('exclude_number', () => {
  test('lists a number once and excludes its contacts, also one in a call', async ({ migrated }) => {
    await writeHistory(migrated);
    expect(await query(migrated, EXCLUDE, [PHONES.cleo])).toEqual([
      { verdict: 'accepted', contacts_excluded: 1 },
    ]);
    expect(await query(migrated, EXCLUDE, [PHONES.cleo])).toEqual([
      { verdict: 'already_listed', contacts_excluded: 1 },
    ]);
    expect(
      await query(migrated, 'select reason, source from exclusion_list_entries where phone_number = $1', [
        PHONES.cleo,
      ]),
    ).toEqual([{ reason: null, source: 'api' }]);
    expect(await query(migrated, 'select state from contacts where id = :cleo')).toEqual([
      { state: 'excluded' },
    ]);
  });

  test('leaves a completed contact completed', async ({ migrated }) => {
    await writeHistory(migrated);
    expect(await query(migrated, EXCLUDE, [PHONES.dora])).toEqual([
      { verdict: 'accepted', contacts_excluded: 0 },
    ]);
  });

  test('finds a number that another session lists concurrently', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, EXCLUDE, [PHONES.ada]);
      const second = query(migrated, EXCLUDE, [PHONES.ada]);
      await query(other, 'commit');
      expect(verdicts(await second)).toEqual(['already_listed']);
    });
  });

  test.for([
    ['exclude_number(null)', 'number_is_given'],
    ["exclude_number('0049 30 1234567')", 'number_is_e164'],
    ["lift_exclusion(null, 'person_agreed')", 'number_is_given'],
    ["lift_exclusion('030 1234567', 'person_agreed')", 'number_is_e164'],
    ["lift_exclusion('+49301234567', null)", 'reason_is_given'],
    ["lift_exclusion('+49301234567', ' ')", 'reason_is_given'],
  ] as const)('%s is refused without the number in the message', async ([call, constraint], { migrated }) => {
    const error = await query(migrated, `select * from voicesurvey.${call}`).catch((thrown) => thrown);
    expect(error).toMatchObject({ ...invalidInput(constraint), hint: expect.stringMatching(/\.$/) });
    expect(`${error.message} ${error.detail} ${error.hint}`).not.toMatch(/1234567/);
  });
});

const LIFT = `select entries_removed::integer, contacts_pending::integer, contacts_not_reached::integer, contacts_excluded::integer
  from voicesurvey.lift_exclusion($1, 'person_agreed')`;
const lifted = ([entries, pending, notReached, excluded]: readonly [
  number,
  number,
  number,
  number,
]): unknown[] => [
  {
    entries_removed: entries,
    contacts_pending: pending,
    contacts_not_reached: notReached,
    contacts_excluded: excluded,
  },
];

describe('lift_exclusion', () => {
  test.for([
    ['a contact that was never called', 'ada', [1, 1, 0, 0], 'pending', null],
    ['a contact with attempts left', 'gina', [1, 1, 0, 0], 'pending', 'no_answer'],
    ['a contact that was not reached and has attempts left', 'mona', [1, 1, 0, 0], 'pending', 'failed'],
    ['a contact whose attempts are used up', 'sam', [1, 0, 1, 0], 'not_reached', 'no_answer'],
    ['a contact that was published as not reached', 'fred', [1, 0, 1, 0], 'not_reached', 'busy'],
    ['a contact in a call', 'cleo', [1, 0, 0, 1], 'excluded', null],
    ['a contact with do_not_call', 'ines', [1, 0, 0, 1], 'excluded', null],
    ['a completed contact', 'dora', [1, 0, 0, 0], 'completed', 'completed'],
  ] as const)('returns what becomes of %s', async ([, person, counts, state, outcome], { migrated }) => {
    await writeHistory(migrated);
    const phone = PHONES[person];
    await query(migrated, EXCLUDE, [phone]);
    expect(await query(migrated, LIFT, [phone])).toEqual(lifted(counts));
    expect(await query(migrated, `select state, last_outcome from contacts where id = :${person}`)).toEqual([
      { state, last_outcome: outcome },
    ]);
    expect(await query(migrated, LIFT, [phone])).toEqual(lifted([0, 0, 0, counts[3]]));
    const events = await query(migrated, `select event_type from events where contact_id = :${person}`);
    expect(events.filter(({ event_type }) => event_type === 'survey.not_reached')).toHaveLength(counts[2]);
  });

  test('returns a contact, when it is repeated after the call that was open the first time', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, EXCLUDE, [PHONES.cleo]);
    expect(await query(migrated, LIFT, [PHONES.cleo])).toEqual(lifted([1, 0, 0, 1]));
    await query(migrated, endCall(attemptOf('cleo'), 'busy'));
    expect(await query(migrated, LIFT, [PHONES.cleo])).toEqual(lifted([0, 1, 0, 0]));
    expect(await query(migrated, 'select state, last_outcome from contacts where id = :cleo')).toEqual([
      { state: 'pending', last_outcome: 'busy' },
    ]);
  });

  test('leaves a contact excluded that refused in the call during which it was excluded', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, EXCLUDE, [PHONES.ben]);
    await query(migrated, endCall(attemptOf('ben'), 'refused'));
    expect(await query(migrated, LIFT, [PHONES.ben])).toEqual(lifted([1, 0, 0, 1]));
  });

  test('leaves the contacts of ended campaigns, and of erased calls, excluded', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, EXCLUDE, ['+4920000104']);
    expect(await query(migrated, LIFT, ['+4920000104'])).toEqual(lifted([1, 0, 0, 1]));
    await query(migrated, EXCLUDE, [PHONES.gina]);
    await query(migrated, `delete from call_attempts where id = :${attemptOf('gina')}`);
    expect(await query(migrated, LIFT, [PHONES.gina])).toEqual(lifted([1, 0, 0, 1]));
  });

  test('changes nothing for an unknown number', async ({ migrated }) => {
    await writeHistory(migrated);
    expect(await query(migrated, LIFT, ['+4920009001'])).toEqual(lifted([0, 0, 0, 0]));
  });

  test('removes an entry that another session adds concurrently', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, EXCLUDE, [PHONES.ada]);
      const second = query(migrated, LIFT, [PHONES.ada]);
      await query(other, 'commit');
      expect(await second).toEqual(lifted([1, 1, 0, 0]));
    });
  });

  test('returns the contacts once when two sessions call it concurrently', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, EXCLUDE, [PHONES.ada]);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      expect(await query(other, LIFT, [PHONES.ada])).toEqual(lifted([1, 1, 0, 0]));
      const second = query(migrated, LIFT, [PHONES.ada]);
      await query(other, 'commit');
      expect(await second).toEqual(lifted([0, 0, 0, 0]));
    });
  });

  test('lets exclude_number list the number again', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, EXCLUDE, [PHONES.ada]);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, LIFT, [PHONES.ada]);
      const second = query(migrated, EXCLUDE, [PHONES.ada]);
      await query(other, 'commit');
      expect(await second).toEqual([{ verdict: 'accepted', contacts_excluded: 1 }]);
    });
  });
});

test('a repeated import looks up each line by its number, also in a campaign that the statistics do not know', async ({
  migrated,
}) => {
  const { client, value } = migrated;
  await client.query(campaignOfDocuments);
  await client.query(
    `delete from contacts;
     insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
       question_3_text, question_3_type, created_by_user_id)
       select gen_random_uuid(), 'New', 'a', 'b', 'numeric', 'c', 'numeric', 'd', 'numeric', created_by_user_id
       from campaigns;
     insert into contacts (campaign_id, phone_number)
       select id, '+4930' || number
       from campaigns, generate_series(1000000, 1019999) as number
       where name <> 'New'`,
  );
  await client.query('vacuum analyze contacts');
  const call = `voicesurvey.import_contacts((select id from campaigns where name = 'New'), (
    select jsonb_agg(jsonb_build_object('phone_number', '+4930' || number)) from generate_series(1000000, 1002999) as number
  ))`;
  await client.query(`select count(*) from ${call}`);
  const [plan] = (await value(`explain (analyze, buffers, format json) select * from ${call}`)) as [
    { Plan: Record<string, number> },
  ];
  expect(plan.Plan['Shared Hit Blocks']).toBeLessThan(3000 * 20);
});

describe('in REPEATABLE READ, after another session has deleted the row of the number since the snapshot,', () => {
  const EXCLUDE_INES = `select * from voicesurvey.exclude_number('${PHONES.ines}')`;
  const EXCLUSIONS = `select * from voicesurvey.import_exclusions('[{"phone_number": "${PHONES.ines}"}]')`;
  const CONTACTS = `select * from voicesurvey.import_contacts(:survey, '[{"phone_number": "${PHONES.ada}"}]')`;
  const BEGIN = 'begin isolation level repeatable read; select from contacts';

  test('exclude_number returns the entry that it adds', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (late) => {
      await query(late, BEGIN);
      await query(migrated, 'delete from exclusion_list_entries');
      const [{ entry_id, verdict } = {}] = await query(late, EXCLUDE_INES);
      await query(late, 'commit');
      expect(verdict).toBe('accepted');
      expect(await query(migrated, 'select id from exclusion_list_entries')).toEqual([{ id: entry_id }]);
    });
  });

  test.for([
    ['import_exclusions', 'delete from exclusion_list_entries', EXCLUSIONS],
    ['import_contacts', 'delete from contacts where id = :ada', CONTACTS],
  ] as const)('%s fails with 40001, and its retry returns one verdict for the line', async ([
    ,
    deletion,
    call,
  ], { migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (late) => {
      await query(late, BEGIN);
      await query(migrated, deletion);
      await expect(query(late, call)).rejects.toMatchObject({ code: '40001' });
      await query(late, `rollback; ${BEGIN}`);
      expect(verdicts(await query(late, call))).toEqual(['accepted']);
      await query(late, 'commit');
    });
  });
});
