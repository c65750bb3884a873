import { maskQuoted, omitPublic } from '../../catalog/names.js';
import { type Column, type NamedObject, objectsOf, textOf, textsOf } from '../../catalog/objects.js';
import type { Facts, Snapshot } from '../../catalog/snapshot.js';
import { encodeName } from '../../text/encode.js';
import { meaningOfKey } from './key-meaning.js';
import { code, markdown, markdownTable, plainName } from './markdown.js';
import { generateMermaid } from './mermaid.js';
import { withoutPartitions } from './partitions.js';

const HEAD = `# The schema

Generated from the migrations and their comments by \`voicesurvey-db docs\`. Do not edit this page.
`;

const LEGEND = `PK is a primary key, FK a foreign key, UK a unique column. A line joins a table to one that references it: the end
with the fork has many rows, the end with the circle may have none.

`;

const PERSONAL = /\s*Personal data\.\s*$/;

/**
 * Generates a data dictionary in Markdown: a diagram, a table of contents, every table with its columns, constraints,
 * indexes and triggers, every enum and function, and the columns that hold personal data. A partition is a part of its table.
 * The texts are the comments of the catalog. A key without a comment is explained from its definition.
 */
export function generateDictionary(snapshot: Snapshot): string {
  const tables = withoutPartitions(
    objectsOf(snapshot, 'table', 'view', 'materialized view', 'foreign table'),
  );
  const sections = [
    ...tables.map((table) => ({ title: titleOf(table), body: tableBody(table) })),
    { title: 'Enums', body: enumsTable(objectsOf(snapshot, 'enum')) },
    { title: 'Functions', body: functionsList(objectsOf(snapshot, 'function', 'procedure')) },
    { title: 'Personal data', body: personalList(tables) },
  ].filter(({ body }) => body !== '');
  const anchors = anchorsOf(sections.map(({ title }) => title));
  const contents = sections
    .map(({ title }, index) => `- [${plainName(title)}](#${anchors[index]})\n`)
    .join('');
  return [
    HEAD,
    `\`\`\`mermaid\n${generateMermaid(tables)}\`\`\`\n`,
    LEGEND + contents,
    ...sections.map(({ title, body }) => `## ${plainName(title)}\n\n${body}`),
  ].join('\n');
}

function titleOf({ kind, name }: NamedObject): string {
  return kind === 'table' ? name : `${kind} ${name}`;
}

/** The anchors that GitHub generates for the headings of sections. A repeated one gets a number. */
function anchorsOf(titles: readonly string[]): string[] {
  const counts = new Map([['the-schema', 0]]);
  return titles.map((title) => {
    const base = encodeName(title)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{Nd}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let count = counts.get(base) ?? 0; counts.has(anchor); counts.set(base, count)) {
      count += 1;
      anchor = `${base}-${count}`;
    }
    counts.set(anchor, 0);
    return anchor;
  });
}

function tableBody(table: NamedObject): string {
  const { facts, columns } = table;
  const partitionKey = textOf(facts['partitioned by']);
  const columnRows = columns.map((column) => [
    code(column.name),
    plainName(omitPublic(column.type)),
    column.nullAllowed ? 'yes' : '',
    column.default === undefined ? '' : code(omitPublic(column.default)),
    markdown(column.comment?.replace(PERSONAL, '') ?? ''),
    isPersonal(column) ? 'yes' : '',
  ]);
  return [
    ...(facts.comment === undefined ? [] : [`${markdown(textOf(facts.comment) ?? '')}\n`]),
    ...(partitionKey === undefined ? [] : [`Partitioned by ${code(omitPublic(partitionKey))}.\n`]),
    markdownTable(['column', 'type', 'null', 'default', 'meaning', 'personal'], columnRows),
    membersTable(table, 'constraint', 'definition', definitionOf),
    membersTable(table, 'index', 'definition', definitionOf),
    membersTable(table, 'trigger', 'fires', firingOf),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The constraints, indexes or triggers of a table: name, comment, and one more column. */
function membersTable(
  table: NamedObject,
  kind: string,
  heading: string,
  describe: (facts: Facts) => string,
): string {
  const rows = table.members(kind).map(({ name, facts }) => [code(name), meaningOf(facts), describe(facts)]);
  return rows.length === 0 ? '' : markdownTable([kind, 'meaning', heading], rows);
}

function meaningOf(facts: Facts): string {
  const comment = textOf(facts.comment);
  return comment === undefined ? meaningOfKey(facts) : markdown(comment);
}

function definitionOf({ definition }: Facts): string {
  return code(omitPublic(textOf(definition) ?? ''));
}

const FIRING =
  /^CREATE (?:CONSTRAINT )?TRIGGER \S+ (.*?) ON .*?( (?:NOT )?DEFERRABLE.*?)?(?: REFERENCING .*?)? FOR EACH (ROW|STATEMENT) /ds;

/** When a trigger fires. The condition and the arguments of the function are left out, because they can be very long. */
function firingOf({ definition }: Facts): string {
  const sql = textOf(definition) ?? '';
  const match = FIRING.exec(maskQuoted(sql));
  const [, , timing = '', level = ''] = match ?? [];
  const events = sql
    .slice(...(match?.indices?.[1] ?? [0, 0]))
    .replaceAll(/"(?:[^"]|"")*"|[^"]+/g, lowerUnlessQuoted);
  const isDeferred = timing.includes('INITIALLY DEFERRED');
  return `${plainName(events)}, each ${level.toLowerCase()}${isDeferred ? ', at commit' : ''}`;
}

function lowerUnlessQuoted(text: string): string {
  return text.startsWith('"') ? text : text.toLowerCase();
}

function enumsTable(enums: readonly NamedObject[]): string {
  const rows = enums.map(({ name, facts }) => [
    code(name),
    textsOf(facts.labels).map(plainName).join(', '),
    markdown(textOf(facts.comment) ?? ''),
  ]);
  return rows.length === 0 ? '' : markdownTable(['enum', 'labels, in order', 'meaning'], rows);
}

function functionsList(functions: readonly NamedObject[]): string {
  return functions
    .map(
      ({ name, facts }) =>
        `- ${code(omitPublic(name))}: ${markdown(textOf(facts.comment) ?? 'no comment.')}\n`,
    )
    .join('');
}

function personalList(tables: readonly NamedObject[]): string {
  return tables
    .flatMap(({ name, columns }) => {
      const personal = columns.filter(isPersonal).map((column) => code(column.name));
      return personal.length === 0 ? [] : [`- ${plainName(name)}: ${personal.join(', ')}\n`];
    })
    .join('');
}

function isPersonal({ comment }: Column): boolean {
  return comment !== undefined && PERSONAL.test(comment);
}
