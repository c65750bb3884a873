import { expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { generateTypes } from '../../../src/inspect/generate.js';
import { type TestDatabase, test } from '../../support/database.js';

/** Texts of which every type accepts one. */
const SAMPLES = [
  ...['1', 't', 'a', '2026-01-01', '10:00', '1 day', '(1,2)', '(1,2),(3,4)', '((1,2),(3,4))', '<(1,2),3>'],
  ...['[(1,2),(3,4)]', '{1,2,3}', '10.0.0.0', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '{}', '<a/>'],
  ...['00000000-0000-0000-0000-000000000000', 'empty', '0/0', '(0,1)', '1:1:', '+(integer,integer)', 'now()'],
  ...['simple', 'postgres=r/postgres', 'pg_class'],
];

/** Types whose values only the server writes. */
const WRITTEN_BY_THE_SERVER =
  /^(?:pg_(?:node_tree|ndistinct|dependencies|mcv_list|brin_bloom_summary|brin_minmax_multi_summary)|gtsvector)$/;

interface Sample {
  readonly type: string;
  readonly sample: string;
}

/** The types of the server that a column can have, each with the text of a value. */
async function builtInTypes({ client, rows }: TestDatabase): Promise<Sample[]> {
  const types = await rows<{ type: string }>(
    `select format_type(oid, null) as type from pg_type
     where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm') and typarray <> 0
     order by 1`,
  );
  const samples: Sample[] = [];
  for (const { type } of types) {
    if (WRITTEN_BY_THE_SERVER.test(type)) continue;
    for (const sample of SAMPLES) {
      const isAccepted = await client.query(`select '${sample}'::${type}`).catch(() => null);
      if (isAccepted === null) continue;
      samples.push({ type, sample });
      break;
    }
  }
  expect(samples.length).toBe(types.filter(({ type }) => !WRITTEN_BY_THE_SERVER.test(type)).length);
  return samples;
}

const USER_TYPES = [
  { type: 'mood', sample: 'sad' },
  { type: 'number_range', sample: '[1,2]' },
  { type: 'number_multirange', sample: '{[1,2]}' },
  { type: 'span', sample: '(1,2)' },
  { type: 'kinds', sample: '(1)' },
  { type: 'numeric(3,2)', sample: '1.25' },
  { type: 'character(3)', sample: 'abc' },
  { type: 'bpchar', sample: 'abc' },
  { type: 'character varying(3)', sample: 'abc' },
  { type: 'timestamp(3) with time zone', sample: '2026-01-01' },
  { type: 'time(3)', sample: '10:00' },
  { type: 'interval year to month', sample: '1 year' },
  { type: 'interval day to second(3)', sample: '1 day' },
  { type: 'bit varying(3)', sample: '101' },
];

const CREATE_USER_TYPES = `
  create type mood as enum ('sad', 'happy');
  create type number_range as range (subtype = numeric, multirange_type_name = number_multirange);
  create type span as (a integer, b integer);
  create table kinds (id integer);
`;

/** Whether a value is of a TypeScript type. */
function isOf(type: string, value: unknown): boolean {
  const [, element] = /^\((.*)\)\[\]$/.exec(type) ?? [];
  if (element !== undefined) return Array.isArray(value) && value.every((item) => isOf(element, item));
  if (type.endsWith(' | null')) return value === null || isOf(type.slice(0, -' | null'.length), value);
  if (type.startsWith("'") || type === 'Mood') return ['sad', 'happy'].includes(String(value));
  if (type === 'unknown') return true;
  if (type === 'Date') return value instanceof Date;
  if (type === 'Buffer') return Buffer.isBuffer(value);
  if (type === 'object')
    return (
      typeof value === 'object' &&
      !Array.isArray(value) &&
      !(value instanceof Date) &&
      !Buffer.isBuffer(value)
    );
  return typeof value === type;
}

test('the type of a column is what pg returns, for every type, its array, a domain over it and both combined', async ({
  database,
}) => {
  const { client } = database;
  await client.query(CREATE_USER_TYPES);
  const types = [...(await builtInTypes(database)), ...USER_TYPES];
  await client.query(
    types
      .map(({ type }, n) => `create domain d${n} as ${type}; create domain l${n} as ${type}[];`)
      .join('\n'),
  );
  const columns = types.flatMap(({ type, sample }, n) =>
    [
      { name: `plain_${n}`, of: type, value: `'${sample}'::${type}` },
      { name: `array_${n}`, of: `${type}[]`, value: `array['${sample}'::${type}, null]` },
      { name: `domain_${n}`, of: `d${n}`, value: `'${sample}'::${type}::d${n}` },
      { name: `domains_${n}`, of: `d${n}[]`, value: `array['${sample}'::${type}::d${n}, null]` },
      { name: `list_${n}`, of: `l${n}`, value: `array['${sample}'::${type}, null]::l${n}` },
    ].map((column) => ({ ...column, type })),
  );
  await client.query(
    `create table everything (${columns.map(({ name, of }) => `${name} ${of} not null`).join(', ')})`,
  );
  await client.query(`insert into everything values (${columns.map(({ value }) => value).join(', ')})`);
  const [row = {}] = await database.rows('select * from everything');
  const text = generateTypes((await takeSnapshot(client, ['public'])).snapshot);
  const [body = ''] = /(?<=interface EverythingRow \{\n)[^}]*/.exec(text) ?? [];
  const written = new Map(
    [...body.matchAll(/readonly (\w+): (.*);/g)].map(([, name, type]) => [name, type ?? '']),
  );
  const wrong = columns
    .filter(({ name }) => !isOf(written.get(name) ?? 'nothing', row[name]))
    .map(
      ({ name, of, type }) =>
        `${of} of ${type}: ${written.get(name)}, but pg returns ${JSON.stringify(row[name])}`,
    );
  expect(wrong).toEqual([]);
  // A test of "string" alone would accept an array that is left as text.
  const asText = columns.filter(({ name }) => Array.isArray(row[name]) !== written.get(name)?.endsWith('[]'));
  expect(asText).toEqual([]);
});
