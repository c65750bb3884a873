import type { Snapshot } from '../../catalog/snapshot.js';
import {
  type Column,
  type Member,
  type NamedObject,
  objectsOf,
  textOf,
  textsOf,
  withoutPublic,
} from './objects.js';

const HEAD = `# The schema

Generated from the migrations and their comments; do not edit it, run: \`npm run generate\`

`;

const PERSONAL = /\s*Personal data\.\s*$/;

/**
 * A data dictionary in Markdown: a diagram, every table with its columns, rules, indexes and triggers, every enum and
 * function, and a list of the columns that hold personal data. The words are those of the comments.
 */
export function dictionary(snapshot: Snapshot): string {
  const tables = objectsOf(snapshot, 'table', 'view', 'materialized view', 'foreign table');
  return [
    HEAD + mermaid(tables),
    ...tables.map(tableSection),
    section('Enums', enumsTable(objectsOf(snapshot, 'enum'))),
    section('Functions', functionsList(objectsOf(snapshot, 'function', 'procedure'))),
    section('Personal data', personalList(tables)),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The tables with their keys, and which refers to which, as Mermaid text. */
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
      const parent = word(withoutPublic(textOf(facts.references) ?? ''));
      return `  ${parent} ${isOptional ? '|o' : '||'}--o{ ${word(table.name)} : "${columns.join(', ')}"\n`;
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

function tableSection(table: NamedObject): string {
  const { name, kind, facts, columns } = table;
  const rules = table.members('constraint').map((member) => item(member, 'definition'));
  const indexes = table.members('index').map((member) => item(member, 'definition'));
  const triggers = table.members('trigger').map((member) => item(member, 'definition'));
  const rows = columns.map((column) => [
    `\`${column.name}\``,
    withoutPublicInside(column.type),
    column.nullAllowed ? 'yes' : '',
    column.default === undefined ? '' : `\`${withoutPublicInside(column.default)}\``,
    column.comment?.replace(PERSONAL, '') ?? '',
    isPersonal(column) ? 'yes' : '',
  ]);
  return [
    `## ${kind === 'table' ? '' : `${kind} `}${name}\n`,
    ...(facts.comment === undefined ? [] : [`${facts.comment}\n`]),
    markdownTable(['column', 'type', 'null', 'default', 'meaning', 'personal'], rows),
    list('Rules', rules),
    list('Indexes', indexes),
    list('Triggers', triggers),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function item({ name, facts }: Member, fact: string): string {
  const comment = textOf(facts.comment);
  const definition = withoutPublicInside(textOf(facts[fact]) ?? '');
  return `- **${sentence(name)}**${comment === undefined ? '' : `: ${comment}`}  \n  \`${definition}\`\n`;
}

function enumsTable(enums: readonly NamedObject[]): string {
  const rows = enums.map(({ name, facts }) => [
    `\`${name}\``,
    textsOf(facts.labels).join(', '),
    textOf(facts.comment) ?? '',
  ]);
  return rows.length === 0 ? '' : markdownTable(['enum', 'labels, in order', 'meaning'], rows);
}

function functionsList(functions: readonly NamedObject[]): string {
  return functions
    .map(
      ({ name, facts }) => `- \`${withoutPublicInside(name)}\`: ${textOf(facts.comment) ?? 'no comment.'}\n`,
    )
    .join('');
}

function personalList(tables: readonly NamedObject[]): string {
  return tables
    .flatMap(({ name, columns }) => {
      const personal = columns.filter(isPersonal).map((column) => `\`${column.name}\``);
      return personal.length === 0 ? [] : [`- ${name}: ${personal.join(', ')}\n`];
    })
    .join('');
}

function isPersonal({ comment }: Column): boolean {
  return comment !== undefined && PERSONAL.test(comment);
}

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`;
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title}:\n\n${items.join('')}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`;
  return `${line(head)}|${head.map(() => '---|').join('')}\n${rows.map(line).join('')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

/** A name that reads as a sentence, as one. */
function sentence(name: string): string {
  return name.replaceAll('_', ' ');
}

function withoutPublicInside(text: string): string {
  return text.replaceAll(/\bpublic\./g, '');
}

/** Mermaid takes letters, digits and underscores only. */
function word(text: string): string {
  return withoutPublicInside(text)
    .replaceAll(/[^\p{L}\p{N}_]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
}
