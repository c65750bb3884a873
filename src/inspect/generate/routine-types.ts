import { splitFullName } from '../../catalog/names.js';
import { type NamedObject, textOf } from '../../catalog/objects.js';
import { readTypeOf } from './column-types.js';
import { argumentsOf } from './model/arguments.js';
import type { FindType } from './named-types.js';
import type { TypeNames } from './type-names.js';
import { docstring, interfaceOf, member, orNull } from './typescript-text.js';

/** Types that only the server itself passes to a function and takes from it. */
const INTERNAL_TYPES = new Set([
  ...['trigger', 'event_trigger', 'internal', 'language_handler', 'fdw_handler'],
  ...['index_am_handler', 'table_am_handler', 'tsm_handler'],
]);

/** Whether a query can call a function or procedure. */
export function isCallable({ facts }: NamedObject): boolean {
  const types = [textOf(facts.result) ?? 'void', ...argumentsOf(facts.arguments).map(({ type }) => type)];
  return !types.some((type) => INTERNAL_TYPES.has(type));
}

/** The types of the arguments, if another function has the same name. */
export function overloadOf({ fullName }: NamedObject, routines: readonly NamedObject[]): string | undefined {
  const { schema, name, argumentTypes } = splitFullName(fullName);
  const isOverloaded = routines.some((other) => {
    const another = splitFullName(other.fullName);
    return other.fullName !== fullName && another.schema === schema && another.name === name;
  });
  return isOverloaded ? argumentTypes : undefined;
}

/** What the types of functions need from the other types. */
interface Context {
  readonly names: TypeNames;
  readonly find: FindType;
  /** The names of the types of rows, by the full name of the table, view or composite type. */
  readonly rowNames: ReadonlyMap<string, string>;
}

/** Generates the types of a function's arguments and result. */
export function routineTypes(routine: NamedObject, context: Context): string {
  const { name, fullName, facts } = routine;
  const comment = textOf(facts.comment) ?? `The arguments of \`${name}\`.`;
  return [
    docstring(comment) + interfaceOf(context.names(fullName, 'Arguments'), inputs(routine, context)),
    result(routine, context),
  ].join('\n');
}

function inputs({ facts }: NamedObject, { find }: Context): string[] {
  const all = argumentsOf(facts.arguments).filter(({ mode }) => mode !== 'out' && mode !== 'table');
  const taken = new Set(all.map(({ name }) => name));
  return all.map((argument, index) => {
    let label = argument.name ?? `argument_${index + 1}`;
    while (argument.name === undefined && taken.has(label)) label += '_';
    const { write, isNotNull } = find(argument.type);
    return member(label, isNotNull ? write : orNull(write), { isOptional: argument.default !== undefined });
  });
}

/**
 * The result: the columns of `select * from f()` if the function has several, or one with a name, or returns rows;
 * otherwise the value.
 */
function result(routine: NamedObject, context: Context): string {
  const { name, fullName, kind, facts } = routine;
  const type = context.names(fullName, 'Result');
  const eachRow = facts['returns a set'] === true ? ', of each row' : '';
  const comment = `The result of \`${name}\`${eachRow}`;
  const outputs = argumentsOf(facts.arguments).filter(({ mode }) => mode !== 'in' && mode !== 'variadic');
  const value = context.find(textOf(facts.result) ?? 'void');
  const isFunction = kind === 'function';
  if (isFunction && outputs.length < 2 && value.rows !== null) {
    const text = `${comment}, as \`select * from\` returns it.`;
    return docstring(text) + rowsResult(routine, value.rows, context);
  }
  if (outputs.length > 1 || (outputs.length === 1 && (!isFunction || outputs[0]?.name !== undefined))) {
    const columns = outputs.map((output, index) =>
      member(output.name ?? `column${index + 1}`, orNull(context.find(output.type).read)),
    );
    return docstring(`${comment}.`) + interfaceOf(type, columns);
  }
  return `${docstring(`${comment}.`)}export type ${type} = ${orNull(value.read)};\n`;
}

/** The result of a function that returns rows of a table, a view or a composite type. */
function rowsResult(
  { fullName, facts }: NamedObject,
  rows: NamedObject,
  { names, find, rowNames }: Context,
): string {
  const type = names(fullName, 'Result');
  const isSet = facts['returns a set'] === true;
  const row = rowNames.get(rows.fullName);
  if (row === undefined) {
    const columns = rows.columns.map((column) => {
      const read = isSet ? readTypeOf(column, rows, find) : orNull(find(column.type).read);
      return member(column.name, read, { comment: column.comment });
    });
    return interfaceOf(type, columns);
  }
  // For null, the server returns a row of nulls.
  const orNulls = isSet || rows.kind === 'type' ? '' : ` | { readonly [Column in keyof ${row}]: null }`;
  return `export type ${type} = ${row}${orNulls};\n`;
}
