import { type Column, type NamedObject, objectsOf, textOf, textsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { encodeJson, encodeName } from '../../text/encode.js';
import { type Shape, shapeOf } from './typescript-types.js';

type NamedTypes = Map<string, Shape | { readonly base: string }>;

/** The schema of the product's rules. No service reads its tables or calls its functions. */
const RULES_SCHEMA = 'voicesurvey_rules';

const HEAD = `/**
 * The rows of the database, as \`pg\` returns and accepts them: timestamps are \`Date\`s, \`numeric\` and \`bigint\` are
 * strings, \`jsonb\` is the parsed value. Generated from the migrations; do not edit it, run: npm run generate
 * @module
 */
`;

/**
 * Generates TypeScript types for every enum, table, view and function that a service may use: rows as `pg` returns them,
 * and as they can be inserted and updated, with the comments as docstrings. Trigger functions and the schema
 * `voicesurvey_rules` are left out.
 *
 * @param snapshot from `readCatalog`
 * @returns the text of a module
 * @example
 * ```ts
 * await writeFile('rows.ts', generateTypes(await readCatalog({ url, directory: migrationsDirectory })));
 * ```
 */
export function generateTypes(snapshot: Snapshot): string {
  const named = namedTypes(snapshot);
  const usable = (...kinds: readonly string[]): readonly NamedObject[] =>
    objectsOf(snapshot, ...kinds).filter(({ name }) => !name.startsWith(`${RULES_SCHEMA}.`));
  const routines = usable('function', 'procedure');
  return [
    HEAD,
    ...usable('enum').map(enumType),
    ...usable('table', 'foreign table').map((table) => tableTypes(table, named)),
    ...usable('view', 'materialized view', 'type')
      .filter(({ columns }) => columns.length > 0)
      .map((view) => rowType(view, named)),
    ...routines.map((routine) => routineTypes(routine, routines, named)),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function namedTypes(snapshot: Snapshot): NamedTypes {
  const named: NamedTypes = new Map();
  const fullName = (name: string): string => (name.includes('.') ? name : `public.${name}`);
  for (const { name } of objectsOf(snapshot, 'enum')) {
    named.set(fullName(name), { read: typeName(name), write: typeName(name) });
  }
  for (const { name, facts } of objectsOf(snapshot, 'domain')) {
    named.set(fullName(name), { base: textOf(facts['base type']) ?? 'text' });
  }
  return named;
}

function enumType({ name, facts }: NamedObject): string {
  const labels = textsOf(facts.labels).map((label) => `'${encodeName(label.replaceAll(/[\\']/g, '\\$&'))}'`);
  const union = labels.length === 0 ? 'never' : labels.join(' | ');
  return `${docstring(textOf(facts.comment), '')}export type ${typeName(name)} = ${union};\n`;
}

function tableTypes(table: NamedObject, named: NamedTypes): string {
  const { name, columns, facts } = table;
  const writable = columns.filter(({ isGenerated }) => !isGenerated);
  const insert = writable.map((column) => {
    const isOptional = column.hasDefault || column.nullAllowed;
    return `  readonly ${property(column.name)}${isOptional ? '?' : ''}: ${writeTypeOf(column, named)};\n`;
  });
  const update = writable.map(
    (column) => `  readonly ${property(column.name)}?: ${writeTypeOf(column, named)};\n`,
  );
  const type = typeName(name);
  const comment = textOf(facts.comment);
  return [
    rowType(table, named),
    `${docstring(`The values of an insert into \`${name}\`. ${comment ?? ''}`.trim(), '')}export interface ${type}Insert {\n${insert.join('')}}\n`,
    `${docstring(`The values of an update of \`${name}\`.`, '')}export interface ${type}Update {\n${update.join('')}}\n`,
  ].join('\n');
}

function rowType({ name, columns, facts }: NamedObject, named: NamedTypes): string {
  const rows = columns.map((column) => {
    const { read } = shapeOf(column.type, named);
    const type = column.nullAllowed && read !== 'unknown' ? `${read} | null` : read;
    return `${docstring(column.comment, '  ')}  readonly ${property(column.name)}: ${type};\n`;
  });
  return `${docstring(textOf(facts.comment), '')}export interface ${typeName(name)}Row {\n${rows.join('')}}\n`;
}

interface Argument {
  readonly name?: string;
  readonly type: string;
  readonly mode: string;
  readonly default?: string;
}

/** Returns an empty text for trigger functions, which cannot be called. */
function routineTypes(
  { name, facts }: NamedObject,
  routines: readonly NamedObject[],
  named: NamedTypes,
): string {
  const result = textOf(facts.result) ?? 'void';
  if (result === 'trigger' || result === 'event_trigger') return '';
  const all = (Array.isArray(facts.arguments) ? facts.arguments : []) as Argument[];
  const inputs = all.filter(({ mode }) => mode !== 'out' && mode !== 'table');
  const outputs = all.filter(({ mode }) => mode !== 'in' && mode !== 'variadic');
  const type = routineTypeName(name, routines);
  const input = inputs.map((argument, index) => {
    const { write } = shapeOf(argument.type, named);
    const label = property(argument.name ?? `argument_${index + 1}`);
    return `  readonly ${label}${argument.default === undefined ? '' : '?'}: ${write === 'unknown' ? write : `${write} | null`};\n`;
  });
  const columns = outputs.map((argument, index) => {
    const { read } = shapeOf(argument.type, named);
    return `  readonly ${property(argument.name ?? `column_${index + 1}`)}: ${read === 'unknown' ? read : `${read} | null`};\n`;
  });
  const { read } = shapeOf(result, named);
  const returned =
    columns.length > 0
      ? `export interface ${type}Result {\n${columns.join('')}}\n`
      : `export type ${type}Result = ${read === 'unknown' || read === 'void' ? read : `${read} | null`};\n`;
  const set = facts['returns a set'] === true ? ', of each row' : '';
  return [
    `${docstring(textOf(facts.comment) ?? `The arguments of \`${name}\`.`, '')}export interface ${type}Arguments {\n${input.join('')}}\n`,
    `${docstring(`The result of \`${name}\`${set}.`, '')}${returned}`,
  ].join('\n');
}

/** The name of a function's types. The argument types distinguish overloaded functions. */
function routineTypeName(name: string, all: readonly NamedObject[]): string {
  const base = name.replace(/\(.*\)$/s, '');
  const isOverloaded = all.filter((routine) => routine.name.startsWith(`${base}(`)).length > 1;
  return isOverloaded ? `${typeName(base)}Of${typeName(name.slice(base.length))}` : typeName(base);
}

function writeTypeOf(column: Column, named: NamedTypes): string {
  const { write } = shapeOf(column.type, named);
  return column.nullAllowed && write !== 'unknown' ? `${write} | null` : write;
}

function docstring(comment: string | undefined, indent: string): string {
  if (comment === undefined || comment === '') return '';
  const line = encodeName(comment.replaceAll(/\s*\n\s*/g, ' '));
  return `${indent}/** ${line.replaceAll('*/', '*\\/')} */\n`;
}

function typeName(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function property(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : encodeJson(name);
}
