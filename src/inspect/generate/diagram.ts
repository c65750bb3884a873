import { omitPublic } from '../../catalog/names.js';
import { type Column, type NamedObject, objectsOf, textOf, textsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { encodeName } from '../../text/encode.js';
import { escapeHtml } from '../../text/html.js';
import { withoutPartitions } from './model/partitions.js';
import { anchorOf } from './page/anchors.js';

const INK = '#1f2937';
const LINE = '#6b7280';
const HEAD_COLOR = '#1e3a5f';

const SHORT_TYPES: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'time without time zone': 'time',
  'double precision': 'float8',
};

/**
 * Generates a diagram of the tables in the language of Graphviz. A table is a box with its columns and their types. An
 * arrow leads from each foreign key to the referenced table; it is dashed if the column may be null. Tables without a reference
 * fill the gaps between the others.
 *
 * @param linked whether the name of a table links to the table on the page of HTML
 */
export function generateDiagram(snapshot: Snapshot, linked = false): string {
  const tables = withoutPartitions(objectsOf(snapshot, 'table'));
  const byName = new Map(tables.map((table) => [table.name, table]));
  return `digraph schema {
  graph [rankdir=RL, pack=24, packmode="node", nodesep=0.35, ranksep=1.1, pad=0.3, bgcolor=white, fontname="Courier"]
  node [shape=plain, fontname="Courier", fontsize=11, fontcolor="${INK}"]
  edge [color="${LINE}", arrowsize=0.7]
${tables.map((table) => box(table, linked)).join('')}${tables.flatMap((table) => arrows(table, byName)).join('')}}
`;
}

function box(table: NamedObject, linked: boolean): string {
  const link = linked ? ` href="#${anchorOf('table', table.name)}"` : '';
  const rows = table.columns.map((column, index) => row(table, column, index)).join('');
  return `  ${quote(table.name)} [label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="${LINE}">
    <tr><td colspan="2" bgcolor="${HEAD_COLOR}"${link}><font color="white"><b>${label(table.name)}</b></font></td></tr>
${rows}  </table>>]
`;
}

function row(table: NamedObject, { name, type, nullAllowed }: Column, index: number): string {
  const isKey = hasConstraint(table, 'primary key', name);
  const isForeign = hasConstraint(table, 'foreign key', name);
  const shown = isKey ? `<b>${label(name)}</b>` : isForeign ? `<i>${label(name)}</i>` : label(name);
  const short = omitPublic(SHORT_TYPES[type] ?? type);
  return `    <tr><td align="left" sides="LB" port="${index} l">${shown}</td><td align="left" sides="RB" port="${index} r"><font color="${LINE}">${label(short)}${nullAllowed ? '?' : ''}</font></td></tr>
`;
}

function arrows(table: NamedObject, tables: ReadonlyMap<string, NamedObject>): string[] {
  return table.members('constraint').flatMap(({ facts }) => {
    const parent = tables.get(omitPublic(textOf(facts.references) ?? ''));
    if (facts.kind !== 'foreign key' || parent === undefined) return [];
    const [column = ''] = textsOf(facts.columns);
    const [referenced = ''] = textsOf(facts['referenced columns']);
    const isOptional = table.columns.some(({ name, nullAllowed }) => name === column && nullAllowed);
    const from = `${quote(table.name)}:"${indexOf(table, column)} l":w`;
    const to = `${quote(parent.name)}:"${indexOf(parent, referenced)} r":e`;
    return [`  ${from} -> ${to}${isOptional ? ' [style=dashed]' : ''}\n`];
  });
}

function indexOf({ columns }: NamedObject, column: string): number {
  return columns.findIndex(({ name }) => name === column);
}

function hasConstraint(table: NamedObject, kind: string, column: string): boolean {
  return table
    .members('constraint')
    .some(({ facts }) => facts.kind === kind && textsOf(facts.columns).includes(column));
}

function quote(text: string): string {
  return `"${encodeName(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function label(text: string): string {
  return escapeHtml(encodeName(text));
}
