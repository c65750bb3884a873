import { omitPublic } from '../../catalog/names.js';
import { type NamedObject, objectsOf, textOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { encodeName } from '../../text/encode.js';
import { code, markdown, markdownTable, plainName } from './markdown.js';
import { generateMermaid } from './mermaid.js';
import { withoutPartitions } from './model/partitions.js';
import { type Prose, parseProse } from './model/prose.js';
import { type MemberModel, type TableModel, tableModel } from './model/tables.js';
import { type TypeModel, typeModel } from './model/types.js';

const HEAD = `# The schema

Generated from the migrations and their comments by \`voicesurvey-db docs\`. Do not edit this page.
`;

const LEGEND = `PK is a primary key, FK a foreign key, UK a unique column. A line joins a table to one that references it: the end
with the fork has many rows, the end with the circle may have none.

`;

/**
 * Generates a data dictionary in Markdown: a diagram, a table of contents, every table with its columns, constraints,
 * indexes and triggers, every enum and function, and the columns that hold personal data. A partition is a part of its table.
 * The texts are the comments of the catalog. A key without a comment is explained from its definition.
 */
export function generateDictionary(snapshot: Snapshot): string {
  const tables = withoutPartitions(
    objectsOf(snapshot, 'table', 'view', 'materialized view', 'foreign table'),
  );
  const models = tables.map(tableModel);
  const sections = [
    ...models.map((table) => ({ title: titleOf(table), body: tableBody(table) })),
    { title: 'Enums', body: enumsTable(objectsOf(snapshot, 'enum').map(typeModel)) },
    { title: 'Functions', body: functionsList(objectsOf(snapshot, 'function', 'procedure')) },
    { title: 'Personal data', body: personalList(models) },
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

function titleOf({ kind, name }: TableModel): string {
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

function tableBody(table: TableModel): string {
  const columnRows = table.columns.map((column) => [
    code(column.name),
    plainName(column.type),
    column.nullAllowed ? 'yes' : '',
    column.default === undefined ? '' : code(column.default),
    markdown(column.meaning),
    column.isPersonal ? 'yes' : '',
  ]);
  return [
    ...(table.meaning.length === 0 ? [] : [`${markdown(table.meaning)}\n`]),
    ...(table.partitionKey === undefined ? [] : [`Partitioned by ${code(table.partitionKey)}.\n`]),
    markdownTable(['column', 'type', 'null', 'default', 'meaning', 'personal'], columnRows),
    membersTable('constraint', 'definition', table.constraints.map(withDefinition)),
    membersTable('index', 'definition', table.indexes.map(withDefinition)),
    membersTable(
      'trigger',
      'fires',
      table.triggers.map((trigger) => ({ ...trigger, last: plainName(trigger.fires) })),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The constraints, indexes or triggers of a table: name, meaning, and one more column. */
function membersTable(
  kind: string,
  heading: string,
  members: readonly { readonly name: string; readonly meaning: Prose; readonly last: string }[],
): string {
  const rows = members.map(({ name, meaning, last }) => [code(name), markdown(meaning), last]);
  return rows.length === 0 ? '' : markdownTable([kind, 'meaning', heading], rows);
}

function withDefinition(member: MemberModel): MemberModel & { readonly last: string } {
  return { ...member, last: code(member.definition) };
}

function enumsTable(enums: readonly TypeModel[]): string {
  const rows = enums.map(({ name, labels, meaning }) => [
    code(name),
    labels.map(plainName).join(', '),
    markdown(meaning),
  ]);
  return rows.length === 0 ? '' : markdownTable(['enum', 'labels, in order', 'meaning'], rows);
}

function functionsList(functions: readonly NamedObject[]): string {
  return functions
    .map(
      ({ name, facts }) =>
        `- ${code(omitPublic(name))}: ${markdown(parseProse(textOf(facts.comment) ?? 'no comment.'))}\n`,
    )
    .join('');
}

function personalList(tables: readonly TableModel[]): string {
  return tables
    .flatMap(({ name, columns }) => {
      const personal = columns.filter((column) => column.isPersonal).map((column) => code(column.name));
      return personal.length === 0 ? [] : [`- ${plainName(name)}: ${personal.join(', ')}\n`];
    })
    .join('');
}
