import { splitFullName } from '../../catalog/names.js';
import { type NamedObject, objectsOf, textOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { type Argument, argumentsOf } from './model/arguments.js';
import { isCallable } from './routine-types.js';
import { docstring, literal } from './typescript-text.js';

/** What may be null in the results and the arguments of a function, which the catalog does not say. */
export interface Nullable {
  /** The columns of a result that may be null. */
  readonly results: Readonly<Record<string, readonly string[]>>;
  /** The functions that return a value and not rows, and may return null. */
  readonly values: readonly string[];
  /** The arguments without a default that may be null. */
  readonly arguments: Readonly<Record<string, readonly string[]>>;
}

const HEAD = `/**
 * The functions of the API in the database, over \`pg\`. Generated from the migrations by \`npm run generate\`; do not edit it.
 * @module
 */

import { json, type Known, row, rows, value } from './call.js';
import type { Queryable } from './queryable.js';
import type * as types from './rows.js';
`;

/**
 * Generates a function for each function of a schema: its arguments are options in camelCase, its result is typed.
 *
 * @param schema whose functions each have a name of their own
 * @returns the text of a module beside that of `generateTypes`
 */
export function generateClient(snapshot: Snapshot, schema: string, nullable: Nullable): string {
  const routines = objectsOf(snapshot, 'function').filter(
    (routine) => isCallable(routine) && splitFullName(routine.fullName).schema === schema,
  );
  return [HEAD, ...routines.map((routine) => clientFunction(routine, nullable))].join('\n');
}

function clientFunction({ fullName, facts }: NamedObject, nullable: Nullable): string {
  const { schema, name } = splitFullName(fullName);
  const all = argumentsOf(facts.arguments);
  const inputs = all.filter(({ mode }) => mode === 'in' || mode === 'in and out');
  const outputs = all.filter(({ mode }) => mode !== 'in');
  const type = `types.${pascal(schema)}${pascal(name)}`;
  const isSet = facts['returns a set'] === true;
  const shape = isSet ? 'rows' : outputs.length > 0 ? 'row' : 'value';
  const alias = `${pascal(name)}Result`;
  const values = inputs.map((input) => `${input.name}: ${passed(input)}`).join(', ');
  const options = inputs.map((input) => option(input, type, nullable.arguments[name] ?? [])).join('; ');
  const isOptional = inputs.every((input) => input.default !== undefined);
  const parameters = inputs.length === 0 ? '' : `, options: { ${options} }${isOptional ? ' = {}' : ''}`;
  return [
    `/** The result of {@link ${camel(name)}}${isSet ? ', of each row' : ''}. */\n`,
    `export type ${alias} = ${known(`${type}Result`, name, shape, nullable)};\n\n`,
    docstring(textOf(facts.comment)),
    `export function ${camel(name)}(database: Queryable${parameters}): Promise<${alias}${isSet ? '[]' : ''}> {\n`,
    `  return ${shape}(database, ${literal(name)}, {${values === '' ? '' : ` ${values} `}});\n}\n`,
  ].join('');
}

function known(type: string, name: string, shape: string, nullable: Nullable): string {
  if (shape === 'value') return nullable.values.includes(name) ? type : `NonNullable<${type}>`;
  const columns = nullable.results[name];
  if (columns === undefined) return type;
  return columns.length === 0 ? `Known<${type}>` : `Known<${type}, ${columns.map(literal).join(' | ')}>`;
}

function option(
  { name = '', default: byDefault }: Argument,
  type: string,
  nullable: readonly string[],
): string {
  const given = `${type}Arguments[${literal(name)}]`;
  if (byDefault !== undefined) return `readonly ${camel(name)}?: ${given} | undefined`;
  return `readonly ${camel(name)}: ${nullable.includes(name) ? given : `NonNullable<${given}>`}`;
}

/** `pg` makes an array of PostgreSQL from an array, also for JSON. */
function passed({ name = '', type }: Argument): string {
  const given = `options.${camel(name)}`;
  return type === 'jsonb' || type === 'json' ? `json(${given})` : given;
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
