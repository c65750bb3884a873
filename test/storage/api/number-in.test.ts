import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { randomFrom } from '../../support/random.js';

type Case = readonly [text: string, number: string | null];

const ENGLISH: readonly Case[] = [
  ['8', '8'],
  [' 8. ', '8'],
  ['8 out of 10', '8'],
  ['eight out of ten', '8'],
  ['8/10', '8'],
  ['8 of 10', '8'],
  ['ten out of ten', '10'],
  ['out of 10, 8', '8'],
  ['On a scale of 1 to 10, I would say 7', '7'],
  ['7 on a scale from one to ten', '7'],
  ['From 1 to 10 it is a 9', '9'],
  ['eight', '8'],
  ['Eight!', '8'],
  ['zero', '0'],
  ['none', null],
  ['30 years', '30'],
  ['30years', '30'],
  ['8th', '8'],
  ['3,5', '3.5'],
  ['3.50', '3.5'],
  ['.5', '0.5'],
  ['0,500', '0.5'],
  ['1,000', '1000'],
  ['1.000', '1'],
  ['1,234,567', '1234567'],
  ['1,234.56', '1234.56'],
  ['1.234,56', '1234.56'],
  ['1 000', '1000'],
  ["1'000", '1000'],
  ['$1,000.00', '1000'],
  ['50k', '50000'],
  ['80%', '80'],
  ['7 or 8', null],
  ['7 or 7', '7'],
  ['7-8', null],
  ['7 - 8', null],
  ['7 to 8', null],
  ['from 7 to 8', null],
  ['between seven and eight', null],
  ['seven, eight', null],
  ['8, so eight', '8'],
  ['minus two', '-2'],
  ['-2', '-2'],
  ['about -2.5', '-2.5'],
  ['negative three', '-3'],
  ['yes - 8', '8'],
  ['ninety-nine', '99'],
  ['ninety nine', '99'],
  ['twenty', '20'],
  ['nineteen', '19'],
  ['one hundred and five', '105'],
  ['a hundred', '100'],
  ['two thousand and twenty-four', '2024'],
  ['one million two hundred thousand', '1200000'],
  ['1.5 million', '1500000'],
  ['eight point five', '8.5'],
  ['eight point two five', '8.25'],
  ['eight point 2 5', '8.25'],
  ['two point 05', '2.05'],
  ['two point 0 5', '2.05'],
  ['2 point 005', '2.005'],
  ['two point 1.0', null],
  ['2 point 1.0', null],
  ['1 dot 1.000', null],
  ['two point 1.0k', null],
  ['half', '0.5'],
  ['two and a half', '2.5'],
  ['3 and a half', '3.5'],
  ['half a dozen', null],
  ['no one', null],
  ['one', '1'],
  ['42000', '42000'],
  ['10:30', null],
  ['12.05.2024', null],
  ['1,2,3', null],
  ['1e400', null],
  ['covid19', null],
  ['otto', null],
  ['', null],
  ['   ', null],
  ['I do not know', null],
  ['...5...', '5'],
  [',,,,5,,,', '5'],
  ['\uFF18', '8'],
  ['\u0668', '8'],
  ['\u22122', '-2'],
  ['1\u00A0000', '1000'],
  ['\u00B2', null],
  ['8 \u{1F44D}', '8'],
  ['9'.repeat(30), '9'.repeat(30)],
  ['9'.repeat(31), null],
  ['1'.repeat(9_999), null],
  ['7'.repeat(200_000), null],
  [','.repeat(9_999), null],
  ['1,'.repeat(4_999), null],
  [`${'well '.repeat(1_900)}eight`, '8'],
  ['(('.repeat(4_000), null],
  ["8'; drop table contacts; --", '8'],
];

const ITALIAN: readonly Case[] = [
  ['8', '8'],
  ['8 su 10', '8'],
  ['otto', '8'],
  ['Otto su dieci', '8'],
  ['otto o nove', null],
  ['tra sette e otto', null],
  ['da 7 a 8', null],
  ['da uno a dieci direi otto', '8'],
  ['in una scala da 1 a 10, 9', '9'],
  ['30 anni', '30'],
  ['da 5 anni', '5'],
  ['3,5', '3.5'],
  ['1.000', '1000'],
  ['1,000', '1'],
  ['1.234,56', '1234.56'],
  ['1.234.567', '1234567'],
  ['meno due', '-2'],
  ['-2', '-2'],
  ['pi\u00F9 o meno 5', '5'],
  ['zero', '0'],
  ['uno', '1'],
  ['una', '1'],
  ['un cane', null],
  ['undici', '11'],
  ['diciannove', '19'],
  ['venti', '20'],
  ['ventuno', '21'],
  ['ventitr\u00E9', '23'],
  ['ventotto', '28'],
  ['trentotto', '38'],
  ['quarantasette', '47'],
  ['settantuno', '71'],
  ['novantanove', '99'],
  ['venti due', '22'],
  ['cento', '100'],
  ['centotto', '108'],
  ['duecentocinquanta', '250'],
  ['mille', '1000'],
  ['millecinquecento', '1500'],
  ['duemila', '2000'],
  ['2 mila', '2000'],
  ['duemila cinquecento', '2500'],
  ['centoventitremilaquattrocentocinquantasei', '123456'],
  ['un milione', '1000000'],
  ['otto virgola cinque', '8.5'],
  ['due virgola 1,0', null],
  ['mezzo', '0.5'],
  ['due e mezzo', '2.5'],
  ['eight', null],
  ['vent', null],
  ['cent', null],
  ['mila', '1000'],
  ['settembre', null],
  ['ottimo', null],
  ['mila'.repeat(2_000), null],
  ['non lo so', null],
];

test.for([
  ['en', ENGLISH],
  ['it', ITALIAN],
] as const)('number_in finds the number in an answer in %s, and is null without one number', async ([
  language,
  cases,
], { migrated: { client } }) => {
  const found: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const [text, number] of cases) {
    const sql = 'select voicesurvey.number_in($1, $2) as number';
    const { rows } = await client.query<{ number: string | null }>(sql, [text, language]);
    const label = text.length > 60 ? `${text.slice(0, 20)} (${text.length})` : text;
    found[label] = rows[0]?.number;
    expected[label] = number;
  }
  expect(found).toEqual(expected);
});

test('number_in is null without a text or a language, and can be indexed', async ({
  migrated: { client, value },
}) => {
  expect(await value("select voicesurvey.number_in(null, 'en')")).toBe(null);
  expect(await value("select voicesurvey.number_in('8', null)")).toBe(null);
  await client.query("create index on survey_responses (voicesurvey.number_in(q2_answer, 'en'))");
});

test('number_in reads a number in a session with standard_conforming_strings = off', async ({
  migrated: { client, value },
}) => {
  await client.query('set standard_conforming_strings = off');
  const read = "select voicesurvey.number_in($1, 'en')::text";
  expect(await value(read, ['8'])).toBe('8');
  expect(await value(read, ['minus 3, or rather -3'])).toBe('-3');
});

const WORDS: Readonly<Record<'en' | 'it', readonly string[]>> = {
  en: [
    ...[
      'zero',
      'one',
      'two',
      'ten',
      'nineteen',
      'twenty',
      'ninety',
      'hundred',
      'thousand',
      'million',
      'billion',
    ],
    ...[
      'point',
      'dot',
      'and',
      'a',
      'half',
      'minus',
      'negative',
      'out',
      'of',
      'on',
      'scale',
      'from',
      'to',
      'through',
    ],
    ...['no', 'the', 'dozen', 'k', 'K'],
  ],
  it: [
    ...[
      'zero',
      'uno',
      'un',
      'una',
      'due',
      'dieci',
      'venti',
      'ventuno',
      'vent',
      'cento',
      'cent',
      'mila',
      'mille',
    ],
    ...[
      'duemila',
      'milione',
      'milioni',
      'miliardo',
      'virgola',
      'punto',
      'e',
      'a',
      'o',
      'mezzo',
      'meta',
      'meno',
    ],
    ...['su', 'scala', 'da', 'quarant', 'trentott', 'milamila', 'dozzina'],
  ],
};

const DIGITS = [
  ...[
    '0',
    '00',
    '007',
    '1',
    '8',
    '10',
    '100',
    '1000',
    '999',
    '9'.repeat(30),
    '9'.repeat(31),
    '1'.repeat(400),
  ],
  ...[
    '1.0',
    '1,0',
    '0.0',
    '.5',
    ',5',
    '5.',
    '1.000',
    '1,000',
    '1.000,00',
    '1,000.00',
    '1 000',
    '1.2.3',
    "1'000",
  ],
  ...[
    '0.'.repeat(9),
    `0.${'3'.repeat(28)}`,
    '1e5',
    '1e400',
    '1E-3',
    '3k',
    '1.0k',
    '9,0k',
    '2nd',
    '0x1F',
    '1_000',
  ],
  ...[
    '\uFF11',
    '\uFF19.\uFF10',
    '\u0661',
    '\u0663,\u0660',
    '\u06F3',
    '\u0967',
    '\u00B2',
    '\u00BD',
    '\u2167',
    '\u{1D7D9}',
  ],
  ...['infinity', 'nan', 'null', '\u{1F44D}', 'z\u0301', 'x'.repeat(300), '\u00C8', '\u0130'],
];

const MARKS = [
  ...[
    '-',
    '--',
    '\u2212',
    '\u2013',
    '+',
    '~',
    '/',
    ',',
    '.',
    ';',
    ':',
    '(',
    ')',
    '!',
    '?',
    '%',
    '$',
    "'",
    '\u2019',
  ],
  ...['\\', '"', '\u00A0', '\u2009', '\t', '\n', '\u0001', '\uFEFF'],
];

test('number_in fails for no answer, whatever digits, signs and words it puts together', async ({
  migrated: { client, rows },
}) => {
  await client.query(`
    create function pg_temp.failure(text text, language campaign_language) returns text language plpgsql as $$
    begin
      perform voicesurvey.number_in(text, language);
      return null;
    exception
      when others then return sqlerrm;
    end
    $$`);
  const random = randomFrom(20_261_130);
  for (const language of ['en', 'it'] as const) {
    const vocabularies = [WORDS[language], WORDS[language], DIGITS, MARKS];
    const phrase = (): string =>
      Array.from({ length: 1 + random.below(7) }, () => random.pick(random.pick(vocabularies))).join(
        random.pick([' ', ' ', '', '-', ', ', '.']),
      );
    const failures = await rows(
      `select *
      from (select phrase, pg_temp.failure(phrase, $2) from unnest($1::text[]) as phrase) as result
      where failure is not null
      limit 5`,
      [Array.from({ length: 5_000 }, phrase), language],
    );
    expect(failures).toEqual([]);
  }
});
