import { type Html, html } from '../../../text/html.js';
import type { ColumnModel, MemberModel, TableModel } from '../model/tables.js';
import { anchorOf } from './anchors.js';
import { type Links, paragraph } from './links.js';
import { breakable, memberName, PERSONAL_LABEL, type Row, showObject, showTable } from './parts.js';

/** A foreign key that references a table. */
interface Reference {
  readonly table: TableModel;
  readonly key: MemberModel;
}

/**
 * Shows a table or view: its comment, the tables that reference it, its columns, its rules and its indexes. Its rules are its
 * constraints, unique indexes and triggers.
 *
 * @param tables all tables of the page
 */
export function showTableOrView(table: TableModel, tables: readonly TableModel[], links: Links): Html {
  const isRule = ({ kind }: MemberModel): boolean => kind !== 'index';
  const rules = [...table.constraints, ...table.indexes.filter(isRule)];
  const body = [
    paragraph(table.meaning, links),
    table.partitionKey === undefined ? '' : html`<p>Partitioned by <code>${table.partitionKey}</code>.</p>\n`,
    referencedBy(table, tables, links),
    showTable(
      'Columns',
      ['Column', 'Type', 'Meaning'],
      table.columns.map((column) => columnRow(column, table, links)),
    ),
    showTable(
      'Rules',
      ['Rule', 'Meaning'],
      [
        ...rules.map((rule) => definedRow(rule, table, links)),
        ...table.triggers.map(({ name, meaning, fires }) => {
          const anchor = anchorOf('trigger', table.name, name);
          const cell = [paragraph(meaning, links), html`<p class="more">Fires ${fires}.</p>`];
          return { anchor, heading: memberName(anchor, name, ['trigger']), cells: [cell] };
        }),
      ],
    ),
    showTable(
      'Indexes',
      ['Index', 'Meaning'],
      table.indexes.filter((index) => !isRule(index)).map((index) => definedRow(index, table, links)),
    ),
  ];
  return showObject({
    anchorKind: 'table',
    kind: table.kind,
    name: table.name,
    heading: breakable(table.name),
    labels: table.columns.some(({ isPersonal }) => isPersonal) ? [PERSONAL_LABEL] : [],
    body,
  });
}

function columnRow(column: ColumnModel, table: TableModel, links: Links): Row {
  const anchor = anchorOf('column', table.name, column.name);
  const keys = table.constraints.filter(({ columns }) => columns.includes(column.name));
  const labels = [
    ...(keys.some(({ kind }) => kind === 'primary key') ? ['primary key'] : []),
    ...(keys.some(({ kind, columns }) => kind === 'unique' && columns.length === 1) ? ['unique'] : []),
  ];
  const targets = keys.flatMap(({ references }) => (references === undefined ? [] : [references]));
  const type = [
    links.type(column.fullType),
    column.nullAllowed && !isView(table) ? html` <span class="more">or null</span>` : '',
    [...new Set(targets)].map((target) => html` → ${links.table(target)}`),
  ];
  const meaning = [
    paragraph(column.meaning, links),
    column.default === undefined ? '' : html`<p class="more">Default: <code>${column.default}</code></p>`,
    column.isGenerated ? html`<p class="more">The server generates it.</p>` : '',
  ];
  const heading = [memberName(anchor, column.name, labels), column.isPersonal ? PERSONAL_LABEL : ''];
  return { anchor, heading, cells: [type, meaning] };
}

/** A constraint or an index with its definition. */
function definedRow({ name, kind, meaning, definition }: MemberModel, table: TableModel, links: Links): Row {
  const anchor = anchorOf(kind.endsWith('index') ? 'index' : 'constraint', table.name, name);
  const cell = [paragraph(meaning, links), html`<p class="more"><code>${definition}</code></p>`];
  return { anchor, heading: memberName(anchor, name, kind === 'index' ? [] : [kind]), cells: [cell] };
}

function referencedBy(table: TableModel, tables: readonly TableModel[], links: Links): Html {
  const references: readonly Reference[] = tables.flatMap((other) =>
    other.constraints.flatMap((key) => (key.references === table.fullName ? [{ table: other, key }] : [])),
  );
  const names = [...new Set(references.map((reference) => reference.table.fullName))];
  if (names.length === 0) return html``;
  const list = names.map((name, index) => [index === 0 ? '' : ', ', links.table(name)]);
  return html`<p class="more">Referenced by ${list}.</p>\n`;
}

/** The catalog says of every column of a view that it may be null. */
function isView({ kind }: TableModel): boolean {
  return kind.endsWith('view');
}
