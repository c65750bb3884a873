import { marked, type Tokens } from 'marked';
import { describe, expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { type Documentation, generateDocumentation } from '../../../src/inspect/generate.js';
import { type TestDatabase, test } from '../../support/database.js';
import { parseMermaid } from '../../support/mermaid-grammar.js';
import { NASTY_CATALOG, NASTY_SCHEMAS } from '../../support/nasty-catalog.js';

async function documentationOf(
  { client }: TestDatabase,
  sql = NASTY_CATALOG,
  schemas = NASTY_SCHEMAS,
): Promise<Documentation> {
  await client.query(sql);
  return generateDocumentation((await takeSnapshot(client, schemas)).snapshot);
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['#39', "'"],
  ['amp', '&'],
]);

/** The text that a browser shows for inline Markdown. */
function shown(text: string): string {
  return String(marked.parseInline(text))
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:#(\d+)|\w+|#39);/g, (entity, code?: string) =>
      code === undefined ? (ENTITIES.get(entity.slice(1, -1)) ?? entity) : String.fromCodePoint(Number(code)),
    );
}

/** The tables of each section, as a browser shows their cells, by the heading of the section. */
function tablesOf(markdown: string): Map<string, string[][][]> {
  const sections = new Map<string, string[][][]>();
  let tables: string[][][] = [];
  for (const token of marked.lexer(markdown)) {
    if (token.type === 'heading') {
      tables = [];
      sections.set(shown(token.text), tables);
    }
    if (token.type === 'table') {
      tables.push((token as Tokens.Table).rows.map((row) => row.map(({ text }) => shown(text))));
    }
  }
  return sections;
}

/** The names of all tables as PostgreSQL writes them, without the schema public. */
const TABLES = `select regexp_replace(format('%I.%I', nspname, relname), '^public[.]', '') as name
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('r', 'v') and nspname !~ '^(pg_|information_schema)'`;

describe('the documentation of a catalog with nasty names and comments', () => {
  test('has a heading for each table, and no other element of a name or comment', async ({ database }) => {
    const { markdown } = await documentationOf(database);
    const tables = (await database.rows(TABLES)).map(({ name }) => name);
    expect([...tablesOf(markdown).keys()].sort()).toEqual(
      ['The schema', ...tables, 'Enums', 'Functions', 'Personal data']
        .filter((name) => name !== 'Personal data')
        .sort(),
    );
    const html = String(marked.parse(markdown));
    const elements = new Set([...html.matchAll(/<([a-z]\w*)/g)].map(([, name]) => name));
    expect([...elements].sort()).toEqual(
      ['a', 'code', 'h1', 'h2', 'li', 'p', 'pre', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'].sort(),
    );
    // A bare URL may be a link. All other links lead to a section.
    for (const [, href = '', text] of html.matchAll(/<a href="([^"]*)">(.*?)<\/a>/g)) {
      if (!href.startsWith('#')) expect(text).toBe(href);
    }
  });

  test('shows every name, default and comment as it is', async ({ database }) => {
    const { markdown } = await documentationOf(database);
    const [columns = []] = tablesOf(markdown).get('people') ?? [];
    const expected = await database.rows(
      `select attname as name, coalesce(pg_get_expr(adbin, adrelid), '') as default,
         coalesce(col_description(attrelid, attnum), '') as comment
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where attrelid = 'people'::regclass and attnum > 0 order by attnum`,
    );
    expect(columns.map(([name, , , value, comment]) => ({ name, default: value, comment }))).toEqual(
      expected.map((row) => ({
        ...row,
        comment: String(row.comment).replaceAll('\n', ' ').replaceAll('`', ''),
      })),
    );
    const checks = await database.rows(
      `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = 'people'::regclass and contype = 'c' order by conname`,
    );
    const constraints = tablesOf(markdown).get('people')?.[1] ?? [];
    for (const { name, definition } of checks) {
      expect(constraints.find(([constraint]) => constraint === name)?.[2]).toBe(definition);
    }
    const [labels] = (tablesOf(markdown).get('Enums')?.[0] ?? []).filter(([name]) => name?.includes('nasty'));
    expect(labels?.[1]).toBe(`it's, ", \\, a\\nb, $\{x}, */, ##[error]x, _a_, |`);
    const triggers = tablesOf(markdown).get('people')?.at(-1) ?? [];
    expect(triggers[0]?.[2]).toBe('before update of "pi|pe", "the ""chief""", "<b>", each row');
  });

  test('has anchors that GitHub generates, each for one section', async ({ database }) => {
    const { markdown } = await documentationOf(
      database,
      `create table "the schema" (id integer); create table enums (id integer); create type mood as enum ('sad');
       create schema a; create table a.b (id integer); create table ab (id integer); create table "日本 語" (id integer)`,
      ['public', 'a'],
    );
    const links = [...markdown.matchAll(/^- \[(.*)\]\((.*)\)$/gm)].map(
      ([, title, target]) => `${title} ${target}`,
    );
    expect(links).toEqual([
      'a.b #ab',
      '"the schema" #the-schema-1',
      '"日本 語" #日本-語',
      'ab #ab-1',
      'enums #enums',
      'Enums #enums-1',
    ]);
  });

  test("has a diagram in Mermaid's grammar with a box for each table and a line for each reference", async ({
    database,
  }) => {
    const { markdown } = await documentationOf(database);
    const [, diagram = ''] = /```mermaid\n(.*?)```\n/s.exec(markdown) ?? [];
    const { boxes, relations, attributes } = parseMermaid(diagram);
    const tables = (await database.rows(TABLES)).map(({ name }) => name);
    expect([...boxes].sort()).toEqual(tables.sort());
    expect(relations).toEqual(
      expect.arrayContaining([
        'people > people: the "chief"',
        'people > people: per%cent\\',
        'audit.entries > audit_entries: other',
        'a_b > "a-b": other',
        '"123" > "звонки": other',
        'title > "direction LR": other',
        'one > one: direction TB',
      ]),
    );
    expect(attributes).toEqual(
      expect.arrayContaining([
        'people: uuid the_chief FK the "chief"',
        'class: uuid _pk PK pk',
        'one: integer pk_x UK pk-x',
      ]),
    );
  });

  test('has a picture that is well-formed XML', async ({ database }) => {
    const { svg } = await documentationOf(database);
    expect(await database.value('select xml_is_well_formed_document($1)', [svg])).toBe(true);
    for (const text of ['the &quot;chief&quot;', '&lt;b&gt;', 'pi|pe']) expect(svg).toContain(text);
    // Every reference leads from its column to the referenced one.
    const references = await database.value(
      "select count(*)::integer from pg_constraint where contype = 'f'",
    );
    expect(svg?.match(/class="edge"/g)).toHaveLength(Number(references));
  });
});

test('only the schema of a name is left out of SQL, never a part of a literal or a quoted name', async ({
  database,
}) => {
  const { markdown } = await documentationOf(
    database,
    `create type mood as enum ('public.sad');
     create table sites (
       host text default 'www.public.example', note text default E'it''s \\\\ public.x',
       mood mood default 'public.sad', "in public.now" text check ("in public.now" <> ' public.figure')
     );
     create table "public.x" (id integer)`,
    ['public'],
  );
  for (const part of [
    "`'www.public.example'::text`",
    "`'public.sad'::mood`",
    '`in public.now`',
    `\`CHECK (("in public.now" <> ' public.figure'::text))\``,
    '## "public.x"',
    "public.x'::text`",
  ]) {
    expect(markdown).toContain(part);
  }
});
