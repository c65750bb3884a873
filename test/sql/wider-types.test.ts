import { expect } from 'vitest';
import { alteredColumns } from '../../src/sql/column-changes.js';
import { parseStatements } from '../../src/sql/statements.js';
import { catalogType, holdsEveryValue, holdsEveryValueSql, type SqlType } from '../../src/sql/wider-types.js';
import { type TestDatabase, test } from '../support/database.js';

const NUMBERS = ['0', '-32768', '32767'];
const TIMES = ['2026-01-01 12:34:56.123456', '2026-03-29 02:30:00', '2026-10-25 02:30:00', 'infinity'];
const TEXTS = ['', 'a ', 'ab c', 'Zürich', 'x'.repeat(200), '12', '{a}'];

/** Types, each with values at its limits and values that other types cannot hold. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  smallint: NUMBERS,
  integer: [...NUMBERS, '-2147483648', '2147483647', '16777217'],
  bigint: [...NUMBERS, '-9223372036854775808', '9223372036854775807', '9007199254740993'],
  numeric: [...NUMBERS, '0.1', '1e40', '123456789012345678901234567890.123', 'NaN'],
  'numeric(6,2)': ['0.01', '9999.99', '-9999.99'],
  'numeric(9,2)': ['0.01', '9999999.99'],
  'numeric(6,4)': ['0.0001', '99.9999'],
  'numeric(6,-2)': ['12345600'],
  real: [...NUMBERS, '0.1', '16777216', '3.4e38', '1.1754944e-38', 'NaN', 'Infinity'],
  'double precision': [...NUMBERS, '0.1', '0.30000000000000004', '1e308', '16777217', 'NaN'],
  text: TEXTS,
  'character varying': TEXTS,
  'character varying(3)': ['', 'a ', 'abc'],
  'character varying(5)': ['', 'a ', 'abcde'],
  'character(3)': ['', 'a', 'abc'],
  'character(5)': ['', 'a', 'abcde'],
  name: ['', 'x'.repeat(63)],
  date: ['2026-03-29', '0001-01-01 BC', '9999-12-31', '5874897-12-31', 'infinity'],
  'timestamp without time zone': TIMES,
  'timestamp(0) without time zone': ['2026-01-01 12:34:56', '2026-03-29 02:30:00'],
  'timestamp(3) without time zone': ['2026-01-01 12:34:56.123', '2026-03-29 02:30:00'],
  'timestamp with time zone': ['2026-10-25 00:30+00', '2026-10-25 01:30+00', ...TIMES],
  'timestamp(0) with time zone': ['2026-10-25 00:30+00', '2026-10-25 01:30+00'],
  'time without time zone': ['00:00', '24:00', '12:34:56.789'],
  'time(0) without time zone': ['12:34:56', '24:00'],
  'time with time zone': ['12:34:56.789+05', '12:34-11'],
  interval: ['1 mon 2 days 03:04:05.678', '-1 day'],
  'interval(0)': ['1 mon 2 days 03:04:05', '100:00:00'],
  'interval day to second(3)': ['1 mon 2 days 03:04:05.678'],
  boolean: ['true', 'false'],
  bytea: ['', '\\x00ff'],
  json: ['{"b":  1, "a": [1.50]}', 'null', '"text"'],
  jsonb: ['{"b":  1, "a": [1.50]}', 'null', '"text"'],
  uuid: ['00000000-0000-0000-0000-000000000001'],
  inet: ['10.0.0.1/8', '::1'],
  cidr: ['10.0.0.0/8', '::1'],
  'bit(3)': ['101'],
  'bit(5)': ['10101'],
  'bit varying': ['', '1010101'],
  'bit varying(3)': ['', '101'],
  '"char"': ['a'],
  'integer[]': ['{}', '{1,-2147483648}', '{{1},{2}}'],
  'bigint[]': ['{}', '{9223372036854775807}'],
  'text[]': ['{}', '{a,"b c",NULL}', `{${'x'.repeat(200)}}`],
  'character varying[]': ['{}', '{a,"b c",NULL}'],
  'character varying(3)[]': ['{}', '{abc}'],
  'numeric(6,2)[]': ['{0.01,9999.99}'],
  'numeric(6,4)[]': ['{0.0001}'],
};

/** Changes that lose no value. Others may lose none as well, but then the values are counted. */
const WIDER = [
  ['smallint', 'integer'],
  ['smallint', 'real'],
  ['integer', 'bigint'],
  ['integer', 'double precision'],
  ['bigint', 'numeric'],
  ['real', 'double precision'],
  ['numeric(6,2)', 'numeric(9,2)'],
  ['numeric(6,2)', 'numeric'],
  ['character varying(3)', 'character varying(5)'],
  ['character varying(3)', 'text'],
  ['character(3)', 'character(5)'],
  ['text', 'character varying'],
  ['date', 'timestamp with time zone'],
  ['timestamp(0) without time zone', 'timestamp(3) without time zone'],
  ['timestamp(0) with time zone', 'timestamp with time zone'],
  ['interval day to second(3)', 'interval'],
  ['json', 'jsonb'],
  ['cidr', 'inet'],
  ['bit varying(3)', 'bit varying'],
  ['uuid', 'text'],
  ['integer[]', 'bigint[]'],
  ['integer[]', 'text'],
  ['character varying(3)[]', 'text[]'],
] as const;

/** Whether a value is the same after it was cast to another type and back; null if PostgreSQL cannot cast it. */
const SURVIVES = `create function pg_temp.survives(value text, old text, new text) returns boolean
language plpgsql as $$
declare
  compared text := case when old = 'json' then 'jsonb' else old end;
  survives boolean;
begin
  execute format(
    'select (value::%2$s::%1$s)::%3$s::text is not distinct from value::%3$s::text from (select %4$L::%1$s as value) as v',
    old, new, compared, value
  ) into survives;
  return survives;
exception
  when others then return null;
end
$$`;

interface Change {
  readonly from: string;
  readonly to: string;
  /** What the SQL of the engine says. */
  readonly holds: boolean;
  /** A value that does not survive the change; null if there is none. */
  readonly lost: string | null;
  /** Whether PostgreSQL changes the type of a column without an expression. */
  readonly converts: boolean;
}

/** All changes from one of the types to another one, as PostgreSQL does them. */
async function readChanges({ client, rows }: TestDatabase): Promise<readonly Change[]> {
  const types = Object.keys(VALUES);
  // A local time that does not exist, and one that exists twice, are lost only in a zone with summer time.
  await client.query(`set timezone = 'Europe/Berlin'; ${SURVIVES}`);
  await client.query(
    `create temporary table typed (${types.map((type, index) => `c${index} ${type}`).join(', ')})`,
  );
  await client.query('create temporary table edges (type text, value text)');
  for (const [type, values] of Object.entries(VALUES)) {
    await client.query('insert into edges select $1, unnest($2::text[])', [type, values]);
  }
  return rows<Change>(`with types as (
    select attnum, format_type(atttypid, atttypmod) as name, atttypid, atttypmod
    from pg_attribute
    where attrelid = 'typed'::regclass and attnum > 0
  )
  select
    was.name as from,
    type.name as to,
    ${holdsEveryValueSql({ type: 'type.atttypid', modifier: 'type.atttypmod', oldType: 'was.atttypid', oldModifier: 'was.atttypmod' })} as holds,
    (select value from edges where edges.type = was.name and not pg_temp.survives(value, was.name, type.name) limit 1) as lost,
    was.atttypid = type.atttypid or exists (
      select from pg_cast
      where castsource = was.atttypid and casttarget = type.atttypid and castcontext <> 'e'
    ) as converts
  from types as was
  cross join types as type
  order by was.attnum, type.attnum`);
}

/** The types as the parser reads them in a statement. */
async function parseTypes(): Promise<ReadonlyMap<string, SqlType>> {
  const types = Object.keys(VALUES);
  // A type that holds everything is not read from a statement without an expression.
  const text = types.map((type) => `alter table t alter c type ${type} using c::${type};`).join('\n');
  const statements = await parseStatements({ path: 'V1.up.sql', text, checksum: '' });
  return new Map(
    statements.map((statement, index) => {
      const type = alteredColumns(statement)[0]?.newType;
      return [types[index] ?? '', type ?? { name: '', modifiers: [], isArray: false }];
    }),
  );
}

test('a type that is said to hold every value of another one loses none in PostgreSQL, and files and the server are judged alike', async ({
  database,
}) => {
  const changes = await readChanges(database);
  const parsed = await parseTypes();
  expect(changes).toHaveLength(Object.keys(VALUES).length ** 2);
  const shown = ({ from, to, lost }: Change): string => `${from} to ${to}: ${lost}`;
  expect(changes.filter(({ holds, lost }) => holds && lost !== null).map(shown)).toEqual([]);

  const inFiles = ({ from, to }: Change): boolean =>
    holdsEveryValue(parsed.get(to) ?? catalogType(''), catalogType(from));
  expect(changes.filter((change) => inFiles(change) !== change.holds).map(shown)).toEqual([]);

  const holding = changes.filter(({ holds }) => holds).map(({ from, to }) => `${from} to ${to}`);
  expect(holding).toEqual(expect.arrayContaining(WIDER.map(([from, to]) => `${from} to ${to}`)));

  const unknown = changes.filter(
    ({ to, converts }) => converts && holdsEveryValue(parsed.get(to) ?? catalogType(''), null),
  );
  expect(unknown.filter(({ lost }) => lost !== null).map(shown)).toEqual([]);
  expect(unknown.map(({ to }) => to)).toEqual(expect.arrayContaining(['text', 'jsonb', 'inet']));
});
