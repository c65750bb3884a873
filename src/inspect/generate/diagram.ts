import { omitPublic } from '../../catalog/names.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { type Column, type NamedObject, objectsOf, textOf, textsOf } from './objects.js';

const INK = '#1f2937';
const LINE = '#6b7280';
const HEAD_COLOR = '#1e3a5f';

const SHORT_TYPES: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'time without time zone': 'time',
  'double precision': 'float8',
};

/**
 * The tables and what refers to what, in the language of Graphviz: one box a table, every column with its type, an
 * arrow from each foreign key to the table that it names, dashed where the column may be null.
 */
export function diagram(snapshot: Snapshot): string {
  const tables = objectsOf(snapshot, 'table');
  const names = new Set(tables.map(({ name }) => name));
  return `digraph schema {
  graph [rankdir=RL, nodesep=0.35, ranksep=1.1, pad=0.3, bgcolor=white, fontname="Courier"]
  node [shape=plain, fontname="Courier", fontsize=11, fontcolor="${INK}"]
  edge [color="${LINE}", arrowsize=0.7]
${tables.map(box).join('')}${tables.flatMap((table) => arrows(table, names)).join('')}}
`;
}

function box(table: NamedObject): string {
  const rows = table.columns.map((column) => row(table, column)).join('');
  return `  ${quoted(table.name)} [label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="${LINE}">
    <tr><td colspan="2" bgcolor="${HEAD_COLOR}"><font color="white"><b>${escaped(table.name)}</b></font></td></tr>
${rows}  </table>>]
`;
}

function row(table: NamedObject, { name, type, nullAllowed }: Column): string {
  const isKey = hasConstraint(table, 'primary key', name);
  const isForeign = hasConstraint(table, 'foreign key', name);
  const shown = isKey ? `<b>${escaped(name)}</b>` : isForeign ? `<i>${escaped(name)}</i>` : escaped(name);
  const short = omitPublic(SHORT_TYPES[type] ?? type);
  return `    <tr><td align="left" sides="LB" port=${quoted(`${name} l`)}>${shown}</td><td align="left" sides="RB" port=${quoted(`${name} r`)}><font color="${LINE}">${escaped(short)}${nullAllowed ? '?' : ''}</font></td></tr>
`;
}

function arrows(table: NamedObject, names: ReadonlySet<string>): string[] {
  return table.members('constraint').flatMap(({ facts }) => {
    const parent = omitPublic(textOf(facts.references) ?? '');
    if (facts.kind !== 'foreign key' || !names.has(parent)) return [];
    const [column = ''] = textsOf(facts.columns);
    const [referenced = ''] = textsOf(facts['referenced columns']);
    const isOptional = table.columns.some(({ name, nullAllowed }) => name === column && nullAllowed);
    const from = `${quoted(table.name)}:${quoted(`${column} l`)}:w`;
    const to = `${quoted(parent)}:${quoted(`${referenced} r`)}:e`;
    return [`  ${from} -> ${to}${isOptional ? ' [style=dashed]' : ''}\n`];
  });
}

function hasConstraint(table: NamedObject, kind: string, column: string): boolean {
  return table
    .members('constraint')
    .some(({ facts }) => facts.kind === kind && textsOf(facts.columns).includes(column));
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
