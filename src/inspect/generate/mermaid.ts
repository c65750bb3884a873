import { omitPublic } from '../../catalog/names.js';
import { type Column, type Member, type NamedObject, textOf, textsOf } from '../../catalog/objects.js';

/** Words of the language, which cannot name a table without quotes. */
const KEYWORDS = new Set(
  'accdescr acctitle class classdef direction end erdiagram many one only optionally style subgraph title to u zero'.split(
    ' ',
  ),
);

/** The tables with their keys and references, as the text of a Mermaid diagram. */
export function generateMermaid(tables: readonly NamedObject[]): string {
  return ['erDiagram\n', ...tables.map(box), ...tables.flatMap(lines)].join('');
}

function box(table: NamedObject): string {
  const keys = table.columns.flatMap((column) => {
    const roles = rolesOf(table, column);
    return roles === '' ? [] : [`    ${word(omitPublic(column.type))} ${attribute(column.name, roles)}\n`];
  });
  return `  ${entity(table.name)} {\n${keys.join('')}  }\n`;
}

/** The name of a column and its roles. If the name is no word of the language, it follows in quotes. */
function attribute(name: string, roles: string): string {
  const shown = word(name);
  return shown === name ? `${name} ${roles}` : `${shown} ${roles} ${quoted(name)}`;
}

function lines(table: NamedObject): string[] {
  return foreignKeys(table).map(({ facts }) => {
    const columns = textsOf(facts.columns);
    const isOptional = table.columns.some(({ name, nullAllowed }) => nullAllowed && columns.includes(name));
    const parent = entity(omitPublic(textOf(facts.references) ?? ''));
    return `  ${parent} ${isOptional ? '|o' : '||'}--o{ ${entity(table.name)} : ${quoted(columns.join(', '))}\n`;
  });
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

/** The name of a table. Different names stay different. */
function entity(name: string): string {
  return /^[a-z_]\w*$/i.test(name) && !KEYWORDS.has(name.toLowerCase()) ? name : quoted(name);
}

/** A text in quotes, in which every character that means something to Mermaid or HTML is written as its number. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll(/[^\p{L}\p{M}\p{Nd}_ .,()-]/gu, (character) => `#${character.codePointAt(0)};`)
    // Otherwise a line with "direction LR" sets the direction, also in quotes.
    .replaceAll(/(?<=direction) /gi, '#32;');
  return `"${escaped}"`;
}

/** The name of a column or type: it begins with a letter, has no quotes, and is not a role. */
function word(text: string): string {
  if (/^[a-z_]\w*$/i.test(text) && !isRole(text)) return text;
  const words = text
    .replaceAll(/[^\w\u00C0-\uFFFF]+|[^\p{L}\p{M}\p{Nd}_]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  return words === '' || /^\d/.test(words) || isRole(words) ? `_${words}` : words;
}

function isRole(text: string): boolean {
  return /^(?:pk|fk|uk)\b/i.test(text);
}
