import { omitPublic } from '../../catalog/names.js';
import {
  type Column,
  type Member,
  type NamedObject,
  objectsOf,
  textOf,
  textsOf,
} from '../../catalog/objects.js';
import type { Facts, Snapshot } from '../../catalog/snapshot.js';
import { meaningOfKey } from './key-meaning.js';
import { code, markdown, markdownTable, plainName } from './markdown.js';

const HEAD = `# The schema

Generated from the migrations and their comments. Do not edit this page: run \`npm run generate\`.
`;

const LEGEND = `PK is a primary key, FK a foreign key, UK a unique column. A line joins a table to one that references it: the end
with the fork has many rows, the end with the circle may have none.

`;

const PERSONAL = /\s*Personal data\.\s*$/;

/**
 * Generates a data dictionary in Markdown: a diagram, a table of contents, every table with its columns, constraints,
 * indexes and triggers, every enum and function, and the columns that hold personal data. The texts are the comments of
 * the catalog. A key without a comment is explained from its definition.
 */
export function generateDictionary(snapshot: Snapshot): string {
  const tables = objectsOf(snapshot, 'table', 'view', 'materialized view', 'foreign table');
  const sections = [
    ...tables.map((table) => ({ title: titleOf(table), body: tableBody(table) })),
    { title: 'Enums', body: enumsTable(objectsOf(snapshot, 'enum')) },
    { title: 'Functions', body: functionsList(objectsOf(snapshot, 'function', 'procedure')) },
    { title: 'Personal data', body: personalList(tables) },
  ].filter(({ body }) => body !== '');
  const contents = sections.map(({ title }) => `- [${plainName(title)}](#${anchor(title)})\n`).join('');
  return [
    HEAD,
    mermaid(tables),
    LEGEND + contents,
    ...sections.map(({ title, body }) => `## ${plainName(title)}\n\n${body}`),
  ].join('\n');
}

function titleOf({ kind, name }: NamedObject): string {
  return kind === 'table' ? name : `${kind} ${name}`;
}

/** The anchor that GitHub generates for a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** The tables with their keys and references, as Mermaid text. */
function mermaid(tables: readonly NamedObject[]): string {
  const boxes = tables.map((table) => {
    const keys = table.columns.flatMap((column) => {
      const roles = rolesOf(table, column);
      return roles === '' ? [] : [`    ${word(column.type)} ${word(column.name)} ${roles}\n`];
    });
    return `  ${word(table.name)} {\n${keys.join('')}  }\n`;
  });
  const lines = tables.flatMap((table) =>
    foreignKeys(table).map(({ facts }) => {
      const columns = textsOf(facts.columns);
      const isOptional = table.columns.some(({ name, nullAllowed }) => nullAllowed && columns.includes(name));
      const parent = word(textOf(facts.references) ?? '');
      return `  ${parent} ${isOptional ? '|o' : '||'}--o{ ${word(table.name)} : "${columns.map(word).join(', ')}"\n`;
    }),
  );
  return `\`\`\`mermaid\nerDiagram\n${boxes.join('')}${lines.join('')}\`\`\`\n`;
}

function rolesOf(table: NamedObject, { name }: Column): string {
  const kinds = new Map([
    ['primary key', 'PK'],
    ['foreign key', 'FK'],
    ['unique', 'UK'],
  ]);
  const roles = table.members('constraint').flatMap(({ facts }) => {
    const role = kinds.get(textOf(facts.kind) ?? '');
    return role !== undefined && textsOf(facts.columns).includes(name) ? [role] : [];
  });
  return [...new Set(roles)].sort().reverse().join(', ');
}

function foreignKeys(table: NamedObject): readonly Member[] {
  return table.members('constraint').filter(({ facts }) => facts.kind === 'foreign key');
}

function tableBody(table: NamedObject): string {
  const { facts, columns } = table;
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

/** When a trigger fires. The condition and the arguments of the function are left out, because they can be very long. */
function firingOf({ definition }: Facts): string {
  const [, events = '', rest = ''] =
    /^CREATE (?:CONSTRAINT )?TRIGGER (?:"(?:[^"]|"")*"|\S+) (.*?) ON .*?( (?:NOT )?DEFERRABLE.*?)?(?: REFERENCING .*?)? FOR EACH /s.exec(
      textOf(definition) ?? '',
    ) ?? [];
  const level = / FOR EACH ROW /.test(textOf(definition) ?? '') ? 'each row' : 'each statement';
  const isDeferred = rest.includes('INITIALLY DEFERRED');
  return `${events.toLowerCase()}, ${level}${isDeferred ? ', at commit' : ''}`;
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

/** Mermaid accepts only letters, digits and underscores. */
function word(text: string): string {
  const words = omitPublic(text)
    .replaceAll(/[^\p{L}\p{N}_]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  return words === '' ? '_' : words;
}
