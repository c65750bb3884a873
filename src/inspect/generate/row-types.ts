import { splitFullName } from '../../catalog/names.js';
import { type NamedObject, objectsOf, textOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { mayBeOmitted, readTypeOf, writeTypeOf } from './column-types.js';
import { type FindType, typesIn, unionOf } from './named-types.js';
import { rootOf, withoutPartitions } from './partitions.js';
import { isCallable, overloadOf, routineTypes } from './routine-types.js';
import { nameTypes, type TypeKind, type TypeNames, type TypeSubject } from './type-names.js';
import { docstring, interfaceOf, member } from './typescript-text.js';

/** The schema of the product's rules. No service reads its tables or calls its functions. */
const RULES_SCHEMA = 'voicesurvey_rules';

const HEAD = `/**
 * The rows of the database, as \`pg\` returns and accepts them: timestamps are \`Date\`s, \`numeric\` and \`bigint\` are
 * strings, \`jsonb\` is the parsed value. Generated from the migrations by \`voicesurvey-db types\`; do not edit it.
 * @module
 */
`;

const OF_TABLE: readonly TypeKind[] = ['Row', 'Insert', 'Update'];
const OF_ROUTINE: readonly TypeKind[] = ['Arguments', 'Result'];

/**
 * Generates TypeScript types for every enum, table, view and function that a service may use: rows as `pg` returns them,
 * and as they can be inserted and updated, with the comments as docstrings. Trigger functions, partitions and the schema
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
  const usable = (...kinds: readonly string[]): readonly NamedObject[] =>
    objectsOf(snapshot, ...kinds).filter(({ fullName }) => splitFullName(fullName).schema !== RULES_SCHEMA);
  const enums = usable('enum');
  const allTables = usable('table', 'foreign table');
  const tables = withoutPartitions(allTables);
  const views = usable('view', 'materialized view', 'type').filter(({ columns }) => columns.length > 0);
  const routines = usable('function', 'procedure').filter(isCallable);
  const names = nameTypes([
    ...enums.map((type) => subject(type, ['Enum'])),
    ...tables.map((table) => subject(table, OF_TABLE)),
    ...views.map((view) => subject(view, ['Row'])),
    ...routines.map((routine) => subject(routine, OF_ROUTINE, overloadOf(routine, routines))),
  ]);
  const find = typesIn(snapshot, (type) =>
    enums.some(({ fullName }) => fullName === type.fullName) ? names(type.fullName, 'Enum') : null,
  );
  const rowNames = new Map(
    [...allTables, ...views].map((object) => [
      object.fullName,
      names(rootOf(object, allTables).fullName, 'Row'),
    ]),
  );
  return [
    HEAD,
    ...enums.map((type) => enumType(type, names)),
    ...tables.map((table) => tableTypes(table, names, find)),
    ...views.map((view) => rowType(view, names, find)),
    ...routines.map((routine) => routineTypes(routine, { names, find, rowNames })),
  ].join('\n');
}

function subject({ fullName }: NamedObject, kinds: readonly TypeKind[], overload?: string): TypeSubject {
  const { schema, name } = splitFullName(fullName);
  return { key: fullName, names: schema === 'public' ? [name] : [schema, name], kinds, overload };
}

function enumType(type: NamedObject, names: TypeNames): string {
  return `${docstring(textOf(type.facts.comment))}export type ${names(type.fullName, 'Enum')} = ${unionOf(type)};\n`;
}

function tableTypes(table: NamedObject, names: TypeNames, find: FindType): string {
  const { name, fullName, columns, facts } = table;
  const writable = columns.filter(({ isGenerated }) => !isGenerated);
  const insert = writable.map((column) =>
    member(column.name, writeTypeOf(column, find), { isOptional: mayBeOmitted(column, find) }),
  );
  const update = writable.map((column) =>
    member(column.name, writeTypeOf(column, find), { isOptional: true }),
  );
  const comment = `The values of an insert into \`${name}\`. ${textOf(facts.comment) ?? ''}`.trim();
  return [
    rowType(table, names, find),
    docstring(comment) + interfaceOf(names(fullName, 'Insert'), insert),
    docstring(`The values of an update of \`${name}\`.`) + interfaceOf(names(fullName, 'Update'), update),
  ].join('\n');
}

function rowType(object: NamedObject, names: TypeNames, find: FindType): string {
  const members = object.columns.map((column) =>
    member(column.name, readTypeOf(column, object, find), { comment: column.comment }),
  );
  return docstring(textOf(object.facts.comment)) + interfaceOf(names(object.fullName, 'Row'), members);
}
