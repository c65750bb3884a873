import { checkSnapshot } from '../../catalog/check-snapshot.js';
import { splitFullName } from '../../catalog/names.js';
import { type NamedObject, objectsOf, textOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { mayBeOmitted, readTypeOf, writeTypeOf } from './column-types.js';
import { fixedColumnsOf } from './fixed-columns.js';
import { rootOf, withoutPartitions } from './model/partitions.js';
import { type FindType, typesIn, unionOf } from './named-types.js';
import { isCallable, overloadOf, routineTypes } from './routine-types.js';
import { ruleNamesIn } from './rule-names.js';
import { nameTypes, type TypeKind, type TypeNames, type TypeSubject } from './type-names.js';
import { docstring, interfaceOf, literal, member } from './typescript-text.js';

/** The schema of the product's rules. No service reads its tables or calls its functions. */
const RULES_SCHEMA = 'voicesurvey_rules';
/** The schema of the product's API. Only its functions write its tables. */
const API_SCHEMA = 'voicesurvey';

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
 * and as they can be inserted and updated, with the comments as docstrings; a map from the names of tables and views to
 * their rows, inserts and updates, and the names that `error.constraint` may have. Trigger functions, partitions and the schema
 * `voicesurvey_rules` are left out. Columns that a trigger keeps as they are cannot be updated.
 *
 * @param snapshot from `readCatalog`
 * @returns the text of a module
 * @example
 * ```ts
 * await writeFile('rows.ts', generateTypes(await readCatalog({ url, directory: migrationsDirectory })));
 * ```
 */
export function generateTypes(snapshot: Snapshot): string {
  checkSnapshot('generateTypes', snapshot);
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
    typesByTable([...tables, ...views.filter(({ kind }) => kind !== 'type')], names, 'Row'),
    typesByTable(tables.filter(isWritten), names, 'Insert'),
    typesByTable(
      tables.filter((table) => isWritten(table) && updatableColumnsOf(table).length > 0),
      names,
      'Update',
    ),
    ruleName(snapshot),
  ].join('\n');
}

function subject({ fullName }: NamedObject, kinds: readonly TypeKind[], overload?: string): TypeSubject {
  const { schema, name } = splitFullName(fullName);
  return { key: fullName, names: schema === 'public' ? [name] : [schema, name], kinds, overload };
}

function enumType(type: NamedObject, names: TypeNames): string {
  return `${docstring(textOf(type.facts.comment))}export type ${names(type.fullName, 'Enum')} = ${unionOf(type)};\n`;
}

/** Maps the names of tables and views, as SQL writes them, to the types of their rows. */
function typesByTable(
  relations: readonly NamedObject[],
  names: TypeNames,
  kind: 'Row' | 'Insert' | 'Update',
): string {
  const members = relations.map(({ name, fullName }) => member(name, names(fullName, kind)));
  const comment = {
    Row: 'The rows of each table and view, by its name.',
    Insert: 'The values of an insert into each table that services write, by its name.',
    Update: 'The values of an update of each table that services write and may update, by its name.',
  }[kind];
  return docstring(comment) + interfaceOf(`${kind}sByTable`, members);
}

function ruleName(snapshot: Snapshot): string {
  const rules = ruleNamesIn(snapshot).map(literal);
  const comment = docstring('The names that `error.constraint` of a refused statement may have.');
  return `${comment}export type RuleName = ${rules.length === 0 ? 'never' : rules.join(' | ')};\n`;
}

function tableTypes(table: NamedObject, names: TypeNames, find: FindType): string {
  const { name, fullName, columns, facts } = table;
  if (!isWritten(table)) return rowType(table, names, find);
  const writable = columns.filter(({ isGenerated }) => !isGenerated);
  const insert = writable.map((column) =>
    member(column.name, writeTypeOf(column, find), { isOptional: mayBeOmitted(column, find) }),
  );
  const update = updatableColumnsOf(table).map((column) =>
    member(column.name, writeTypeOf(column, find), { isOptional: true }),
  );
  const comment = `The values of an insert into \`${name}\`. ${textOf(facts.comment) ?? ''}`.trim();
  return [
    rowType(table, names, find),
    docstring(comment) + interfaceOf(names(fullName, 'Insert'), insert),
    ...(update.length === 0
      ? []
      : [
          docstring(`The values of an update of \`${name}\`.`) +
            interfaceOf(names(fullName, 'Update'), update),
        ]),
  ].join('\n');
}

/** Services write the tables of the API by its functions. */
function isWritten({ fullName }: NamedObject): boolean {
  return splitFullName(fullName).schema !== API_SCHEMA;
}

function updatableColumnsOf(table: NamedObject): NamedObject['columns'] {
  const fixed = fixedColumnsOf(table);
  return table.columns.filter(({ isGenerated, name }) => !isGenerated && !fixed.has(name));
}

function rowType(object: NamedObject, names: TypeNames, find: FindType): string {
  const members = object.columns.map((column) =>
    member(column.name, readTypeOf(column, object, find), { comment: column.comment }),
  );
  return docstring(textOf(object.facts.comment)) + interfaceOf(names(object.fullName, 'Row'), members);
}
