import { type Html, html } from '../../../text/html.js';
import type { TableModel } from '../model/tables.js';
import type { TypeModel } from '../model/types.js';
import { anchorOf } from './anchors.js';
import { elementOf, type Links, paragraph } from './links.js';
import { breakable, showObject, showTable } from './parts.js';

/** Shows a type: its comment, its labels or columns, and the columns of tables that have it. */
export function showType(type: TypeModel, tables: readonly TableModel[], links: Links): Html {
  const body = [
    paragraph(type.meaning, links),
    type.base === undefined ? '' : html`<p>Made of <code>${type.base}</code>.</p>\n`,
    type.labels.length === 0
      ? ''
      : html`<ol class="values">${type.labels.map((label) => html`<li><code>${label}</code></li>`)}</ol>\n`,
    showTable(
      'Columns',
      ['Column', 'Type', 'Meaning'],
      type.columns.map((column) => ({
        anchor: '',
        heading: html`<code>${column.name}</code>`,
        cells: [links.type(column.fullType), paragraph(column.meaning, links)],
      })),
    ),
    showTable(
      'Rules',
      ['Rule', 'Meaning'],
      type.constraints.map(({ name, meaning, definition }) => ({
        anchor: '',
        heading: html`<code>${name}</code>`,
        cells: [[paragraph(meaning, links), html`<p class="more"><code>${definition}</code></p>`]],
      })),
    ),
    usedBy(type, tables),
  ];
  return showObject({
    anchorKind: 'type',
    kind: type.kind,
    name: type.name,
    heading: breakable(type.name),
    body,
  });
}

function usedBy({ fullName }: TypeModel, tables: readonly TableModel[]): Html {
  const columns = tables.flatMap((table) =>
    table.columns
      .filter(({ fullType }) => elementOf(fullType) === fullName)
      .map((column) => ({ table: table.name, column: column.name })),
  );
  if (columns.length === 0) return html``;
  const list = columns.map(
    ({ table, column }, index) =>
      html`${index === 0 ? '' : ', '}<a href="#${anchorOf('column', table, column)}"><code>${table}.${column}</code></a>`,
  );
  return html`<p class="more">Used by ${list}.</p>\n`;
}
